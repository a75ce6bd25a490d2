"""A run's variations as they stand in the cluster, told whenever that changes: pods, Jobs and, where allowed, events."""

from collections.abc import Iterator, Mapping
from queue import Empty, SimpleQueue
from threading import Event as Flag
from typing import Any, Final

from aideator_agent.spec import RunSpec
from aideator_cli.backend import Status, Trouble
from aideator_cli.kubernetes import problems
from aideator_cli.kubernetes.feed import Back, Changed, Failed, Feed, Listed, Lost, Message
from aideator_cli.kubernetes.objects import RUN, Objects, variation_of
from aideator_cli.kubernetes.status import Object, Seen, translate

_STOP_SECONDS: Final = 0.2  # how late `stop` may be noticed while nothing happens
_NEEDED: Final = ("pods", "jobs")


def watch(objects: Objects, spec: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:
    queue: SimpleQueue[Message] = SimpleQueue()
    feeds = _feeds(objects, spec.id, queue)
    try:
        yield from _statuses(objects, spec, queue, stop)
    finally:
        for feed in feeds:
            feed.end()


def _feeds(objects: Objects, run: str, queue: "SimpleQueue[Message]") -> list[Feed]:
    ours = {"labelSelector": f"{RUN}={run}"}
    warnings = {"fieldSelector": "involvedObject.kind=Job,type=Warning"}
    of_pods = {"fieldSelector": "involvedObject.kind=Pod"}
    return [
        Feed(objects.client, "pods", objects.pods_path, ours, queue),
        Feed(objects.client, "jobs", objects.jobs_path, ours, queue),
        Feed(objects.client, "job_events", objects.events, warnings, queue),
        # a namespace may hold thousands of them: only those from now on
        Feed(objects.client, "pod_events", objects.events, of_pods, queue, past=False),
    ]


def _statuses(objects: Objects, spec: RunSpec, queue: "SimpleQueue[Message]", stop: Flag) -> Iterator[Status | Trouble]:
    picture = _Picture()
    links = _Links(objects)
    shown: dict[int, Status] = {}
    while not stop.is_set():
        for message in _waiting(queue):
            yield from links.take(message)
            picture.take(message)
        if not picture.complete:
            continue
        for variation in spec.variations:
            status = translate(variation.number, picture.seen(variation.number))
            if shown.get(variation.number) != status:
                shown[variation.number] = status
                yield status


def _waiting(queue: "SimpleQueue[Message]") -> Iterator[Message]:
    """What has arrived, together; nothing when nothing has for a while."""
    try:
        yield queue.get(timeout=_STOP_SECONDS)
        while True:
            yield queue.get_nowait()
    except Empty:
        return


class _Links:
    """Whether the cluster can be seen: one `Trouble` when it is lost and one when all of it is back."""

    def __init__(self, objects: Objects) -> None:
        self._place = objects.place
        self._lost: set[str] = set()

    def take(self, message: Message) -> Iterator[Trouble]:
        if message.kind not in _NEEDED:
            return
        if isinstance(message, Failed):
            raise problems.explain(message.error, self._place) from message.error
        if isinstance(message, Lost):
            if not self._lost:
                yield Trouble(problems.explain(message.error, self._place).message, back=False)
            self._lost.add(message.kind)
        elif isinstance(message, Back) and self._lost:
            self._lost.discard(message.kind)
            if not self._lost:
                yield Trouble(f"the cluster of context {self._place.context!r} can be reached again", back=True)


class _Picture:
    """The cluster's objects of one run, as last heard of."""

    def __init__(self) -> None:
        self._jobs: dict[str, Object] = {}
        self._pods: dict[str, Object] = {}
        self._gone: set[str] = set()
        self._events: dict[str, Object] = {}  # the newest about an object's UID
        self._listed: set[str] = set()
        self._events_readable = True

    @property
    def complete(self) -> bool:
        return self._listed.issuperset(_NEEDED)

    def take(self, message: Message) -> None:
        if isinstance(message, Listed):
            self._list(message)
        elif isinstance(message, Changed):
            self._change(message)
        elif isinstance(message, Failed):
            self._events_readable = False

    def seen(self, variation: int) -> Seen:
        job = _newest(job for job in self._jobs.values() if variation_of(job) == variation)
        pods = [pod for pod in self._pods.values() if variation_of(pod) == variation]
        there = _newest(pod for pod in pods if pod["metadata"]["uid"] not in self._gone)
        pod = there or _newest(pods)
        return Seen(
            job=job,
            pod=pod,
            gone=pod is not None and there is None,
            job_event=self._event(job),
            pod_event=self._event(pod),
            events_readable=self._events_readable,
        )

    def _list(self, message: Listed) -> None:
        self._listed.add(message.kind)
        if message.kind == "jobs":
            self._jobs = {item["metadata"]["uid"]: item for item in message.items}
        elif message.kind == "pods":
            now = {item["metadata"]["uid"]: self._kept(item) for item in message.items}
            self._pods |= now
            self._gone = self._pods.keys() - now.keys()
        else:
            for item in message.items:
                self._note(item)

    def _change(self, message: Changed) -> None:
        uid = message.item["metadata"]["uid"]
        if message.kind == "jobs":
            self._jobs[uid] = message.item
            if message.deleted:
                del self._jobs[uid]
        elif message.kind == "pods":
            self._pods[uid] = self._kept(message.item)
            if message.deleted:
                self._gone.add(uid)
        elif not message.deleted:
            self._note(message.item)

    def _kept(self, pod: Object) -> Object:
        """The pod, with its deletion as it was first seen: kubelet's last step moves that on to the moment of the step."""
        before = self._pods.get(pod["metadata"]["uid"])
        if before is None or not before["metadata"].get("deletionTimestamp"):
            return pod
        fields = ("deletionTimestamp", "deletionGracePeriodSeconds")
        deletion = {name: before["metadata"][name] for name in fields if name in before["metadata"]}
        return {**pod, "metadata": {**pod["metadata"], **deletion}}

    def _note(self, event: Mapping[str, Any]) -> None:
        uid = (event.get("involvedObject") or {}).get("uid")
        before = self._events.get(uid) if uid else None
        if uid and (before is None or _when(before) <= _when(event)):
            self._events[uid] = event

    def _event(self, item: Object | None) -> Object | None:
        return None if item is None else self._events.get(item["metadata"]["uid"])


def _when(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")


def _newest(items: Iterator[Object] | list[Object]) -> Object | None:
    key = ("creationTimestamp", "name")
    return max(items, key=lambda item: tuple(str(item["metadata"].get(name)) for name in key), default=None)
