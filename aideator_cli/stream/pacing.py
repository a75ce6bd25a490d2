"""Replays a stored run in time: its items with the original pauses between them. The caller provides the clock and the wait."""

import time
from collections.abc import Callable, Iterator

from aideator_agent.values import frozen
from aideator_cli.domain.events import Event, Item, Observation
from aideator_cli.system import clock

FRAME = 0.04  # seconds: items closer together than this are passed on together
MOST_AT_ONCE = 500  # items in one batch


@frozen
class Pace:
    speed: float = 1.0  # 4: four times as fast as the original
    max_pause: float = 2.0  # seconds: the longest pause


@frozen
class Timer:
    """A monotonic clock in seconds, and how to wait on it: the real one, or one that only computes."""

    now: Callable[[], float]
    wait: Callable[[float], object]


class Computed:
    """Computed time: it passes as soon as someone waits for it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds

    @property
    def timer(self) -> Timer:
        return Timer(lambda: self.seconds, self.pass_by)


REAL = Timer(time.monotonic, time.sleep)


class Playing:
    """Passes items on, and tells the time at which they happened."""

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
    """Yields the same items in the same order, each when it is due. No pause follows the last one.

    A pause is the time between an item and the one before it. An item without a time, or with an earlier one, has no pause.
    """
    ready: list[Item] = []
    before: float | None = None
    due = timer.now()
    for item in (item for batch in batches for item in batch):
        at = _instant(item)
        if before is not None and at is not None:
            due += min(max(0.0, at - before) / pace.speed, pace.max_pause)
        before = before if at is None else at
        due = max(due, timer.now() - pace.max_pause)  # a process that was stopped for an hour does not rush to catch up
        if ready and (due - timer.now() > FRAME or len(ready) == MOST_AT_ONCE):
            yield ready
            ready = []
        if (left := due - timer.now()) > FRAME:
            timer.wait(left)
        ready.append(item)
    if ready:
        yield ready


def _instant(item: Item) -> float | None:
    """Returns seconds. None means that the item has no time, or an unreadable one."""
    if not isinstance(item, Event | Observation):
        return None
    try:
        return clock.parse(item.time).timestamp()
    except (ValueError, OverflowError):
        return None
