"""Texts in columns. This does not use rich, because importing rich took longer than reading and showing a list."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from aideator_cli.views.screen import Screen

Style = Literal["", "dim", "green", "red", "yellow"]
CODES: dict[Style, str] = {"dim": "2", "green": "32", "red": "31", "yellow": "33"}
GAP = "  "
_SIGNS = dict.fromkeys(map(ord, "…–−×·✓✗"), "x")  # each is one cell wide


class Styled(NamedTuple):
    text: str
    style: Style = ""

    def painted(self) -> str:
        return f"\x1b[{CODES[self.style]}m{self.text}\x1b[0m" if self.style and self.text else self.text


class Column(NamedTuple):
    title: str
    right: bool  # for figures


class Grid:
    """Rows of cells, each on one line and never cut; a column is as wide as the widest text in it."""

    def __init__(self, *, header: bool = True) -> None:
        self.header = header
        self.columns: list[Column] = []
        self.rows: list[list[Styled]] = []

    def add_column(self, title: str = "", *, right: bool = False) -> None:
        self.columns.append(Column(title, right))

    def add_row(self, *cells: str | Styled) -> None:
        self.rows.append([Styled(cell) if isinstance(cell, str) else cell for cell in cells])

    @property
    def width(self) -> int:
        """In cells of a terminal."""
        return sum(self._widths()) + len(GAP) * (len(self.columns) - 1)

    def lines(self, *, colour: bool) -> Iterator[str]:
        """Without blanks at their ends."""
        widths = self._widths()
        if self.header:
            yield self._line([Styled(column.title, "dim") for column in self.columns], widths, "dim", colour=colour)
        for row in self.rows:
            yield self._line(row, widths, "", colour=colour)

    def _line(self, row: list[Styled], widths: list[int], gap: Style, *, colour: bool) -> str:
        filled = [
            Styled(_filled(cell.text, width, right=column.right), cell.style)
            for cell, width, column in zip(row, widths, self.columns, strict=True)
        ]
        texts = [cell.painted() if colour else cell.text for cell in filled]
        return (Styled(GAP, gap).painted() if colour else GAP).join(texts).rstrip()

    def _widths(self) -> list[int]:
        titles = [column.title if self.header else "" for column in self.columns]
        columns = zip(titles, *([cell.text for cell in row] for row in self.rows), strict=True)
        return [max(map(cells, texts)) for texts in columns]


def fits(screen: Screen, grid: Grid) -> bool:
    """Whether a person's terminal is wide enough; a pipe always is."""
    return not screen.is_terminal or grid.width <= screen.width


def show(screen: Screen, grid: Grid) -> None:
    for line in grid.lines(colour=screen.colour):
        screen.line(line)


def cells(text: str) -> int:
    """How many cells of a terminal it takes."""
    if text.isascii() or text.translate(_SIGNS).isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _filled(text: str, width: int, *, right: bool) -> str:
    if right:
        text = text.rstrip()
    blanks = " " * (width - cells(text))
    return blanks + text if right else text + blanks
