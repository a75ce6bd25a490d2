"""Queues between threads: who fills one waits for room, and for no longer than somebody takes from it. A signal ends both waits."""

import queue
import time
from contextlib import suppress
from threading import Event as Flag
from typing import Final, TypeVar

LOOK: Final = 0.5  # seconds between two looks at the flag, and at signals

_Item = TypeVar("_Item")


def put(waiting: "queue.Queue[_Item]", item: _Item, stop: Flag) -> None:
    """Puts the item into the queue as soon as there is room. Drops it once `stop` is set: nobody takes it any more."""
    while not stop.is_set():
        with suppress(queue.Full):
            waiting.put(item, timeout=LOOK)
            return


def taken(waiting: "queue.Queue[_Item] | queue.SimpleQueue[_Item]", deadline: float | None = None) -> _Item:
    """Takes an item as soon as there is one. Raises `queue.Empty` at the `deadline`, a time of the monotonic clock.

    Python looks for signals before a wait for a lock and after it. One that comes between the look and the wait would go unheard until
    the wait ends, so no wait here is long.
    """
    while True:
        left = LOOK if deadline is None else max(0.0, deadline - time.monotonic())
        try:
            return waiting.get(timeout=min(LOOK, left))
        except queue.Empty:
            if left <= LOOK and deadline is not None:
                raise
