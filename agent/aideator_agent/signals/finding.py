"""A signal that was found."""

from collections.abc import Callable
from typing import Literal

from aideator_agent.values import frozen

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
