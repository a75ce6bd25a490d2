"""The table of what all have come to, and what to do next."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType

from aideator_cli.choice.comparison import candidates
from aideator_cli.choice.verdicts import check_names
from aideator_cli.domain.result import Result
from aideator_cli.text.clean import clean
from aideator_cli.views.panes.cells import cut, drawable
from aideator_cli.views.panes.rows import Row
from aideator_cli.views.panes.scroller import Scroller
from aideator_cli.views.text.evidence import of_all
from aideator_cli.views.text.table import end_lines


def _evidence(results: Sequence[Result], width: int) -> list[Row]:
    """What was found about each variation, below an empty row."""
    found = [
        line._replace(words=drawable(line.words))
        for line in of_all(candidates(results, check_names((), results)), width)
    ]
    rows = [Row(-1, "", "", "text")] if found else []
    for line in found:
        parts = [Segment(line.lead), Segment(line.kind, Style.parse(line.style or "none")), Segment(line.words)]
        rows.append(Row(-1, "", line.painted(colour=False), "text", coloured=partial(list, parts)))
    return rows


class Outcome(Scroller):
    BINDINGS: Final[list[BindingType]] = [Binding("escape", "screen.back", show=False)]  # type: ignore[misc]
    DEFAULT_CSS = "Outcome { height: auto; max-height: 50%; background: $surface; padding: 0 1; overflow-y: auto; }"

    def __init__(self) -> None:
        super().__init__(follows=False)
        self._results: Sequence[Result] = ()
        self._steps: Sequence[str] = ()
        self._selected: int | None = None
        self._first_step = 0

    def tell(self, results: Sequence[Result], steps: Sequence[str], selected: int | None) -> None:
        self._results, self._steps, self._selected = results, steps, selected
        self.lay_out()

    def renew(self, results: Sequence[Result]) -> None:
        self.tell(results, self._steps, self._selected)

    def enter(self) -> None:
        """The keys move in here, from the first of the next steps on, if there are any."""
        self.focus()
        if self.chosen is None:
            self.choose(self._first_step if self._steps else 0)

    def lay_out(self) -> None:
        """For the screen as it is now."""
        if not self._results:
            return
        width, height = self.app.size
        rows = []
        for segments in end_lines(self._results, width - 3, self._selected):
            parts = [Segment(drawable(segment.text), segment.style) for segment in segments]
            text = "".join(part.text for part in parts)
            rows.append(Row(-1, "", text, "text", coloured=partial(list, parts)))
        self._first_step = len(rows)
        for step in self._steps:
            line = drawable(clean(step))
            rows.append(Row(-1, "  ", cut(line, width - 5), "tool", whole=line))
        rows += _evidence(self._results, width - 3)
        self.styles.height = min(len(rows), max(4, height // 2))
        self.replace(0, rows)
