"""The table of what all have come to, and what to do next."""

from collections.abc import Sequence

from aideator_cli.clean import clean
from aideator_cli.result import Result
from aideator_cli.views.panes.rows import Row
from aideator_cli.views.panes.scroller import Scroller
from aideator_cli.views.table import end_lines


class Outcome(Scroller, can_focus=False):
    DEFAULT_CSS = "Outcome { height: auto; max-height: 50%; background: $surface; padding: 0 1; overflow-y: auto; }"

    def __init__(self) -> None:
        super().__init__(follows=False)
        self._drawn: tuple[object, ...] = ()

    def sync(self, results: Sequence[Result], steps: Sequence[str], selected: int | None) -> None:
        drawn = (tuple(results), tuple(steps), selected, self.app.size.width)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        rows = []
        for segments in end_lines(results, self.app.size.width - 3, selected):
            text = "".join(segment.text for segment in segments)
            rows.append(Row(-1, "", text, "text", coloured=lambda parts=segments: parts))  # type: ignore[misc]
        rows += [Row(-1, "  ", clean(step), "tool") for step in steps]
        self.replace(0, rows)
        self.styles.height = min(len(rows), max(4, self.app.size.height // 2))
