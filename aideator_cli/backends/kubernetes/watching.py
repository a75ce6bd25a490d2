"""Watches the variations of a run in the cluster and reports each change: pods, Jobs and, where allowed, events."""

from collections.abc import Iterator
from dataclasses import replace
from queue import Empty, SimpleQueue
from threading import Event as Flag
from typing import Final

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Status, Trouble
from aideator_cli.backends.kubernetes import problems
from aideator_cli.backends.kubernetes.client import ApiError, ConnectionFailed
from aideator_cli.backends.kubernetes.feed import Back, Failed, Feed, Lost, Message
from aideator_cli.backends.kubernetes.objects import RUN, Objects
from aideator_cli.backends.kubernetes.picture import NEEDED, Picture
from aideator_cli.backends.kubernetes.queue_watch import QueueWatch
from aideator_cli.backends.kubernetes.status import Seen, translate
from aideator_cli.backends.kubernetes.taking_turns import Waiting
from aideator_cli.system.clock import shifted

_VITAL: Final = (*NEEDED, "unsubmitted")  # without which nothing is known of a run
_STOP_SECONDS: Final = 0.2  # the longest delay before `stop` is noticed while nothing happens


def watch(objects: Objects, spec: RunSpec, stop: Flag) -> Iterator[Status | Trouble]:
    queue: SimpleQueue[Message] = SimpleQueue()
    feeds = _feeds(objects, spec.id, queue)
    queues = QueueWatch(objects, queue)
    waiting = None if spec.parallel is None else Waiting(objects, spec.id, queue)
    try:
        yield from _statuses(objects, spec, queue, stop, queues)
    finally:
        queues.end()
        if waiting is not None:
            waiting.end()
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
        # a namespace may hold thousands of events: only those from now on
        Feed(objects.client, "pod_events", objects.events, of_pods, queue, past=False),
    ]


def _statuses(
    objects: Objects, spec: RunSpec, queue: "SimpleQueue[Message]", stop: Flag, queues: QueueWatch
) -> Iterator[Status | Trouble]:
    picture = Picture(all_submitted=spec.parallel is None)
    links = _Links(objects)
    numbers = {variation.number for variation in spec.variations}
    shown: dict[tuple[int, str], Status] = {}
    begun = False
    while not stop.is_set():
        for message in _waiting(queue):
            yield from links.take(message)
            picture.take(message)
        if picture.complete:
            queues.look(picture.jobs())
            changed, begun = (numbers & picture.changed()) if begun else numbers, True
            for number in sorted(changed):
                for status in _news(number, picture.attempts(number), shown):
                    yield _by_this_clock(status, objects.client.ahead)


def _news(variation: int, attempts: list[Seen], shown: dict[tuple[int, str], Status]) -> Iterator[Status]:
    """Yields the statuses that have not been reported yet, the newest attempt last."""
    for seen in attempts:
        status = translate(variation, seen)
        if seen is not attempts[-1]:
            status = replace(status, final=False, earlier=True)
        uid = next((item["metadata"]["uid"] for item in (seen.pod, seen.job) if item is not None), "")
        if shown.get((variation, uid)) != status:
            shown[variation, uid] = status
            yield status


def _by_this_clock(status: Status, ahead: float) -> Status:
    return status if status.began is None else replace(status, began=shifted(status.began, ahead))


def _waiting(queue: "SimpleQueue[Message]") -> Iterator[Message]:
    """Yields the messages that have arrived, or none after a while without any."""
    try:
        yield queue.get(timeout=_STOP_SECONDS)
        while True:
            yield queue.get_nowait()
    except Empty:
        return


class _Links:
    """Tracks whether the cluster can be seen: one `Trouble` when it is lost, and one when all of it is back."""

    def __init__(self, objects: Objects) -> None:
        self._place = objects.place
        self._lost: set[str] = set()

    def take(self, message: Message) -> Iterator[Trouble]:
        if isinstance(message, Failed):
            if not isinstance(message.error, ApiError | ConnectionFailed):
                raise message.error
            if message.kind in _VITAL:
                raise problems.explain(message.error, self._place) from message.error
        if message.kind not in _VITAL:
            return
        if isinstance(message, Lost):
            if not self._lost:
                yield Trouble(problems.explain(message.error, self._place).message, back=False)
            self._lost.add(message.kind)
        elif isinstance(message, Back) and self._lost:
            self._lost.discard(message.kind)
            if not self._lost:
                yield Trouble(f"the cluster of context {self._place.context!r} can be reached again", back=True)
