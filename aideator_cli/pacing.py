"""A stored run in time: its items with the pauses that lay between them, by a clock and a wait that are the caller's."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aideator_cli import clock
from aideator_cli.events import Event, Item, Observation

FRAME = 0.04  # seconds: what falls within is passed on together
MOST_AT_ONCE = 500  # items of one batch


@dataclass(frozen=True)
class Pace:
    speed: float = 1.0  # 4: four times as fast as it was
    max_pause: float = 2.0  # seconds: the longest that nothing comes


@dataclass(frozen=True)
class Timer:
    """Seconds on a clock that never goes back, and how to wait on it: the real ones, or such as are computed alone."""

    now: Callable[[], float]
    wait: Callable[[float], object]


class Computed:
    """Time that passes as soon as it is waited for."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds

    @property
    def timer(self) -> Timer:
        return Timer(lambda: self.seconds, self.pass_by)


REAL = Timer(time.monotonic, time.sleep)


class Playing:
    """Passes items on, and tells the time in which they were."""

    def __init__(self, began: str) -> None:
        self._newest = began  # RFC 3339, UTC
        self._came = time.monotonic()

    def through(self, batches: Iterator[list[Item]]) -> Iterator[list[Item]]:
        for batch in batches:
            times = [
                item.time for item in batch if _instant(item) is not None and isinstance(item, Event | Observation)
            ]
            if times:
                self._newest, self._came = max(times), time.monotonic()
            yield batch

    def now(self) -> str:
        return clock.shifted(self._newest, time.monotonic() - self._came)


def paced(batches: Iterator[list[Item]], pace: Pace, timer: Timer = REAL) -> Iterator[list[Item]]:
    """The same items in the same order, each when it is due; behind the last one there is no pause.

    A pause is what lies between an item's time and that of the one before it. Without a time, or with an earlier one, there is none.
    """
    ready: list[Item] = []
    before: float | None = None
    due = timer.now()
    for item in (item for batch in batches for item in batch):
        at = _instant(item)
        if before is not None and at is not None:
            due += min(max(0.0, at - before) / pace.speed, pace.max_pause)
        before = before if at is None else at
        due = max(due, timer.now() - pace.max_pause)  # who was stopped for an hour does not hurry through one
        if ready and (due - timer.now() > FRAME or len(ready) == MOST_AT_ONCE):
            yield ready
            ready = []
        if (left := due - timer.now()) > FRAME:
            timer.wait(left)
        ready.append(item)
    if ready:
        yield ready


def _instant(item: Item) -> float | None:
    """Seconds; None: it has no time, or none that can be read."""
    if not isinstance(item, Event | Observation):
        return None
    try:
        return clock.parse(item.time).timestamp()
    except (ValueError, OverflowError):
        return None
