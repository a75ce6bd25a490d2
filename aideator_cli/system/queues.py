"""Queues between threads: who fills one waits for room, and for no longer than somebody takes from it."""

import queue
from contextlib import suppress
from threading import Event as Flag
from typing import Final, TypeVar

LOOK: Final = 0.5  # seconds between two looks at the flag

_Item = TypeVar("_Item")


def put(waiting: "queue.Queue[_Item]", item: _Item, stop: Flag) -> None:
    """Puts the item into the queue as soon as there is room. Drops it once `stop` is set: nobody takes it any more."""
    while not stop.is_set():
        with suppress(queue.Full):
            waiting.put(item, timeout=LOOK)
            return
