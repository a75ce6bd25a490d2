"""What a view lets a person do, told by whoever knows how: a view knows neither store nor backend."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aideator_cli.result import Result


@dataclass(frozen=True)
class Actions:
    """None: can't be done here. Each may take seconds, is called in a thread of its own, and raises `AideatorError`."""

    cancel: Callable[[Sequence[int]], None] | None = None  # asks these variations to stop
    select: Callable[[int, str | None], None] | None = None  # the winner, with a note
    patch: Callable[[int], bytes | None] | None = None  # of record; None: there is none yet
    results: Callable[[], Sequence[Result]] | None = None  # the last ones, as the store has them
    next_steps: Callable[[Sequence[Result]], Sequence[str]] | None = None  # commands to paste
    leaving: str = "agents go on"  # what becomes of them when the view is left
    stays: bool = True  # when all have ended, until a person leaves; else something waits for the end
