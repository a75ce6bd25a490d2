"""A signal that was found, and how long the search for them may take."""

import time
from collections.abc import Callable
from typing import Final, Literal

from aideator_agent.values import frozen

SECONDS: Final = 20.0  # of computing
LONGEST: Final = 100.0  # seconds on a machine that has much else to do
Clock = Callable[[], None]  # raises `TooLong` when the time is over


class TooLong(Exception):
    """The search takes too long. What was found until then counts."""


Severity = Literal["cheat", "look", "note"]  # never taken automatically; breaks ties; only shown


@frozen
class Signal:
    name: str  # stable, such as `ends-process`
    severity: Severity
    path: str  # from the top
    line: int | None  # of the file as the patch leaves it; None: the file as a whole
    text: str  # the words that matched, or what is odd about the file
    base: bool = False  # whether the base's own code has these words too, so that they weigh less


def bounded(check: Callable[[], None]) -> Clock:
    """Returns the clock of a search that begins now, in the thread that asks it. It calls `check`, too.

    Only what this thread computes counts: checks on the base may run beside it, and their processes end at any time.
    """
    began, before = time.monotonic(), _computed()

    def look() -> None:
        if _computed() >= before + SECONDS:
            raise TooLong(f"the search took longer than {SECONDS:g} s")
        if time.monotonic() >= began + LONGEST:
            raise TooLong(f"the search was not over after {LONGEST:g} s")
        check()

    return look


def _computed() -> float:
    return time.thread_time()
