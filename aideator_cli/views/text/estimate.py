"""What a run would cost and take, as a table."""

from collections.abc import Sequence
from typing import Final

from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import cost, duration
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, show

TITLES: Final = ("model", "agents", "from", "cost each", "time each")
UNKNOWN: Final = "?"

Range = tuple[float, float, float]


def row(
    model: str, agent: str | None, count: int, sample: str, costs: Range | None, seconds: Range | None
) -> list[str]:
    """`agent`: None for AIdeator's own. `costs`: USD. `sample`: how many earlier attempts, in words."""
    name = one_line(model) if agent is None else f"{one_line(agent)}/{one_line(model)}"
    return [name, str(count), sample, dollars(costs), times(seconds)]


def show_estimate(screen: Screen, rows: Sequence[Sequence[str]]) -> None:
    grid = Grid()
    for title in TITLES:
        grid.add_column(title, right=title == "agents")
    for each in rows:
        grid.add_row(*each)
    show(screen, grid)


def dollars(costs: Range | None) -> str:
    """Returns the median, and between what 80 % of the sample lie."""
    if costs is None:
        return UNKNOWN
    low, middle, high = costs
    return f"{cost(middle)} ({cost(low)} to {cost(high)})"


def times(seconds: Range | None) -> str:
    if seconds is None:
        return UNKNOWN
    low, middle, high = map(duration, seconds)
    return f"{middle} ({low} to {high})"
