"""The labels and annotations by which AIdeator finds its objects, and by which others know them. A user's own may not replace them."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from aideator_agent.spec import RunSpec
from aideator_cli import __version__
from aideator_cli.backends.kubernetes import kueue
from aideator_cli.backends.kubernetes.objects import LABELS, REFEREE_OF, RUN, SUBMISSION, VARIATION

USER: Final = "aideator.dev/user"
SUBMISSION_ID: Final = "aideator.dev/submission-id"
UNSUBMITTED: Final = "aideator.dev/unsubmitted"  # on a run's ConfigMap: the variations that are still to be submitted
MODEL: Final = "aideator.dev/model"
DEFAULT_SECRET: Final = "aideator-keys"
_PREFIX: Final = "aideator.dev/"
_OF_JOBS: Final = ("job-name", "controller-uid", "batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid")
# A mesh's container would be a stranger in the pod, and could keep it alive after the agent has ended
NO_MESH: Final = {"sidecar.istio.io/inject": "false"}
NO_MESH_ANNOTATIONS: Final = {"sidecar.istio.io/inject": "false", "linkerd.io/inject": "disabled"}
POD_ANNOTATIONS: Final = {"kubectl.kubernetes.io/default-container": "agent", **NO_MESH_ANNOTATIONS}


def user_label(name: str) -> str:
    """Returns a short hash: user names are personal and rarely valid as a label."""
    return hashlib.sha256(name.encode()).hexdigest()[:10]


def run_labels(spec: RunSpec, user: str) -> dict[str, str]:
    of = {} if spec.referee is None else {REFEREE_OF: spec.referee.run}
    return {**spec.pod.labels, **_run_labels(spec.id, user), **of}


def job_labels(spec: RunSpec, user: str, variation: int, submission: int) -> dict[str, str]:
    number = str(variation)
    own = {"run-id": spec.id, "variation-id": number, VARIATION: number, SUBMISSION: str(submission)}
    return {**run_labels(spec, user), **own}


def annotations(spec: RunSpec, own: Mapping[str, str]) -> dict[str, str]:
    return {**spec.pod.annotations, **own}


def is_our_label(name: str) -> bool:
    ours = {*_run_labels("", ""), "run-id", "variation-id", *_OF_JOBS, *NO_MESH, kueue.QUEUE, kueue.PRIORITY}
    return name in ours or name.startswith(_PREFIX)


def is_our_annotation(name: str) -> bool:
    return name in POD_ANNOTATIONS or name.startswith(_PREFIX)


def secret_of(user: str) -> str:
    """Returns the Secret with the keys of a user of the server, whose name may be any text. No two users have the same one."""
    readable = re.sub(r"[^a-z0-9]+", "-", user.lower()).strip("-")[:40].rstrip("-")
    digest = hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return "-".join(filter(None, (DEFAULT_SECRET, "of", readable, digest)))


def is_for_keys(secret: object) -> bool:
    """Whether a Secret of this name is one in which AIdeator looks for the providers' keys by itself."""
    return isinstance(secret, str) and (secret == DEFAULT_SECRET or secret.startswith(f"{DEFAULT_SECRET}-"))


def _run_labels(run: str, user: str) -> dict[str, str]:
    return {
        **LABELS,
        "app.kubernetes.io/version": __version__,
        RUN: run,
        USER: user,
    }
