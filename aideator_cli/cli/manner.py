"""How a run is shown, as the options say."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aideator_agent.values import frozen
from aideator_cli.errors import usage
from aideator_cli.views.look import USUAL, Look

if TYPE_CHECKING:
    from aideator_cli.cli.ringing import Ring


@frozen
class Manner:
    """How a run is shown."""

    json: bool = False
    view: str | None = None  # panes, live or lines; None: one that fits stdout
    cancels: bool = False  # whether Ctrl-C asks the agents to stop, too
    look: Look = USUAL
    ring: "Ring | None" = None  # for the end
    warnings: Sequence[str] = ()  # what a person was warned of, and the view may cover
    goes_on: bool = False  # whether an action follows the end: the view then closes, and no next step is shown


PLAIN = Manner()


def cancels(on_interrupt: str) -> bool:
    """Whether Ctrl-C asks the agents to stop, as --on-interrupt says. Raises `AideatorError` (usage) for another word."""
    if on_interrupt not in ("leave", "cancel"):
        raise usage(f"--on-interrupt takes leave or cancel, not {on_interrupt}")
    return on_interrupt == "cancel"
