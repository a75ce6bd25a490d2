"""A run in the cluster: its names, labels, ConfigMap and Jobs, as JSON."""

import json
import math
import re
import secrets
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import yaml

from aideator_agent.git_failures import is_ssh
from aideator_agent.pod_settings import PodSettings, Resources, Toleration
from aideator_agent.settings import GIT_TOKEN, KNOWN_HOSTS, SSH_KEY
from aideator_agent.shell_server import server_command
from aideator_agent.spec import RunSpec, VariationSpec
from aideator_agent.surroundings import QUIET, of_commands
from aideator_agent.values import frozen
from aideator_cli import __version__
from aideator_cli.backends.kubernetes import kueue, marks, parcels
from aideator_cli.backends.kubernetes.objects import COMPONENT, REFEREE
from aideator_cli.errors import usage
from aideator_cli.system.templates import render

SPEC_KEY: Final = "spec.json"
LEFT: Final = "left"  # the entry, and the file, with what a lost attempt left
SPEC_BYTES: Final = 900 * 1024  # etcd accepts 1.5 MiB per object, the API server 1 MiB per ConfigMap

DEFAULT_SECRET: Final = marks.DEFAULT_SECRET
SSH_ENTRIES: Final = {
    SSH_KEY: "ssh-privatekey",
    KNOWN_HOSTS: "known_hosts",
}  # as in Secrets of type kubernetes.io/ssh-auth
_GRACE_SECONDS: Final = 300  # from the agent's own limit plus the time for checks, to the pod's deadline
_VOLUMES: Final = ("workspace", "private", "agent-home", "agent-tmp")
_SHELL_VOLUMES: Final = ("shell-home", "shell-tmp")
_CHECK_PARTS: Final = (
    "workspace",
    "home",
    "tmp",
    "channel",
    "shm",
)  # volumes that the agent shares with the container for checks
CHANNEL: Final = "/aideator"
_OWN: Final = {"HOME": "/home/agent", "AIDEATOR_CHANNEL": CHANNEL}
_QUIET: Final = {
    "USER": "agent",  # the user id may have no name
    **QUIET,
}
_UNWATCHED_SECONDS: Final = 3600
_OF_ONE: Final = (  # values of the template that are a variation's own
    "name", "labels", "annotations", "pod_labels", "pod_annotations", "variation", "max_cost", "failed", "pod_seconds", "job_seconds",
    "left",
)  # fmt: skip
_MARK: Final = f"{secrets.token_hex(16)}-"  # no text of a user's is one of them
_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@frozen
class Placement:
    """What the cluster adds to a spec."""

    namespace: str
    user: str  # a label value
    secret: str  # the Secret with the keys


@frozen
class Submission:
    """One submission of a variation."""

    number: int  # 1..
    id: str  # annotation by which the submitting process recognises its own objects
    cost: float | None = None  # USD that it may spend; None: the run's limit applies
    failed: str = ""  # what its agent is told of those before it
    left: bytes | None = None  # where the attempt before stood; None: it begins afresh


def configmap_name(run: str) -> str:
    return f"agent-{run}"


def job_name(run: str, variation: int, submission: int = 1) -> str:
    name = f"agent-{run}-{variation}"
    return name if submission == 1 else f"{name}-{submission}"


def left_name(run: str, variation: int, submission: int) -> str:
    """Returns the name of the ConfigMap with what a lost attempt left to the pods of this Job."""
    return f"{job_name(run, variation, submission)}-left"


def user_secret(name: str) -> str | None:
    """Returns `aideator-keys-<user>`. None if the name can't be part of an object's name."""
    found = f"{DEFAULT_SECRET}-{name.lower()}"
    return found if re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", found) and len(found) <= 253 else None


def agent_image(spec: RunSpec) -> str:
    return spec.agent_image or f"aideator-agent:{__version__}"


def configmap(spec: RunSpec, placement: Placement, later: Sequence[int] = ()) -> dict[str, Any]:
    """Returns the run's ConfigMap. `later`: the variations that are to be submitted when others have ended.

    Raises `AideatorError` if the spec is larger than a ConfigMap may be."""
    text = spec.to_json()
    if len(text) > SPEC_BYTES:
        size = f"{len(text) / 1024:,.0f} KiB"
        raise usage(
            f"the run's spec is {size}; a cluster takes at most {SPEC_BYTES // 1024} KiB",
            "shorten the prompt or the scripts",
        )
    own = {marks.SUBMISSION_ID: spec.submission_id}
    if later:
        own[marks.UNSUBMITTED] = ",".join(str(number) for number in later)
    metadata = {
        "name": configmap_name(spec.id),
        "namespace": placement.namespace,
        "labels": {**marks.run_labels(spec, placement.user), **({COMPONENT: REFEREE} if spec.referee else {})},
        "annotations": marks.annotations(spec, own),
    }
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {SPEC_KEY: text}}


def job(
    spec: RunSpec, variation: VariationSpec, placement: Placement, submission: Submission | None = None
) -> dict[str, Any]:
    """Returns the Job of a variation. `submission` defaults to the run's first."""
    values = _values(spec, variation, placement, submission or Submission(1, spec.submission_id))
    own = {name: values[name] for name in _OF_ONE if values[name] is not None}
    common = json.dumps({**values, **{name: f"{_MARK}{name}" for name in own}})
    manifest: dict[str, Any] = _with(_rendered(common), {f"{_MARK}{name}": value for name, value in own.items()})
    kueue.enqueue(manifest, spec.pod)
    if spec.pod.patch is not None:
        manifest["spec"]["template"] = _patched(manifest["spec"]["template"], spec, placement)
    return manifest


@lru_cache(maxsize=8)
def _rendered(values: str) -> dict[str, Any]:
    """Returns the Job with marks for what differs between the variations of a run: reading YAML takes longer than all else here."""
    manifest = yaml.load(render("job.yaml.j2", json.loads(values)), _Loader)
    if not isinstance(manifest, dict):
        raise TypeError("job.yaml.j2 is no mapping")
    return manifest


def _with(part: Any, values: Mapping[str, Any]) -> Any:
    """Returns a copy with the values in the place of their marks."""
    if isinstance(part, dict):
        return {name: _with(value, values) for name, value in part.items()}
    if isinstance(part, list):
        return [_with(value, values) for value in part]
    return values.get(part, part) if isinstance(part, str) else part


def _patched(template: dict[str, Any], spec: RunSpec, placement: Placement) -> dict[str, Any]:
    from aideator_cli.backends.kubernetes import isolation, merging

    patch = spec.pod.patch or {}
    own = patch.get("spec")
    missing = [] if spec.is_checked else ["check"]
    missing += ["shell"] if spec.referee else []
    if missing and isinstance(own, Mapping) and isinstance(own.get("initContainers"), list):
        # a patch for all runs may have a part for these containers
        others = [each for each in own["initContainers"] if not any(_is_named(each, name) for name in missing)]
        patch = {**patch, "spec": {**own, "initContainers": others}}
    try:
        found = merging.merged(template, patch)
        isolation.check(template, found, isolation.Private(placement.secret, configmap_name(spec.id)))
    except merging.PatchRefused as error:
        raise usage(f"the pod patch is refused at {error}", "docs/pod.md lists what a patch may change") from error
    return found


def _is_named(container: object, name: str) -> bool:
    return isinstance(container, Mapping) and container.get("name") == name


def _values(spec: RunSpec, variation: VariationSpec, placement: Placement, submission: Submission) -> Mapping[str, Any]:
    pod_seconds = math.ceil(spec.limits.seconds + spec.checking_seconds(variation.number)) + _GRACE_SECONDS
    annotations = marks.annotations(spec, {marks.SUBMISSION_ID: submission.id, marks.MODEL: variation.model})
    labels = marks.job_labels(spec, placement.user, variation.number, submission.number)
    return {
        "name": job_name(spec.id, variation.number, submission.number),
        "namespace": placement.namespace,
        "labels": labels,
        "annotations": annotations,
        "pod_labels": {**labels, **marks.NO_MESH},
        "pod_annotations": {**annotations, **marks.POD_ANNOTATIONS},
        "placing": _placing(spec.pod),
        "resources": _resources(spec.pod.resources),
        "check_resources": _resources(spec.pod.check_resources),
        "variation": str(variation.number),
        "left": left_name(spec.id, variation.number, submission.number),
        "max_cost": None if submission.cost is None else str(submission.cost),
        "failed": submission.failed.replace("$", "$$") or None,  # else Kubernetes fills in variables
        "configmap": configmap_name(spec.id),
        "sent": [part.entry for part in parcels.parts(spec)],
        "image": spec.image or agent_image(spec),
        "agent_image": agent_image(spec),
        "shell_command": server_command(),
        "shell": spec.referee is None,
        "checks": spec.is_checked,
        "check_parts": _CHECK_PARTS,
        "volumes": _volumes(spec),
        "keys": [*_keys(spec, variation, placement.secret), *git_keys(spec, placement.secret)],
        "command_env": _command_env(spec),
        "env_from": [{"secretRef": {"name": name}} for name in spec.pod.env_from],
        "run_as": spec.pod.run_as,
        "pod_seconds": pod_seconds,
        "job_seconds": math.ceil(spec.limits.start_seconds) + pod_seconds + _UNWATCHED_SECONDS,
    }


def _volumes(spec: RunSpec) -> list[str]:
    """Returns the names of the volumes that are empty at first, without the channels."""
    shell = _SHELL_VOLUMES if spec.referee is None else ()
    return [*_VOLUMES, *shell, *(f"check-{part}" for part in _CHECK_PARTS[:3] if spec.is_checked)]


def _keys(spec: RunSpec, variation: VariationSpec, secret: str) -> list[Mapping[str, object]]:
    """Returns the environment entries for the keys. They are optional for a user's own endpoint, which may need no key."""
    optional = dict.fromkeys(variation.keys, variation.api_base is not None)
    for name in spec.mcp_variables:
        optional[name] = optional.get(name, True) and not any(name in server.required for server in spec.mcp)
    return [_entry(name, secret, name, optional=may_lack) for name, may_lack in optional.items() if name != GIT_TOKEN]


def git_keys(spec: RunSpec, secret: str) -> list[Mapping[str, object]]:
    """Returns the environment entries for what opens the repository. The Secret must have those that the URL needs."""
    named, ssh = spec.git_secret, is_ssh(spec.repository.url)
    token = _entry(GIT_TOKEN, named or secret, GIT_TOKEN, optional=named is None or ssh or not spec.repository.private)
    if named is None:
        return [token]
    return [token, *(_entry(name, named, entry, optional=not ssh) for name, entry in SSH_ENTRIES.items())]


def _entry(name: str, secret: str, key: str, *, optional: bool) -> Mapping[str, object]:
    return {"name": name, "secret": secret, "key": key, "optional": optional}


def _command_env(spec: RunSpec) -> list[Mapping[str, str]]:
    """Returns the environment of the containers in which commands run. Kubernetes would replace `$(NAME)` in a value."""
    found = {**_QUIET, **of_commands(spec, CHANNEL), **_OWN}
    return [{"name": name, "value": value.replace("$", "$$")} for name, value in found.items()]


def _placing(pod: PodSettings) -> dict[str, Any]:
    """Returns the fields of the pod's spec that the user chose."""
    fields = {
        "nodeSelector": dict(pod.node_selector),
        "tolerations": [_toleration(each) for each in pod.tolerations],
        "priorityClassName": pod.priority_class,
        "runtimeClassName": pod.runtime_class,
        "serviceAccountName": pod.service_account,
        "imagePullSecrets": [{"name": name} for name in pod.image_pull_secrets],
    }
    return {name: value for name, value in fields.items() if value}


def _toleration(toleration: Toleration) -> dict[str, str]:
    found = {"key": toleration.key, "operator": "Exists" if toleration.value is None else "Equal"}
    if toleration.value is not None:
        found["value"] = toleration.value
    return found if toleration.effect is None else {**found, "effect": toleration.effect}


def _resources(resources: Resources) -> dict[str, dict[str, str]]:
    shares = {"cpu": resources.cpu, "memory": resources.memory, "ephemeral-storage": resources.disk}
    return {
        "requests": {name: share.request for name, share in shares.items()},
        "limits": {name: share.limit for name, share in shares.items()},
    }
