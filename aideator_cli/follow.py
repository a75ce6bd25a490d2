"""One ordered stream out of a run's logs and of what its backend says: `follow`.

A thread reads each attempt, one more watches the backend; both put what they have into one bounded queue (a slow end holds the readers
back, nothing is dropped), out of which the caller pulls.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event as Flag

from aideator_agent.spec import RunSpec
from aideator_cli.backend import Attempt, Backend, Status, Trouble
from aideator_cli.clock import now, seconds_between
from aideator_cli.errors import AideatorError
from aideator_cli.events import Closed, Ended, Item, Observation, Opened
from aideator_cli.reader import Reader
from aideator_cli.sequence import Sequence

MOST_AT_ONCE = 500  # items of one batch
PIECES_WAITING = 256  # in the queue, before its writers wait
TICK = 0.5  # seconds between two looks at the clocks

Resume = Callable[[Attempt], Sequence | None]  # where to read an attempt on; None: it was read to its end before
Message = Status | Trouble | AideatorError | list[Item]


@dataclass
class _Variation:
    number: int
    status: Status | None = None
    since: float = 0.0  # monotonic, of the status's reason
    finished: bool = False


def follow(spec: RunSpec, backend: Backend, resume: Resume, stop: Flag) -> Iterator[list[Item]]:
    """Batches of items, at most `MOST_AT_ONCE` in each, until every variation has ended or `stop` is set."""
    follower = _Follower(spec, backend, resume, stop)
    try:
        yield from follower.batches()
    finally:
        stop.set()
        follower.wake()


class _Follower:
    def __init__(self, spec: RunSpec, backend: Backend, resume: Resume, stop: Flag) -> None:
        self._spec = spec
        self._backend = backend
        self._resume = resume
        self._stop = stop
        self._queue: queue.Queue[Message] = queue.Queue(PIECES_WAITING)
        self._variations = {v.number: _Variation(v.number) for v in spec.variations}
        self._readers: dict[str, Reader] = {}
        self._closed: set[str] = set()  # attempts
        self._deadline = time.monotonic() + max(0.0, spec.limits.start_seconds - _age(spec))

    def batches(self) -> Iterator[list[Item]]:
        self._thread(self._watch, "watch")
        while not self._stop.is_set() and not all(v.finished for v in self._variations.values()):
            batch = self._next_batch()
            batch += self._give_up_waiting()
            if batch:
                yield batch

    def wake(self) -> None:
        for reader in self._readers.values():
            reader.changed.set()

    def _next_batch(self) -> list[Item]:
        batch: list[Item] = []
        timeout: float | None = TICK
        while len(batch) < MOST_AT_ONCE:
            try:
                message = self._queue.get(timeout=timeout) if timeout else self._queue.get_nowait()
            except queue.Empty:
                break
            batch += self._items(message)
            timeout = None
        return batch

    def _items(self, message: Message) -> list[Item]:
        if isinstance(message, Status):
            return self._on_status(message)
        if isinstance(message, Trouble):
            return [self._observe("connection_back" if message.back else "connection_lost", message.text)]
        if isinstance(message, AideatorError):
            raise message
        return [
            item for given in message for item in (self._on_closed(given) if isinstance(given, Closed) else (given,))
        ]

    # What the backend says

    def _on_status(self, status: Status) -> list[Item]:
        variation = self._variations.get(status.variation)
        if variation is None:
            return []
        before, variation.status = variation.status, status
        items: list[Item] = []
        if before is None or before.reason != status.reason:
            variation.since = time.monotonic()
        if before is None or (before.reason, before.text) != (status.reason, status.text):
            items.append(self._observe(status.reason, status.text, status))
        if status.attempt is not None:
            items += self._on_attempt(status.attempt, status)
        elif status.final and not variation.finished:
            items.append(Ended(variation.number, status.reason, status.text))
        self._settle(variation)
        return items

    def _on_attempt(self, attempt: Attempt, status: Status) -> list[Item]:
        items: list[Item] = []
        known = attempt.id in self._readers or attempt.id in self._closed
        if not known and (status.readable or status.state == "ended"):
            items.append(Opened(attempt))
            self._open(attempt)
        if reader := self._readers.get(attempt.id):
            if status.state == "ended":
                reader.ended.set()
            reader.changed.set()
        return items

    def _open(self, attempt: Attempt) -> None:
        sequence = self._resume(attempt)
        if sequence is None:
            self._closed.add(attempt.id)
            return
        reader = Reader(self._backend, attempt, sequence, self._put, self._stop)
        self._readers[attempt.id] = reader
        self._thread(reader.run, f"read {attempt.name}")

    def _on_closed(self, closed: Closed) -> list[Item]:
        variation = self._variations[closed.attempt.variation]
        self._closed.add(closed.attempt.id)
        self._readers.pop(closed.attempt.id, None)
        status = variation.status
        known = status if status and status.attempt and status.attempt.id == closed.attempt.id else None
        if known and known.state != "ended":
            variation.finished = True  # `end` was read: the pod's own end says nothing more
        self._settle(variation)
        return [closed if closed.reason is None or known is None else Closed(closed.attempt, known.reason, known.text)]

    def _settle(self, variation: _Variation) -> None:
        status = variation.status
        if status and status.final and (status.attempt is None or status.attempt.id in self._closed):
            variation.finished = True

    # What no backend says

    def _give_up_waiting(self) -> list[Item]:
        """Variations that can't start, or did not in time: their objects are removed, and they end here."""
        items: list[Item] = []
        for variation in self._variations.values():
            status = variation.status
            if variation.finished or status is None or status.state != "waiting":
                continue
            waited = time.monotonic() - variation.since
            hopeless = status.hopeless_after is not None and waited >= status.hopeless_after
            if hopeless or time.monotonic() >= self._deadline:
                text = (
                    status.text
                    if hopeless
                    else f"did not start within {self._spec.limits.start_seconds:.0f} s: {status.text}"
                )
                self._backend.remove(self._spec.id, [variation.number])
                variation.finished = True
                items.append(Ended(variation.number, status.reason, text))
        return items

    def _observe(self, kind: str, text: str, status: Status | None = None) -> Observation:
        attempt = status.attempt.id if status and status.attempt else None
        return Observation(self._spec.id, now(), kind, text, status.variation if status else None, attempt)

    # Threads

    def _watch(self) -> None:
        try:
            for status in self._backend.watch(self._spec, self._stop):
                self._put_message(status)
        except AideatorError as error:
            self._put_message(error)

    def _put(self, items: list[Item]) -> None:
        self._put_message(items)

    def _put_message(self, message: Message) -> None:
        while not self._stop.is_set():
            try:
                self._queue.put(message, timeout=TICK)
            except queue.Full:
                continue
            return

    def _thread(self, work: Callable[[], None], name: str) -> None:
        threading.Thread(target=work, name=name, daemon=True).start()


def _age(spec: RunSpec) -> float:
    try:
        return max(0.0, seconds_between(spec.created, now()))
    except ValueError:
        return 0.0
