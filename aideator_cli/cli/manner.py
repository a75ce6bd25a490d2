"""How a run is shown, as the options say."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Manner:
    """How a run is shown."""

    json: bool = False
    view: str | None = None  # panes, live or lines; None: one that fits stdout
    cancels: bool = False  # whether Ctrl-C asks the agents to stop, too
    goes_on: bool = False  # whether an action follows the end: the view then closes, and no next step is shown


PLAIN = Manner()
