"""Stored keys: by place, a line for each."""

from collections.abc import Sequence

from aideator_cli.domain.keys import Entry, Keys
from aideator_cli.text.clean import one_line
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, show


def show_keys(screen: Screen, places: Sequence[Keys]) -> None:
    for keys in places:
        screen.line(f"{one_line(keys.place)}{'' if keys.used else ' (runs use the one above)'}")
        grid = Grid(header=False)
        for right in (False, True, False):
            grid.add_column(right=right)
        for entry in keys.entries:
            grid.add_row(f"  {one_line(entry.name)}", f"{entry.length} characters", _tail(entry))
        show(screen, grid)


def _tail(entry: Entry) -> str:
    return f"…{one_line(entry.tail)}" if entry.tail else ""
