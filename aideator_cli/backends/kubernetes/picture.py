"""The last known state of a run's objects in the cluster, grouped by variation and attempt."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aideator_cli.backends.kubernetes.feed import Changed, Failed, Listed, Message, Turns, Unsubmitted
from aideator_cli.backends.kubernetes.kueue import JOB_UID
from aideator_cli.backends.kubernetes.objects import submission_of, variation_of
from aideator_cli.backends.kubernetes.queue_words import NOT_QUEUED, InQueue
from aideator_cli.backends.kubernetes.status import Object, Seen

NEEDED: Final = ("pods", "jobs")
_DELETION: Final = ("deletionTimestamp", "deletionGracePeriodSeconds")


@dataclass
class _Variation:
    jobs: dict[str, Object] = field(default_factory=dict)  # by UID, like the others
    pods: dict[str, Object] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # deleted pods, kept as last seen
    submitted: bool = False  # whether it ever had a Job or a pod
    submission: int = 1  # the highest ever seen: its Job may be gone while an earlier one still exists


class Picture:
    def __init__(self, *, all_submitted: bool = True) -> None:
        """`all_submitted`: whether every variation was submitted at once."""
        self._variations: dict[int, _Variation] = {}
        self._owners: dict[str, int] = {}  # an object's UID → its variation
        self._events: dict[str, Object] = {}  # the newest event about each UID
        self._queued: dict[str, InQueue] = {}  # by the Job's UID
        self._unsubmitted: frozenset[int] | None = frozenset() if all_submitted else None
        self._listed: set[str] = set()
        self._events_readable = self._workloads_readable = True
        self._changed: set[int] = set()

    @property
    def complete(self) -> bool:
        return self._listed.issuperset(NEEDED) and self._unsubmitted is not None

    def changed(self) -> set[int]:
        """Returns the variations with news since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def take(self, message: Message) -> None:
        if isinstance(message, Listed):
            self._list(message)
        elif isinstance(message, Changed):
            self._change(message)
        elif isinstance(message, Turns):
            for uid, turn in message.turns.items():
                self._queue(uid, turn=turn)
        elif isinstance(message, Unsubmitted):
            self._changed.update(message.numbers.symmetric_difference(self._unsubmitted or ()))
            self._unsubmitted = message.numbers
        elif isinstance(message, Failed):
            self._fail(message)
            self._changed.update(self._variations)

    def jobs(self) -> list[Object]:
        return [job for known in self._variations.values() for job in known.jobs.values()]

    def attempts(self, variation: int) -> list[Seen]:
        """Returns each attempt in order of creation. The last one decides the variation's state, and may not have a pod yet."""
        known = self._variations.get(variation, _Variation())
        numbers = {submission_of(item) for item in (*known.jobs.values(), *known.pods.values())}
        return [
            seen
            for number in sorted({*numbers, known.submission})
            for seen in self._of_submission(known, number, variation)
        ]

    def _of_submission(self, known: _Variation, submission: int, variation: int) -> Iterator[Seen]:
        job = next((job for job in known.jobs.values() if submission_of(job) == submission), None)
        pods = [pod for pod in known.pods.values() if submission_of(pod) == submission]
        for pod in sorted(pods, key=lambda pod: _order(pod, known.gone)):
            yield self._seen(job, pod, gone=pod["metadata"]["uid"] in known.gone)
        if job is None and not known.submitted and variation in (self._unsubmitted or ()):
            yield Seen(unsubmitted=True)
        elif not pods or (_is_suspended(job) and known.gone.issuperset(pod["metadata"]["uid"] for pod in pods)):
            yield self._seen(job, None, gone=False)

    def _seen(self, job: Object | None, pod: Object | None, *, gone: bool) -> Seen:
        queued = NOT_QUEUED if job is None else self._queued.get(job["metadata"]["uid"], NOT_QUEUED)
        queued = replace(queued, readable=self._workloads_readable)
        return Seen(job, pod, gone, self._event(job), self._event(pod), self._events_readable, queued)

    def _fail(self, message: Failed) -> None:
        if message.kind == "workloads":
            self._workloads_readable = False
        else:
            self._events_readable = False

    def _list(self, message: Listed) -> None:
        self._listed.add(message.kind)
        if message.kind == "jobs":
            for known in self._variations.values():
                known.jobs.clear()
            for item in message.items:
                self._keep_job(item)
        elif message.kind == "pods":
            for known in self._variations.values():
                known.gone = set(known.pods)
            for item in message.items:
                self._keep_pod(item)
        elif message.kind == "workloads":
            self._workloads_readable = True
            for item in message.items:
                self._keep_workload(item)
        else:
            for item in message.items:
                self._note(item)
        self._changed.update(self._variations)

    def _change(self, message: Changed) -> None:
        uid = message.item["metadata"]["uid"]
        if message.kind == "jobs":
            known = self._keep_job(message.item)
            if message.deleted:
                del known.jobs[uid]
        elif message.kind == "pods":
            known = self._keep_pod(message.item)
            if message.deleted:
                known.gone.add(uid)
        elif message.kind == "workloads":
            self._keep_workload(message.item, deleted=message.deleted)
        elif not message.deleted:
            self._note(message.item)

    def _keep_job(self, job: Object) -> _Variation:
        known = self._owner(job)
        known.submitted = True
        known.jobs[job["metadata"]["uid"]] = job
        known.submission = max(known.submission, submission_of(job))
        return known

    def _keep_pod(self, pod: Object) -> _Variation:
        """Keeps the time of deletion that was seen first: kubelet's last step moves it to the moment of that step."""
        known = self._owner(pod)
        known.submitted = True
        uid = pod["metadata"]["uid"]
        before = known.pods.get(uid)
        if before is not None and before["metadata"].get("deletionTimestamp"):
            deletion = {name: before["metadata"][name] for name in _DELETION if name in before["metadata"]}
            pod = {**pod, "metadata": {**pod["metadata"], **deletion}}
        known.pods[uid] = pod
        known.gone.discard(uid)
        known.submission = max(known.submission, submission_of(pod))
        return known

    def _keep_workload(self, workload: Object, *, deleted: bool = False) -> None:
        uid = (workload["metadata"].get("labels") or {}).get(JOB_UID)
        if uid is not None:
            self._queue(uid, workload=None if deleted else workload)

    def _queue(self, uid: str, **news: Any) -> None:
        self._queued[uid] = replace(self._queued.get(uid, NOT_QUEUED), **news)
        if uid in self._owners:
            self._changed.add(self._owners[uid])

    def _owner(self, item: Object) -> _Variation:
        number = variation_of(item)
        self._owners[item["metadata"]["uid"]] = number
        self._changed.add(number)
        return self._variations.setdefault(number, _Variation())

    def _note(self, event: Mapping[str, Any]) -> None:
        uid = (event.get("involvedObject") or {}).get("uid")
        before = self._events.get(uid) if uid else None
        if uid and (before is None or _when(before) <= _when(event)):
            self._events[uid] = event
            if uid in self._owners:
                self._changed.add(self._owners[uid])

    def _event(self, item: Object | None) -> Object | None:
        return None if item is None else self._events.get(item["metadata"]["uid"])


def _order(pod: Object, gone: Iterable[str]) -> tuple[bool, str, str]:
    """Orders by creation time, in whole seconds. Of two with the same time, the one that is gone is older."""
    metadata = pod["metadata"]
    return metadata["uid"] not in gone, str(metadata.get("creationTimestamp")), str(metadata.get("name"))


def _is_suspended(job: Object | None) -> bool:
    """Whether a queue has taken its pod back and will let it make another one."""
    return job is not None and bool(job["spec"].get("suspend"))


def _when(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")
