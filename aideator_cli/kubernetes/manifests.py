"""What a run is in the cluster: its names, labels, ConfigMap and Jobs, as JSON."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from aideator_agent.channel import server_command
from aideator_agent.spec import RunSpec, VariationSpec
from aideator_cli import __version__
from aideator_cli.errors import usage
from aideator_cli.kubernetes.objects import RUN, SUBMISSION, VARIATION
from aideator_cli.render import render

SPEC_KEY: Final = "spec.json"
SPEC_BYTES: Final = 900 * 1024  # etcd takes 1.5 MiB an object, the API server 1 MiB of ConfigMap


USER: Final = "aideator.dev/user"
SUBMISSION_ID: Final = "aideator.dev/submission-id"
DEFAULT_SECRET: Final = "aideator-keys"
GIT_TOKEN: Final = "GIT_TOKEN"
_GRACE_SECONDS: Final = 300  # from the agent's own limit, and the time for checks, to the pod's deadline
_VOLUMES: Final = ("workspace", "private", "agent-home", "agent-tmp", "shell-home", "shell-tmp")
_CHECK_PARTS: Final = (
    "workspace",
    "home",
    "tmp",
    "channel",
)  # volumes that the agent shares with its container for checks
_UNWATCHED_SECONDS: Final = 3600
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Placement:
    """What the cluster adds to a spec."""

    namespace: str
    user: str  # a label's value
    secret: str  # where the keys are


@dataclass(frozen=True)
class Submission:
    """One of the times that a variation is submitted."""

    number: int  # 1..
    id: str  # the annotation by which the one who submits knows its own objects again


def configmap_name(run: str) -> str:
    return f"agent-{run}"


def job_name(run: str, variation: int, submission: int = 1) -> str:
    name = f"agent-{run}-{variation}"
    return name if submission == 1 else f"{name}-{submission}"


def user_label(name: str) -> str:
    """A short hash: user names are personal, and rarely fit a label."""
    return hashlib.sha256(name.encode()).hexdigest()[:10]


def user_secret(name: str) -> str | None:
    """`aideator-keys-<user>`; None: the name can't be part of an object's."""
    found = f"{DEFAULT_SECRET}-{name.lower()}"
    return found if re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", found) and len(found) <= 253 else None


def agent_image(spec: RunSpec) -> str:
    return spec.agent_image or f"aideator-agent:{__version__}"


def configmap(spec: RunSpec, placement: Placement) -> dict[str, Any]:
    """Raises `AideatorError` when the spec is larger than a ConfigMap may be."""
    text = spec.to_json()
    if len(text) > SPEC_BYTES:
        size = f"{len(text) / 1024:,.0f} KiB"
        raise usage(
            f"the run's spec is {size}; a cluster takes {SPEC_BYTES // 1024} KiB", "shorten the prompt or the scripts"
        )
    metadata = {
        "name": configmap_name(spec.id),
        "namespace": placement.namespace,
        "labels": _run_labels(spec, placement),
        "annotations": {SUBMISSION_ID: spec.submission_id},
    }
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {SPEC_KEY: text}}


def job(
    spec: RunSpec, variation: VariationSpec, placement: Placement, submission: Submission | None = None
) -> dict[str, Any]:
    """`submission`: the run's own, the first, if it is not another."""
    values = _values(spec, variation, placement, submission or Submission(1, spec.submission_id))
    manifest = yaml.load(render("job.yaml.j2", values), _Loader)
    if not isinstance(manifest, dict):
        raise TypeError("job.yaml.j2 is no mapping")
    return manifest


def _values(spec: RunSpec, variation: VariationSpec, placement: Placement, submission: Submission) -> Mapping[str, Any]:
    pod_seconds = math.ceil(spec.limits.seconds + spec.checking_seconds(variation.number)) + _GRACE_SECONDS
    number = str(variation.number)
    annotations = {SUBMISSION_ID: submission.id, "aideator.dev/model": variation.model}
    labels = {"run-id": spec.id, "variation-id": number, VARIATION: number, SUBMISSION: str(submission.number)}
    return {
        "name": job_name(spec.id, variation.number, submission.number),
        "namespace": placement.namespace,
        "labels": {**_run_labels(spec, placement), **labels},
        "annotations": annotations,
        "pod_annotations": {**annotations, "kubectl.kubernetes.io/default-container": "agent"},
        "variation": variation.number,
        "configmap": configmap_name(spec.id),
        "image": spec.image or agent_image(spec),
        "agent_image": agent_image(spec),
        "shell_command": server_command(),
        "checks": bool(spec.checks),
        "check_parts": _CHECK_PARTS,
        "volumes": [*_VOLUMES, *(f"check-{part}" for part in _CHECK_PARTS[:3] if spec.checks)],
        "secret": placement.secret,
        "keys": _keys(variation),
        "pod_seconds": pod_seconds,
        "job_seconds": math.ceil(spec.limits.start_seconds) + pod_seconds + _UNWATCHED_SECONDS,
    }


def _keys(variation: VariationSpec) -> list[Mapping[str, object]]:
    """An endpoint of the user's own may do without a key."""
    optional = variation.api_base is not None
    keys = [{"name": name, "optional": optional} for name in variation.keys if name != GIT_TOKEN]
    return [*keys, {"name": GIT_TOKEN, "optional": True}]


def _run_labels(spec: RunSpec, placement: Placement) -> dict[str, str]:
    return {
        "app": "aideator-agent",
        "app.kubernetes.io/name": "aideator",
        "app.kubernetes.io/component": "agent",
        "app.kubernetes.io/part-of": "aideator",
        "app.kubernetes.io/managed-by": "aideator",
        "app.kubernetes.io/version": __version__,
        RUN: spec.id,
        USER: placement.user,
    }
