"""Whether the queue that the user named takes Jobs. Said before anything is created if it does not.

The right to look is optional: without it, the Jobs show what is wrong.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aideator_agent.spec import RunSpec
from aideator_cli.backends.kubernetes import kueue
from aideator_cli.backends.kubernetes.client import ApiError, ConnectionFailed
from aideator_cli.backends.kubernetes.named import Check
from aideator_cli.backends.kubernetes.objects import Objects
from aideator_cli.errors import AideatorError, not_found, unavailable

_CHOOSE = "choose another queue with `--queue`, or leave out `--queue`"


def checks(objects: Objects, spec: RunSpec, pool: ThreadPoolExecutor) -> list[Check]:
    """Asks at once. The check waits for the answer, and raises `AideatorError` or `ApiError`."""
    queue, priority = spec.pod.queue, spec.pod.queue_priority
    if queue is None:
        return []
    return [pool.submit(_check, objects, queue, priority).result]


def _check(objects: Objects, queue: str, priority: str | None) -> None:
    api = kueue.version(objects)
    if api is None:
        text = f"queue {queue} needs Kueue, and cluster {objects.place.context} does not have it"
        raise unavailable(
            text, "leave out `--queue` (`--max-parallel` needs no Kueue), or install Kueue: https://kueue.sigs.k8s.io"
        )
    found = _look(objects, f"{kueue.local_queues(objects, api)}/{queue}")
    if found == "absent":
        raise _absent(objects, api, queue)
    if isinstance(found, Mapping) and (why := _stopped(found)) is not None:
        text = f"queue {queue} in namespace {objects.place.namespace} admits nothing at present: {why}"
        raise unavailable(text, f"{_CHOOSE}; `{objects.place.kubectl} describe localqueue {queue}` shows more")
    if (
        priority is not None
        and _look(objects, f"/apis/{kueue.GROUP}/{api}/workloadpriorityclasses/{priority}") == "absent"
    ):
        text = f"WorkloadPriorityClass {priority} (--queue-priority) does not exist in cluster {objects.place.context}"
        raise not_found(text, f"see `{objects.place.kubectl} get workloadpriorityclasses`")


def _look(objects: Objects, path: str) -> Mapping[str, Any] | str:
    try:
        found: Mapping[str, Any] = objects.client.call("GET", path)
    except ApiError as error:
        if error.status in (403, 404):
            return "unreadable" if error.status == 403 else "absent"
        raise
    return found


def _absent(objects: Objects, api: str, queue: str) -> AideatorError:
    text = f"there is no queue {queue} in namespace {objects.place.namespace} of cluster {objects.place.context}"
    names = _names(objects, api)
    if names:
        return not_found(text, f"the queues there are {', '.join(names)}")
    return not_found(text, f"see `{objects.place.kubectl} get localqueues`, or leave out `--queue`")


def _names(objects: Objects, api: str) -> Sequence[str]:
    try:
        items = objects.client.call("GET", kueue.local_queues(objects, api), retry=False)["items"] or []
    except (ApiError, ConnectionFailed):
        return ()
    return sorted(str(item["metadata"]["name"]) for item in items)


def _stopped(queue: Mapping[str, Any]) -> str | None:
    """Returns why the queue admits nothing. None if it does, or Kueue has not looked at it yet."""
    spec = queue.get("spec") or {}
    if spec.get("stopPolicy") in ("Hold", "HoldAndDrain"):
        return "it is stopped"
    for condition in (queue.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Active" and condition.get("status") == "False":
            if condition.get("reason") == "ClusterQueueIsInactive":  # Kueue's message says no more
                return f"its ClusterQueue {spec.get('clusterQueue')} is stopped or not ready"
            return str(condition.get("message") or condition.get("reason") or "it is not active")
    return None
