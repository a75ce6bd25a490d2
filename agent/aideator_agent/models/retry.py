"""Retries of a model: the only place that decides about them."""

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
    """Yields the pieces of a turn. After a passing fault the turn starts again, at most `RETRIES` times.

    Raises the last `ModelError`, or `Ended` while waiting.
    """
    for number in range(1, RETRIES + 2):
        try:
            yield from ask()
        except PassingFault as error:
            if number > RETRIES:
                raise
            seconds = pause(number, error.retry_after)
            tell(f"{str(error).rstrip('.')}; trying again in {seconds:.1f} s ({number} of {RETRIES}).")
            interrupts.wait(seconds)
        else:
            return


def pause(number: int, retry_after: float | None) -> float:
    """Returns the seconds before retry `number` (from 1): slightly more than the provider asked for, else doubled with jitter."""
    doubled = 2.0 ** (number - 1) * random.uniform(0.5, 1.0)
    if retry_after is not None:
        return retry_after + SLACK * doubled
    return min(LONGEST, FIRST * doubled)
