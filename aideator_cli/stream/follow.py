"""`follow`: one ordered stream from a run's logs and its backend's reports.

One thread reads each attempt, and another watches the backend. They put their items into one bounded queue, from which the caller pulls. A
slow caller holds the threads back; nothing is dropped.
"""

import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event as Flag

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Backend, Status, Trouble
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Closed, Ended, Event, Item, Observation, Opened
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.stream.reader import REAL_TIME, Reader, Timing
from aideator_cli.stream.sequence import Sequence
from aideator_cli.stream.standing import Standing
from aideator_cli.stream.versions import misfit
from aideator_cli.system.clock import now
from aideator_cli.system.queues import put

MOST_AT_ONCE = 500  # items in one batch
FEW = 100  # items in a batch that may wait during a burst: a commit costs as much as 30 of them
BURST = 8  # batches that may come at once; later ones come one by one
BURST_SECONDS = 0.01  # between two batches of a burst
PIECES_WAITING = 32  # pieces in the queue before the writers wait
STRANGER = "foreign_container"  # the kind of an observation
NOTED = ("start", "end")  # events that say more than what is shown of them
TICK = 0.5  # seconds between two checks of the deadlines
NEWS_SECONDS = 10.0  # after a lost connection is back, until what the backend said before it was lost counts again

Resume = Callable[[Attempt], Sequence | None]  # where to continue reading an attempt; None: it is already complete
Again = dict[int, str]  # variation -> the attempt that another one will follow
Message = Status | Trouble | Exception | list[Item]


def follow(
    spec: RunSpec,
    backend: Backend,
    resume: Resume,
    stop: Flag,
    timing: Timing = REAL_TIME,
    *,
    again: Again | None = None,
    ticks: bool = False,
) -> Iterator[list[Item]]:
    """Yields batches of about `MOST_AT_ONCE` items until every variation has ended or `stop` is set. With `ticks`, also empty ones.

    The caller may write to `again` between two batches: a variation listed there has not ended.
    """
    follower = _Follower(spec, backend, resume, stop, timing, {} if again is None else again)
    try:
        yield from follower.batches(ticks)
    finally:
        stop.set()
        follower.wake()


class _Follower:
    def __init__(
        self, spec: RunSpec, backend: Backend, resume: Resume, stop: Flag, timing: Timing, again: Again
    ) -> None:
        self._spec = spec
        self._backend = backend
        self._resume = resume
        self._stop = stop
        self._timing = timing
        self._again = again
        self._queue: queue.Queue[Message] = queue.Queue(PIECES_WAITING)
        start_seconds = spec.limits.start_seconds
        self._variations = {v.number: Standing(v.number, spec.created, start_seconds) for v in spec.variations}
        self._given = deque([0.0] * BURST, BURST)  # times of the last batches, on the monotonic clock
        self._readers: dict[str, Reader] = {}
        self._closed: set[str] = set()  # attempts
        self._stopped: set[str] = set()  # attempts that report they were told to stop, but not by whom
        self._released: set[str] = set()  # attempts whose strangers were told to end
        self._certain_from = 0.0  # monotonic: until then, what is known of the variations may be old
        self._misfit = False  # the agents' image is of another version, which is told once
        self._held: dict[str, Closed] = {}  # kept until the backend's last report about the attempt

    def batches(self, ticks: bool) -> Iterator[list[Item]]:
        self._thread(self._watch, "watch")
        while not self._stop.is_set() and not self._all_finished():
            batch = self._next_batch()
            batch += self._give_up_waiting()
            if batch or ticks:
                yield batch

    def _all_finished(self) -> bool:
        while self._again:
            number, former = self._again.popitem()
            self._variations[number].begin_again(former)
        return all(v.finished for v in self._variations.values())

    def wake(self) -> None:
        for reader in self._readers.values():
            reader.changed.set()

    def _next_batch(self) -> list[Item]:
        try:
            batch = self._items(self._queue.get(timeout=TICK))
        except queue.Empty:
            return []
        self._take_more(batch)
        if len(batch) < FEW and (early := self._given[0] + BURST * BURST_SECONDS - time.monotonic()) > 0:
            self._stop.wait(min(early, BURST_SECONDS))
            self._take_more(batch)
        self._given.append(time.monotonic())
        return batch

    def _take_more(self, batch: list[Item]) -> None:
        """Adds everything that is in the queue now."""
        with suppress(queue.Empty):
            while len(batch) < MOST_AT_ONCE:
                batch += self._items(self._queue.get_nowait())

    def _items(self, message: Message) -> list[Item]:
        if isinstance(message, Status):
            return self._on_status(message)
        if isinstance(message, Trouble):
            return [self._on_trouble(message)]
        if isinstance(message, Exception):
            raise message
        if all(isinstance(item, Event) and item.type not in NOTED for item in message):
            return message
        return [told for item in message for told in self._on_item(item)]

    def _on_item(self, item: Item) -> list[Item]:
        if isinstance(item, Closed):
            return self._on_closed(item)
        if isinstance(item, Event) and says_stopped(item):
            self._stopped.add(item.attempt)
        if isinstance(item, Event) and item.type == "start" and not self._misfit and (text := misfit(item)):
            self._misfit = True
            return [item, self._observe("version", text)]
        return [item]

    # What the backend says

    def _on_trouble(self, trouble: Trouble) -> Observation:
        self._certain_from = time.monotonic() + NEWS_SECONDS if trouble.back else math.inf
        for reader in self._readers.values():
            reader.cut_off.clear() if trouble.back else reader.cut_off.set()
        return self._observe("connection_back" if trouble.back else "connection_lost", trouble.text)

    def _on_status(self, status: Status) -> list[Item]:
        variation = self._variations.get(status.variation)
        if variation is None:
            return []
        items: list[Item] = [self._observe(status.reason, status.text, status)] if variation.take(status) else []
        if status.attempt is not None:
            items += self._on_attempt(status.attempt, status)
        elif status.final and (readers := self._readers_of(variation)):
            _tell_end(readers)
        elif status.final and not variation.finished and not self._is_read(variation):
            items.append(Ended(variation.number, status.reason, status.text))
        for held in [held for held in self._held.values() if held.attempt.variation == variation.number]:
            items += self._on_closed(held)
        if status.attempt is not None:
            items += self._release(variation, status.attempt)
        self._settle(variation)
        return items

    def _on_attempt(self, attempt: Attempt, status: Status) -> list[Item]:
        items: list[Item] = []
        known = attempt.id in self._readers or attempt.id in self._held or attempt.id in self._closed
        if not known and (status.readable or status.state == "ended"):
            items.append(Opened(attempt))
            self._open(attempt, ended=status.state == "ended")
        elif reader := self._readers.get(attempt.id):
            if status.state == "ended":
                reader.ended.set()
            reader.changed.set()
        return items

    def _open(self, attempt: Attempt, *, ended: bool) -> None:
        sequence = self._resume(attempt)
        if sequence is None:
            self._closed.add(attempt.id)
            return
        reader = Reader(self._backend, attempt, sequence, self._stop, self._timing)
        if ended:
            reader.ended.set()
        self._readers[attempt.id] = reader
        self._variations[attempt.variation].finished = False  # it was tried again while others were followed
        self._thread(lambda: self._read(reader), f"read {attempt.name}")

    def _readers_of(self, variation: Standing) -> list[Reader]:
        return [reader for reader in self._readers.values() if reader.attempt.variation == variation.number]

    def _on_closed(self, closed: Closed) -> list[Item]:
        """Holds the item back while the backend may still report the cause or another attempt. An `end` from the agent settles both."""
        variation = self._variations[closed.attempt.variation]
        attempt = closed.attempt.id
        self._readers.pop(attempt, None)
        told = closed.reason is None and attempt not in self._stopped
        if (known := variation.last(attempt)) and known.strangers and known.state != "ended":
            self._held[attempt] = closed  # only when the container has ended may the strangers be ended, too
            return []
        if not told and variation.may_still_tell(attempt):
            self._held[attempt] = closed
            return []
        self._held.pop(attempt, None)
        self._closed.add(attempt)
        if told and variation.may_still_tell(attempt):
            variation.finished = not self._is_read(variation)
        self._settle(variation)
        verdict = variation.verdict(attempt)
        reason, text = (verdict.reason, verdict.text) if verdict else (closed.reason, closed.text)
        left = self._release(variation, closed.attempt)
        return [*left, Closed(closed.attempt, reason, text, last=variation.finished)]

    def _release(self, variation: Standing, attempt: Attempt) -> list[Item]:
        """Ends what others put beside an agent that has ended and whose log is read, and says so once."""
        known = variation.last(attempt.id)
        due = known is not None and known.state == "ended" and known.strangers and attempt.id in self._closed
        if known is None or not due or attempt.id in self._released:
            return []
        self._released.add(attempt.id)
        names = ", ".join(known.strangers)
        try:
            self._backend.release(attempt)
        except AideatorError as error:
            return [self._observe(STRANGER, f"{names} still runs although the agent has ended: {error.message}", known)]
        return [self._observe(STRANGER, f"{names} still ran when the agent had ended; its pod is told to end", known)]

    def _is_read(self, variation: Standing) -> bool:
        """Whether one of the variation's attempts may still produce items."""
        return bool(self._readers_of(variation)) or any(
            held.attempt.variation == variation.number for held in self._held.values()
        )

    def _settle(self, variation: Standing) -> None:
        status = variation.status
        if status and status.final and not self._is_read(variation):
            variation.finished = status.attempt is None or status.attempt.id in self._closed

    # Deadlines

    def _give_up_waiting(self) -> list[Item]:
        """Ends variations that can't start or did not start in time, and removes what is waiting."""
        if time.monotonic() < self._certain_from:  # one that is old may have started meanwhile
            return []
        items: list[Item] = []
        for variation in self._variations.values():
            text, status = variation.hopeless(), variation.status
            if text is not None and status is not None:
                items.append(self._give_up(variation, status, text))
        return items

    def _give_up(self, variation: Standing, status: Status, text: str) -> Item:
        try:
            self._backend.cancel(self._spec.id, [variation.number])
        except AideatorError as error:
            if error.code != ExitCode.REFUSED:
                raise
            variation.left_to_others = True
            return self._observe("not_stopped", error.message, status)
        variation.finished = True
        return Ended(variation.number, status.reason, text)

    def _observe(self, kind: str, text: str, status: Status | None = None) -> Observation:
        attempt = status.attempt.id if status and status.attempt else None
        return Observation(self._spec.id, now(), kind, text, status.variation if status else None, attempt)

    # Threads

    def _watch(self) -> None:
        for status in self._backend.watch(self._spec, self._stop):
            self._put(status)

    def _read(self, reader: Reader) -> None:
        for items in reader.items():
            self._put(items)

    def _put(self, message: Message) -> None:
        put(self._queue, message, self._stop)

    def _thread(self, work: Callable[[], None], name: str) -> None:
        def run() -> None:
            try:
                work()
            except Exception as error:  # for the caller to handle: a thread that dies silently would be waited for
                self._put(error)

        threading.Thread(target=run, name=name, daemon=True).start()


def says_stopped(event: Event) -> bool:
    """Whether the agent's `end` says that it was told to stop. Only the backend knows by whom."""
    return event.type == "end" and event.data.get("outcome") == "cancelled"


def _tell_end(readers: list[Reader]) -> None:
    for reader in readers:
        reader.ended.set()
        reader.changed.set()
