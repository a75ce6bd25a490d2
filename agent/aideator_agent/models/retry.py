"""Asking a model again: the one place where that is decided."""

import random
from collections.abc import Callable, Iterator
from typing import Final

from aideator_agent.interrupts import Interrupts
from aideator_agent.models.base import PassingFault, Piece

RETRIES: Final = 6
FIRST: Final = 1.0  # seconds before the first one; each further one waits twice as long
LONGEST: Final = 60.0
SLACK: Final = 0.05  # seconds more than the provider asked for, doubled as well: it may ask for none at all


def asking(ask: Callable[[], Iterator[Piece]], interrupts: Interrupts, tell: Callable[[str], None]) -> Iterator[Piece]:
    """The pieces of a turn. After a fault that may pass the turn begins anew, `RETRIES` times at most.

    Raises the last `ModelError`, or `Ended` while waiting.
    """
    for number in range(1, RETRIES + 2):
        try:
            yield from ask()
        except PassingFault as error:
            if number > RETRIES:
                raise
            seconds = pause(number, error.retry_after)
            tell(f"{error}; asking again in {seconds:.1f} s ({number} of {RETRIES}).")
            interrupts.wait(seconds)
        else:
            return


def pause(number: int, retry_after: float | None) -> float:
    """Seconds before retry `number` (from 1): what the provider asked for and a little more, else doubled and jittered."""
    doubled = 2.0 ** (number - 1) * random.uniform(0.5, 1.0)
    if retry_after is not None:
        return retry_after + SLACK * doubled
    return min(LONGEST, FIRST * doubled)
