"""A run's objects in the cluster as last heard of, put together by variation and attempt."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aideator_cli.kubernetes.feed import Changed, Failed, Listed, Message
from aideator_cli.kubernetes.objects import submission_of, variation_of
from aideator_cli.kubernetes.status import Object, Seen

NEEDED: Final = ("pods", "jobs")
_DELETION: Final = ("deletionTimestamp", "deletionGracePeriodSeconds")


@dataclass
class _Variation:
    jobs: dict[str, Object] = field(default_factory=dict)  # by UID, as the others
    pods: dict[str, Object] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)  # pods, kept as they were last seen
    submission: int = 1  # the highest that was ever seen: its Job may be gone while an earlier one is still there


class Picture:
    def __init__(self) -> None:
        self._variations: dict[int, _Variation] = {}
        self._owners: dict[str, int] = {}  # an object's UID → its variation
        self._events: dict[str, Object] = {}  # the newest about an object's UID
        self._listed: set[str] = set()
        self._events_readable = True
        self._changed: set[int] = set()

    @property
    def complete(self) -> bool:
        return self._listed.issuperset(NEEDED)

    def changed(self) -> set[int]:
        """The variations about which something was heard since this was last asked."""
        changed, self._changed = self._changed, set()
        return changed

    def take(self, message: Message) -> None:
        if isinstance(message, Listed):
            self._list(message)
        elif isinstance(message, Changed):
            self._change(message)
        elif isinstance(message, Failed):
            self._events_readable = False
            self._changed.update(self._variations)

    def attempts(self, variation: int) -> list[Seen]:
        """Each attempt, in order of creation; the last says how the variation stands, and may be one that has no pod yet."""
        known = self._variations.get(variation, _Variation())
        numbers = {submission_of(item) for item in (*known.jobs.values(), *known.pods.values())}
        return [seen for number in sorted({*numbers, known.submission}) for seen in self._of_submission(known, number)]

    def _of_submission(self, known: _Variation, submission: int) -> Iterator[Seen]:
        job = next((job for job in known.jobs.values() if submission_of(job) == submission), None)
        pods = [pod for pod in known.pods.values() if submission_of(pod) == submission]
        for pod in sorted(pods, key=lambda pod: _order(pod, known.gone)):
            yield self._seen(job, pod, gone=pod["metadata"]["uid"] in known.gone)
        if not pods or (_is_suspended(job) and known.gone.issuperset(pod["metadata"]["uid"] for pod in pods)):
            yield self._seen(job, None, gone=False)

    def _seen(self, job: Object | None, pod: Object | None, *, gone: bool) -> Seen:
        return Seen(job, pod, gone, self._event(job), self._event(pod), self._events_readable)

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
        elif not message.deleted:
            self._note(message.item)

    def _keep_job(self, job: Object) -> _Variation:
        known = self._owner(job)
        known.jobs[job["metadata"]["uid"]] = job
        known.submission = max(known.submission, submission_of(job))
        return known

    def _keep_pod(self, pod: Object) -> _Variation:
        """With its deletion as it was first seen: kubelet's last step moves that on to the moment of the step."""
        known = self._owner(pod)
        uid = pod["metadata"]["uid"]
        before = known.pods.get(uid)
        if before is not None and before["metadata"].get("deletionTimestamp"):
            deletion = {name: before["metadata"][name] for name in _DELETION if name in before["metadata"]}
            pod = {**pod, "metadata": {**pod["metadata"], **deletion}}
        known.pods[uid] = pod
        known.gone.discard(uid)
        known.submission = max(known.submission, submission_of(pod))
        return known

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
    """As created, to the second; of two at once the one that is gone is the older."""
    metadata = pod["metadata"]
    return metadata["uid"] not in gone, str(metadata.get("creationTimestamp")), str(metadata.get("name"))


def _is_suspended(job: Object | None) -> bool:
    """A queue has taken its pod back, and will let it make another."""
    return job is not None and bool(job["spec"].get("suspend"))


def _when(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")
