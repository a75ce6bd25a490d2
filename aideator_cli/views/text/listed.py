"""The list of runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import cost, minute
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, fits, show

if TYPE_CHECKING:
    from aideator_cli.domain.glance import Glance

PROMPT_CELLS = 60
TAGS_CELLS = 24


def show_runs(screen: Screen, runs: "Sequence[Glance]") -> None:
    """Shows one line per run. The prompt gets the remaining room, and half of it goes to the notes if there is enough."""
    wide = [(cells, True, True) for cells in (PROMPT_CELLS, 40, 30)]
    noted = [(cells, False, True) for cells in range(PROMPT_CELLS, 19, -2)]
    for cells, where, notes in [*wide, *noted, *((cells, False, False) for cells in range(PROMPT_CELLS, 7, -2))]:
        table = _table(runs, cells, where=where, notes=notes and any(run.note for run in runs))
        if fits(screen, table):
            break
    show(screen, table)


def _table(runs: "Sequence[Glance]", cells: int, *, where: bool, notes: bool) -> Grid:
    table = Grid()
    tags = any(run.tags for run in runs)
    last = (*(("tags",) if tags else ()), "prompt", *(("note",) if notes else ()))
    for title in ("run", "created", "state", "succeeded", "cost", *(("where",) if where else ()), *last):
        table.add_column(title)
    for run in runs:
        table.add_row(
            run.id,
            minute(run.created),
            run.state,
            f"{run.succeeded} of {run.variations}",
            cost(run.cost),
            *((one_line(run.where),) if where else ()),
            *((_beginning(", ".join(run.tags), min(cells, TAGS_CELLS)),) if tags else ()),
            _beginning(_prompt(run), cells),
            *((_beginning(run.note or "", cells),) if notes else ()),
        )
    return table


def _prompt(run: "Glance") -> str:
    """Returns the prompt, after the variations from which the run goes on, or which it merges."""
    if not run.origin:
        return run.prompt
    return f"{'merges' if run.merged else 'from'} {', '.join(map(one_line, run.origin))}: {run.prompt}"


def _beginning(text: str, cells: int) -> str:
    """Returns the beginning on one line. A prompt may be long, so only the needed part is cleaned."""
    line = one_line(text[: 4 * cells])
    if len(line) <= cells < len(text):
        line = one_line(text)
    return line if len(line) <= cells else line[: cells - 1] + "…"
