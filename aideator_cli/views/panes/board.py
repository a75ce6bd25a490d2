"""The panes, how they stand, and the keys that move among them."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Grid
from textual.events import Resize
from textual.screen import Screen

from aideator_cli.result import Result
from aideator_cli.views.panes.arrange import arrange
from aideator_cli.views.panes.bars import Footer, Header, Tabs
from aideator_cli.views.panes.dialogs import Compare, Help, Line, Whole
from aideator_cli.views.panes.difference_view import Difference
from aideator_cli.views.panes.keys import bindings
from aideator_cli.views.panes.outcome import Outcome
from aideator_cli.views.panes.painter import Painter
from aideator_cli.views.panes.pane import Pane
from aideator_cli.views.panes.scroller import Scroller
from aideator_cli.views.panes.search import Search, following
from aideator_cli.views.table import short_names
from aideator_cli.views.transcript import Transcript
from aideator_cli.views.transcripts import Transcripts

ACTIVITY = {"working": 0, "waiting": 1, "ended": 2}


class Board(Screen[None]):
    DEFAULT_CSS = """
    Board > Grid { height: 1fr; grid-size: 1 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = list(bindings())

    def __init__(
        self,
        transcripts: Transcripts,
        fetch: Callable[[Difference], None],
        help_lines: Callable[[], Sequence[tuple[str, str]]],
    ) -> None:
        """`fetch` brings a difference its patch of record, in its own time; `help_lines`: keys, and what they do."""
        super().__init__()
        self._compositor = Painter()
        self.transcripts = transcripts
        self.order = [transcript.number for transcript in transcripts]
        self.current = self.order[0]
        self.panes: dict[int, Pane] = {}
        self.header, self.tabs, self.grid, self.outcome, self.footer = Header(), Tabs(), Grid(), Outcome(), Footer()
        self._fetch = fetch
        self._help = help_lines
        self._names = short_names({transcript.number: transcript.model for transcript in transcripts})
        self._first = 0  # the page's, in the order
        self._shown = 1
        self._full = False
        self._wrap = self._times = False
        self._search: Search | None = None
        self._hit: tuple[int, int] | None = None  # the last one: the variation, the entry

    def compose(self) -> ComposeResult:
        yield from (self.header, self.tabs, self.grid, self.outcome, self.footer)

    def on_mount(self) -> None:
        self.outcome.display = False

    def on_resize(self, _event: Resize) -> None:
        self.outcome.lay_out()
        self.place()

    # Which panes are seen

    @property
    def in_sight(self) -> Sequence[int]:
        return [self.current] if self._full else self.order[self._first : self._first + self._shown]

    @property
    def pane(self) -> Pane:
        return self.panes[self.current]

    @property
    def follows(self) -> bool:
        """Whether the current pane keeps its end in sight."""
        return self.current not in self.panes or self.pane.diff is not None or self.pane.course.follows

    def place(self) -> None:
        """Puts the page's panes in place; makes those that are seen for the first time."""
        below = self.outcome.styles.height if self.outcome.display else None
        height = self.size.height - 2 - int(below.value if below else 0)
        grid = arrange(self.size.width, height, len(self.order))
        if grid.shown < len(self.order):
            grid = arrange(self.size.width, height - 1, len(self.order))
        self._shown = grid.shown
        at = self.order.index(self.current)
        self._first = at // grid.shown * grid.shown
        visible = self.in_sight
        columns = min(grid.columns, len(visible))
        self.grid.styles.grid_size_columns = columns
        self.grid.styles.grid_size_rows = -(-len(visible) // columns)
        self.tabs.display = len(visible) < len(self.order)
        self._show(visible, columns)

    def _show(self, visible: Sequence[int], columns: int) -> None:
        for number in visible:
            if number not in self.panes:
                pane = self.panes[number] = Pane(
                    self.transcripts[number], self._names[number], self.transcripts.spec.limits
                )
                pane.course.wrap, pane.course.times = self._wrap, self._times
                self.grid.mount(pane)
        empty = -len(visible) % columns
        for number, pane in self.panes.items():
            pane.display = number in visible
            pane.styles.column_span = 1 + (empty if number == visible[-1] else 0)
        places = {number: place for place, number in enumerate(self.order)}
        self.grid.sort_children(key=lambda widget: places[widget.number] if isinstance(widget, Pane) else 0)
        self.call_after_refresh(self._settle)

    def _settle(self) -> None:
        if self.is_current:
            self.pane.body.focus()
        for number in self.in_sight:
            self.panes[number].sync(current=number == self.current)

    def choose(self, number: int) -> None:
        if number not in self.transcripts.each:
            return
        before, self.current = self.in_sight, number
        if number in before and not self._full:
            self._settle()
        else:
            self.place()

    def _reorder(self) -> None:
        """The active ones first."""
        self.order = sorted(
            self.transcripts.each, key=lambda number: (ACTIVITY[self.transcripts[number].state], number)
        )

    def _bring_active(self) -> None:
        """When nobody in sight works any more, and nobody reads there, those who do come into sight."""
        states = [self.transcripts[number].state for number in self.in_sight]
        hidden = any(self.transcripts[n].state == "working" for n in self.order if n not in self.in_sight)
        reads = self._full or any(not self.panes[number].body.follows for number in self.in_sight)
        if hidden and not reads and "working" not in states:
            self._reorder()
            self.current = self.order[0]
            self.place()

    # Drawing

    def sync(self, seconds: float, keys: Sequence[tuple[str, str]], last: tuple[str, str]) -> None:
        """Draws what has changed."""
        if not self.panes:
            return
        self._bring_active()
        self.header.sync(self.transcripts, seconds)
        for number in self.in_sight:
            pane = self.panes[number]
            pane.sync(current=number == self.current)
            if pane.diff is not None and not pane.diff.asked:
                self._fetch(pane.diff)
        if self.tabs.display:
            self.tabs.sync([self.transcripts[number] for number in self.order], self.current, self.in_sight)
        self.footer.sync(keys, last)

    def show_outcome(self, results: Sequence[Result], steps: Sequence[str], selected: int | None) -> None:
        self.outcome.tell(results, steps, selected)
        self.outcome.display = True
        self.place()

    def repaint(self) -> None:
        for pane in self.panes.values():
            pane.course.repaint()
            if pane.diff:
                pane.diff.repaint()
        self.outcome.repaint()

    # Keys

    def on_key(self) -> None:
        self.footer.tell("")

    def action_pane(self, number: int) -> None:
        self.choose(number)

    def action_turn(self, direction: int) -> None:
        at = self.order.index(self.current) + direction
        if not 0 <= at < len(self.order):
            self._reorder()
        self.choose(self.order[at % len(self.order)])

    def action_full(self) -> None:
        self._full = not self._full
        self.place()

    def action_wrap(self) -> None:
        self._wrap = not self._wrap
        for pane in self.panes.values():
            pane.course.wrap = self._wrap
        self._settle()

    def action_times(self) -> None:
        self._times = not self._times
        for pane in self.panes.values():
            pane.course.times = self._times
        self._settle()

    def action_outcome(self) -> None:
        if self.outcome.display:
            self.outcome.display = False
            self.place()
        else:
            self.outcome.renew(self.transcripts.results)
            self.outcome.display = True
            self.place()

    def action_help(self) -> None:
        self.app.push_screen(Help(self._help()))

    def action_open(self) -> None:
        row = self.pane.course.current
        transcript = self.pane.transcript
        entry = next((entry for entry in transcript.entries if row and entry.number == row.entry), None)
        if entry is not None and self.pane.diff is None:
            self.app.push_screen(Whole(entry, f"{self.transcripts.spec.id}/{transcript.number}"))

    def action_mark(self) -> None:
        self.pane.marked = not self.pane.marked
        self._settle()

    def action_diff(self) -> None:
        if len(self._marked()) == 2 and self.pane.marked:
            self.action_compare()
            return
        pane = self.pane
        if pane.diff is not None:
            pane.show_diff(None)
        else:
            difference = Difference(pane.transcript)
            pane.show_diff(difference)
        self.call_after_refresh(self._settle)

    def action_compare(self) -> None:
        marked = self._marked()
        if len(marked) != 2:
            self.footer.tell("Space marks a pane; mark two of them")
            return
        sides = [Difference(transcript) for transcript in marked]
        titles = (self._title(marked[0]), self._title(marked[1]))
        screen = Compare(titles, lambda: (sides[0].files(), sides[1].files()))
        self.app.push_screen(screen)
        for side in sides:
            self._fetch(side)

    def _title(self, transcript: Transcript) -> str:
        return f"{transcript.number} {self._names[transcript.number]}"

    def _marked(self) -> list[Transcript]:
        return [pane.transcript for number, pane in sorted(self.panes.items()) if pane.marked]

    # Search

    def action_search(self) -> None:
        self.app.push_screen(Line("search", self._search.text if self._search else ""), self._begin_search)

    def _begin_search(self, text: str | None) -> None:
        if text is None:
            return
        self._search, self._hit = Search(text.casefold()) if text else None, None
        for pane in self.panes.values():
            pane.course.search(text)
        if text:
            self.action_hit(-1)

    def action_hit(self, direction: int) -> None:
        if self._search is None:
            return
        hits = self._search.hits(self.transcripts[number] for number in self.order)
        if not hits:
            self.footer.tell(f"{self._search.text}: not found")
            return
        at = following(hits, (self.order.index(self.current), self._searched_from()), direction)
        place, entry = hits[at]
        self._hit = self.order[place], entry
        self.choose(self.order[place])
        self.call_after_refresh(self._reach, entry, f"{at + 1} of {len(hits)}: {self._search.text}")

    def _searched_from(self) -> int:
        """The last hit's entry, while its pane is the current one; else the entry that is looked at."""
        if self._hit and self._hit[0] == self.current:
            return self._hit[1]
        row = self.pane.course.current
        return row.entry if row else 0

    def _reach(self, entry: int, told: str) -> None:
        pane = self.pane
        if pane.diff is not None:
            pane.show_diff(None)
        assert self._search is not None
        pane.course.search(self._search.text)
        pane.course.sync()
        row = pane.course.row_of(entry, self._search.text)
        if row is not None:
            pane.course.choose(row)
        self.footer.tell(told)

    # Mouse

    def on_pane_chosen(self, event: Pane.Chosen) -> None:
        self.choose(event.number)

    def on_tabs_chosen(self, event: Tabs.Chosen) -> None:
        self.choose(event.number)

    def on_scroller_opened(self, _event: Scroller.Opened) -> None:
        self.action_open()

    def on_scroller_moved(self, _event: Scroller.Moved) -> None:
        for number in self.in_sight:
            self.panes[number].draw_frame(current=number == self.current)
