"""Kueue's names: how a Job is put into a queue, and where the API for queues is."""

from collections.abc import Mapping
from typing import Any, Final

from aideator_agent.pod_settings import PodSettings
from aideator_cli.backends.kubernetes.client import ApiError
from aideator_cli.backends.kubernetes.objects import Objects

GROUP: Final = "kueue.x-k8s.io"
VISIBILITY: Final = f"visibility.{GROUP}"
QUEUE: Final = f"{GROUP}/queue-name"
PRIORITY: Final = f"{GROUP}/priority-class"
JOB_UID: Final = f"{GROUP}/job-uid"  # on each Workload: the Job that it stands for
_LATEST: Final = "v1beta2"


def enqueue(job: dict[str, Any], pod: PodSettings) -> None:
    """Puts the Job into the user's queue. Suspended from the start, it waits whether Kueue's webhooks work or not."""
    if pod.queue is None:
        return
    job["spec"]["suspend"] = True
    job["metadata"]["labels"][QUEUE] = pod.queue
    if pod.queue_priority is not None:
        job["metadata"]["labels"][PRIORITY] = pod.queue_priority


def queue_of(job: Mapping[str, Any]) -> str | None:
    found: str | None = (job["metadata"].get("labels") or {}).get(QUEUE)
    return found


def version(objects: Objects, group: str = GROUP) -> str | None:
    """Returns the version of the API that the server prefers; None: it does not have the API. Raises `ApiError`, `ConnectionFailed`."""
    try:
        found = objects.client.call("GET", f"/apis/{group}", retry=False)
    except ApiError as error:
        if error.status == 404:
            return None
        if error.status == 403:
            return _LATEST
        raise
    return str((found.get("preferredVersion") or {}).get("version") or _LATEST)


def local_queues(objects: Objects, api: str) -> str:
    return f"/apis/{GROUP}/{api}/namespaces/{objects.place.namespace}/localqueues"


def workloads(objects: Objects, api: str) -> str:
    return f"/apis/{GROUP}/{api}/namespaces/{objects.place.namespace}/workloads"


def pending(objects: Objects, api: str, queue: str) -> str:
    """Returns the path of the Workloads that wait in the queue, in their order."""
    return f"/apis/{VISIBILITY}/{api}/namespaces/{objects.place.namespace}/localqueues/{queue}/pendingworkloads"
