"""What a Job's wait in a queue of Kueue means, in words. The conditions decide; their messages are passed on."""

from collections.abc import Mapping
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.backends.base import Status
from aideator_cli.backends.kubernetes.kueue import queue_of

Object = Mapping[str, Any]

_MISSING_SECONDS: Final = 10.0  # Kueue makes a Workload within a second
_NEVER: Final = (
    "Inadmissible",
    "ExceedsMaxQuota",
    "Misconfigured",
    "Suspended",
)  # reasons; which ones there are depends on Kueue's gates
_TOO_LARGE: Final = "> maximum capacity"


@frozen
class Turn:
    """Where a Job stands in its queue. None: not known."""

    seconds: float = 0.0  # since it was first seen to wait
    ahead: int | None = None  # Workloads before it in the ClusterQueue
    pending: int | None = None  # Workloads that wait in its LocalQueue


UNKNOWN: Final = Turn()


@frozen
class InQueue:
    """What is known of a Job's way through its queue."""

    workload: Object | None = None
    turn: Turn = UNKNOWN
    readable: bool = True  # whether the user may see Workloads


NOT_QUEUED: Final = InQueue()


def waiting(variation: int, job: Object, known: InQueue) -> Status:
    """Returns the status of a suspended Job. The time in a queue is not counted as the time to start."""
    queue, workload = queue_of(job), known.workload
    if queue is None:
        return _status(variation, "the Job is suspended until it is admitted")
    if workload is not None:
        return _admission(variation, queue, workload, known.turn)
    if not known.readable:
        text = f"suspended, probably queued in {queue} (Kueue's Workloads can't be read)"
        return _status(variation, text + _place(known.turn))
    if known.turn.seconds < _MISSING_SECONDS:
        return _status(variation, f"waiting for Kueue to see it in queue {queue}")
    text = f"waiting for Kueue: no Workload for this Job in queue {queue} yet (is Kueue running? does the priority class exist?)"
    return _status(variation, text, held=False)


def was_evicted(known: InQueue) -> bool:
    """Whether Kueue has taken the Job's place back at least once. The condition stays when the Job is admitted again."""
    return known.workload is not None and _condition(known.workload, "Evicted") is not None


def _admission(variation: int, queue: str, workload: Object, turn: Turn) -> Status:
    reserved, evicted = _condition(workload, "QuotaReserved"), _condition(workload, "Evicted")
    if _is_true(_condition(workload, "Admitted")):
        return _status(variation, f"admitted by Kueue in {queue}")
    if _is_true(reserved):
        return _status(variation, f"quota reserved in queue {queue}, waiting for admission checks")
    message = str((reserved or {}).get("message") or "")
    if _is_stuck(workload, reserved):
        return _status(variation, f"queued by Kueue in {queue}; will not start without a change: {message}")
    tail = _place(turn) + (f": {message}" if message else "")
    if evicted is not None and _is_true(evicted):
        count = _evictions(workload)
        often = f", preemption {count}" if count > 1 else ""
        return _status(
            variation, f"preempted ({_why(workload, evicted)}), queued again in {queue}{often}{tail}", "preempted"
        )
    return _status(variation, f"queued by Kueue in {queue}{tail}")


def _is_stuck(workload: Object, reserved: Object | None) -> bool:
    if (workload.get("spec") or {}).get("active") is False:
        return True
    return reserved is not None and (reserved.get("reason") in _NEVER or _TOO_LARGE in str(reserved.get("message")))


def _why(workload: Object, evicted: Object) -> str:
    """Returns Kueue's word for it: for a true preemption the preemptor's place, such as InClusterQueue."""
    preempted = _condition(workload, "Preempted") or {}
    found = preempted if preempted.get("status") == "True" else evicted
    return str(found.get("reason"))


def _evictions(workload: Object) -> int:
    statistics = (workload.get("status") or {}).get("schedulingStats") or {}
    return sum(each.get("count") or 0 for each in statistics.get("evictions") or ())


def _place(turn: Turn) -> str:
    if turn.ahead is not None:
        return f", {turn.ahead} ahead" if turn.ahead else ", next in line"
    return f", {turn.pending} waiting in that queue" if turn.pending else ""


def _condition(workload: Object, kind: str) -> Object | None:
    conditions = (workload.get("status") or {}).get("conditions") or ()
    return next((found for found in conditions if found.get("type") == kind), None)


def _is_true(condition: Object | None) -> bool:
    return condition is not None and condition.get("status") == "True"


def _status(variation: int, text: str, reason: str = "queued", *, held: bool = True) -> Status:
    return Status(variation, "waiting", reason, text, held=held)
