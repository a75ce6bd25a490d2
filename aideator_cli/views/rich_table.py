"""Tables for what rich draws: the table of `--view live`, and a grid on a screen that is drawn."""

from rich.table import Table
from rich.text import Text

from aideator_cli.views.text.grid import Grid


def plain_table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")


def drawn(grid: Grid) -> Table:
    table = plain_table()
    table.show_header = grid.header
    for column in grid.columns:
        table.add_column(Text(column.title), no_wrap=True, justify="right" if column.right else "left")
    for row in grid.rows:
        table.add_row(*(Text(cell.text, style=cell.style) for cell in row))
    return table
