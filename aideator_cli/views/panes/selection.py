"""A part of a pane's rows that someone has marked with the mouse: which cells it covers, and the text to copy."""

from collections.abc import Sequence
from typing import NamedTuple

from aideator_agent.values import frozen
from aideator_cli.views.panes.cells import reach, width_of
from aideator_cli.views.panes.rows import Row


class Spot(NamedTuple):
    row: int  # its index
    cell: int  # of the row


@frozen
class Selection:
    """From where the button was pressed to where the pointer is now; both cells belong to it."""

    anchor: Spot
    head: Spot

    @property
    def rows(self) -> range:
        return range(min(self.anchor, self.head).row, max(self.anchor, self.head).row + 1)

    def moved(self, rows: int, count: int) -> "Selection":
        """After so many rows were taken away at the beginning; `count`: rows that there are now."""

        def spot(at: Spot) -> Spot:
            row = at.row - rows
            return Spot(0, 0) if row < 0 else at._replace(row=min(row, max(0, count - 1)))

        return Selection(spot(self.anchor), spot(self.head))

    def characters(self, index: int, row: Row) -> tuple[int, int]:
        """The first character of the row's text that is selected, and the one behind the last."""
        first, last = sorted((self.anchor, self.head))
        lead = width_of(row.lead)
        start = reach(row.text, first.cell - lead) if index == first.row and first.cell > lead else 0
        end = _behind(row.text, last.cell - lead) if index == last.row else len(row.text)
        return start, max(start, end)

    def cells(self, index: int, row: Row) -> tuple[int, int]:
        """The same in cells of the row."""
        start, end = self.characters(index, row)
        left = width_of(row.lead) + width_of(row.text[:start])
        return left, left + width_of(row.text[start:end])

    def text(self, rows: Sequence[Row]) -> str:
        """What is copied: folded lines are whole again, and so is a line that was cut, where its end is selected."""
        parts: list[str] = []
        for index in self.rows:
            row = rows[index]
            start, end = self.characters(index, row)
            if parts:
                parts.append("\n" if row.joint is None else row.joint)
            parts.append(row.whole[start:] if row.whole and end == len(row.text) else row.text[start:end])
        return "".join(parts)


def _behind(text: str, cell: int) -> int:
    """The index of the character behind the one in this cell, together with its marks."""
    if cell < 0:
        return 0
    end = reach(text, cell + 1)
    return end if end > reach(text, cell) else reach(text, cell + 2)
