"""The list of runs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aideator_cli.text.clean import cut, one_line
from aideator_cli.text.figures import cost, minute
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, fits, show

if TYPE_CHECKING:
    from aideator_cli.domain.glance import Glance

PROMPT_CELLS = 60
TAGS_CELLS = 24
COLUMNS = ("run", "name", "created", "state", "succeeded", "cost", "where", "repo", "tags", "owner", "prompt", "note")


def show_runs(screen: Screen, runs: "Sequence[Glance]") -> None:
    """Shows one line per run. The prompt gets the remaining room, and half of it goes to the notes if there is enough."""
    wide = [(cells, True, True) for cells in (PROMPT_CELLS, 40, 30)]
    noted = [(cells, False, True) for cells in range(PROMPT_CELLS, 19, -2)]
    for cells, where, notes in [*wide, *noted, *((cells, False, False) for cells in range(PROMPT_CELLS, 7, -2))]:
        table = _table(runs, cells, where=where, notes=notes and any(run.note for run in runs))
        if fits(screen, table):
            break
    show(screen, table)


def show_columns(screen: Screen, runs: "Sequence[Glance]", columns: Sequence[str]) -> None:
    """Shows these of `COLUMNS`, in this order. Texts share the room that the others leave."""
    for cells in (400, 200, 120, 80, *range(PROMPT_CELLS, 7, -2)) if screen.is_terminal else (PROMPT_CELLS,):
        table = _grid(runs, columns, cells)
        if fits(screen, table):
            break
    show(screen, table)


def _table(runs: "Sequence[Glance]", cells: int, *, where: bool, notes: bool) -> Grid:
    shown = {
        "name": any(run.name for run in runs), "where": where, "repo": False, "tags": any(run.tags for run in runs),
        "owner": any(run.cluster_user or run.owner for run in runs), "note": notes,
    }  # fmt: skip
    return _grid(runs, [name for name in COLUMNS if shown.get(name, True)], cells)


def _grid(runs: "Sequence[Glance]", columns: Sequence[str], cells: int) -> Grid:
    table = Grid()
    for name in columns:
        table.add_column(name)
    for run in runs:
        table.add_row(*(_cell(run, name, cells) for name in columns))
    return table


def _cell(run: "Glance", column: str, cells: int) -> str:
    match column:
        case "run":
            return run.id
        case "created":
            return minute(run.created)
        case "succeeded":
            return f"{run.succeeded} of {run.variations}"
        case "cost":
            return cost(run.cost)
        case "owner":
            return one_line(run.cluster_user or run.owner or "you")
        case "tags":
            return _beginning(", ".join(run.tags), min(cells, TAGS_CELLS))
        case "prompt":
            return _beginning(_prompt(run), cells)
        case "repo":
            return _beginning(run.repository, cells)
        case "note":
            return _beginning(run.note or "", cells)
        case _:
            return one_line(str({"name": run.name or "", "state": run.state, "where": run.where}[column]))


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
    return cut(line, cells)
