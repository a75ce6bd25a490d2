"""What a person can do in a view. The caller supplies the functions, because a view knows neither store nor backend."""

from collections.abc import Callable, Sequence

from aideator_agent.values import frozen
from aideator_cli.domain.result import Result


@frozen
class Actions:
    """None means that the action is not available. Each may take seconds, runs in its own thread, and may raise `AideatorError`."""

    cancel: Callable[[Sequence[int]], None] | None = None  # asks these variations to stop
    tell: Callable[[int, str], None] | None = None  # gives a variation's agent a message, which its events then show
    select: Callable[[int, str | None], None] | None = None  # the winner, with a note
    patch: Callable[[int], bytes | None] | None = None  # of record; None: there is none yet
    results: Callable[[], Sequence[Result]] | None = None  # the last ones, as the store has them
    next_steps: Callable[[Sequence[Result]], Sequence[str]] | None = None  # commands to paste
    ring: Callable[[Sequence[Result]], str] | None = (
        None  # tells a person that all have ended; returns what the terminal is to get
    )
    warnings: Sequence[str] = ()  # said before the view covered them
    leaving: str = "agents go on"  # what becomes of them when the view is left
    live: bool = True  # something can still happen; else all of it is read before anything is shown
    stays: bool = True  # when all have ended, until a person leaves; else something waits for the end
