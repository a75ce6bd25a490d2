"""What runs hold on this machine."""

from collections.abc import Sequence

from aideator_cli.domain.held import Held, Holdings
from aideator_cli.text.clean import cut, one_line
from aideator_cli.text.figures import minute, size
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, fits, show

PROMPT_CELLS = 60


def show_holdings(screen: Screen, found: Holdings) -> None:
    """Shows one line per run, then the folders that belong to no run, and the sums."""
    if found.runs:
        show_held(screen, found.runs)
        screen.line()
    for name, held in found.strays.items():
        screen.line(f"runs/{one_line(name)} belongs to no run that is known here: {size(held)}")
    log = f" ({size(found.log_bytes)} of it SQLite's log of recent changes)" if found.log_bytes else ""
    screen.line(f"database {size(found.database_bytes)}{log}, files of runs {size(found.file_bytes)}")


def show_held(screen: Screen, runs: Sequence[Held]) -> None:
    for cells in range(PROMPT_CELLS, 7, -2):
        table = _table(runs, cells)
        if fits(screen, table):
            break
    show(screen, table)


def _table(runs: Sequence[Held], cells: int) -> Grid:
    table = Grid()
    for title in ("run", "created", "state"):
        table.add_column(title)
    for title in ("events", "files", "together"):
        table.add_column(title, right=True)
    table.add_column("prompt")
    for each in runs:
        prompt = one_line(each.prompt[: 4 * PROMPT_CELLS])
        table.add_row(
            each.run, minute(each.created), each.state, size(each.event_bytes), size(each.file_bytes), size(each.total),
            cut(prompt, cells),
        )  # fmt: skip
    return table
