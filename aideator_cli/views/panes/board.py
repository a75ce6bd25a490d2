"""The screen of the panes: what stands around them, and what the keys do."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize
from textual.screen import Screen

from aideator_cli.choice.status import status
from aideator_cli.domain.result import Result
from aideator_cli.text.clean import one_line
from aideator_cli.views.course.entries import Entry
from aideator_cli.views.course.transcript import Transcript
from aideator_cli.views.course.transcripts import Transcripts
from aideator_cli.views.panes import clipboard
from aideator_cli.views.panes.bars import Footer, Header, Tabs
from aideator_cli.views.panes.compositing import put_painter
from aideator_cli.views.panes.dialogs import Compare, Help, Line, Whole
from aideator_cli.views.panes.difference_view import Difference
from aideator_cli.views.panes.grid import Panes
from aideator_cli.views.panes.keys import bindings
from aideator_cli.views.panes.outcome import Outcome
from aideator_cli.views.panes.pane import Pane
from aideator_cli.views.panes.scroller import Scroller
from aideator_cli.views.panes.search import Search, following


class Board(Screen[None]):
    AUTO_FOCUS = ""  # the panes take it when they are in place
    BINDINGS: ClassVar[list[BindingType]] = list(bindings())

    def __init__(
        self,
        transcripts: Transcripts,
        fetch: Callable[[Difference], None],
        help_lines: Callable[[], Sequence[tuple[str, str]]],
    ) -> None:
        """`fetch` brings a difference its patch of record, in its own time; `help_lines`: keys, and what they do."""
        super().__init__()
        put_painter(self)
        self.transcripts = transcripts
        self.grid = Panes(transcripts)
        self.header, self.tabs, self.outcome, self.footer = Header(), Tabs(), Outcome(), Footer()
        self._fetch = fetch
        self._help = help_lines
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
    def current(self) -> int:
        return self.grid.current_number

    @property
    def pane(self) -> Pane:
        return self.grid.current

    @property
    def stands(self) -> bool:
        """Whether there is a pane yet: the first ones come when the size is known."""
        return bool(self.grid.by_number)

    @property
    def follows(self) -> bool:
        """Whether the current pane keeps its end in sight."""
        if self.current not in self.grid.by_number:
            return True
        return self.pane.diff is not None or self.pane.course.follows

    def place(self) -> None:
        """What is beside the panes takes its room first."""
        below = self.outcome.styles.height if self.outcome.display else None
        self.grid.place(self.size.width, self.size.height - 2 - int(below.value if below else 0))
        self.tabs.display = len(self.grid.in_sight) < len(self.grid.order)

    def choose(self, number: int) -> None:
        if number not in self.transcripts.each:
            return
        if self.outcome.has_focus:
            self.set_focus(None)
        if self.grid.choose(number):
            self.place()

    # Drawing

    def sync(self, seconds: float, keys: Sequence[tuple[str, str]], last: tuple[str, str]) -> None:
        """Draws what has changed."""
        if not self.stands:
            return
        if len(self.grid.order) < len(self.transcripts.each):
            self.grid.join()
            self.place()
        elif self.grid.bring_active():
            self.place()
        self.header.sync(self.transcripts, seconds)
        self.grid.draw()
        for number in self.grid.in_sight:
            diff = self.grid.by_number[number].diff
            if diff is not None and not diff.asked:
                self._fetch(diff)
        if self.tabs.display:
            self.tabs.sync([self.transcripts[n] for n in self.grid.order], self.current, self.grid.in_sight)
        self.footer.sync(keys, last)

    def show_outcome(self, results: Sequence[Result], steps: Sequence[str], selected: int | None) -> None:
        self.outcome.tell(results, steps, selected)
        self.outcome.display = True
        self.place()

    def repaint(self) -> None:
        self.grid.repaint()
        self.outcome.repaint()

    # Keys

    def on_key(self) -> None:
        self.footer.tell("")

    def action_pane(self, number: int) -> None:
        self.choose(number)

    def action_turn(self, direction: int) -> None:
        self.choose(self.grid.neighbour(direction))

    def action_full(self) -> None:
        self.grid.full = not self.grid.full
        self.place()

    def action_wrap(self) -> None:
        self.grid.toggle_wrap()

    def action_times(self) -> None:
        self.grid.toggle_times()

    def action_outcome(self) -> None:
        """Into the table; from there, away with it."""
        if self.outcome.has_focus:
            self.outcome.display = False
            self.action_back()
            self.place()
            return
        if not self.outcome.display:
            self.outcome.renew(self.transcripts.named_results)
            self.outcome.display = True
            self.place()
        self.outcome.enter()

    def action_back(self) -> None:
        """To the pane, from the table."""
        self.set_focus(None)
        self.grid.settle()

    def action_help(self) -> None:
        self.app.push_screen(Help(self._help()))

    def action_open(self) -> None:
        entry = self._entry()
        if entry is not None and self.pane.diff is None:
            self.app.push_screen(Whole(entry, f"{self.transcripts.spec.id}/{self.pane.number}"))

    def _entry(self) -> Entry | None:
        """The marked one, else the last one in sight."""
        row = self.pane.course.current
        return next((entry for entry in self.pane.transcript.entries if row and entry.number == row.entry), None)

    def action_copy(self) -> None:
        """The line of the table, while the keys are there; the patch, while changes are shown; else the entry."""
        pane, entry, line = self.pane, self._entry(), self.outcome.current
        if self.outcome.has_focus and line is not None:
            self._copy(clipboard.bounded(line.whole or line.text))
            return
        name = f"{self.transcripts.spec.id}/{pane.number}"
        if pane.diff is not None:
            self._copy(clipboard.patch(pane.diff, name))
        elif entry is None:
            self.footer.tell("there is no entry to copy yet")
        else:
            self._copy(clipboard.bounded(clipboard.of_entry(entry)))

    def action_copy_command(self) -> None:
        entry = self._entry()
        command = clipboard.command_of(entry) if entry is not None else ""
        if command:
            self._copy(clipboard.bounded(command))
        else:
            self.footer.tell("not copied: the marked entry is no command")

    def _copy(self, copy: clipboard.Copy) -> None:
        if copy.text:
            self.app.copy_to_clipboard(copy.text)
        self.footer.tell(copy.told)

    def action_mark(self) -> None:
        self.pane.marked = not self.pane.marked
        self.grid.settle()

    def action_diff(self) -> None:
        if len(self.grid.marked) == 2 and self.pane.marked:
            self.action_compare()
            return
        pane = self.pane
        if pane.diff is not None:
            pane.show_diff(None)
        else:
            difference = Difference(pane.transcript)
            pane.show_diff(difference)
        self.call_after_refresh(self.grid.settle)

    def action_compare(self) -> None:
        marked = self.grid.marked
        if len(marked) != 2:
            self.footer.tell("mark two panes with Space first")
            return
        sides = [Difference(transcript) for transcript in marked]
        titles = (self._title(marked[0]), self._title(marked[1]))
        screen = Compare(titles, lambda: (sides[0].files(), sides[1].files()))
        self.app.push_screen(screen)
        for side in sides:
            self._fetch(side)

    def _title(self, transcript: Transcript) -> str:
        return f"{transcript.number} {self.grid.names[transcript.number]}  {one_line(status(transcript.result))}"

    # Search

    def action_search(self) -> None:
        self.app.push_screen(Line("search", self._search.text if self._search else ""), self._begin_search)

    def _begin_search(self, text: str | None) -> None:
        if text is None:
            return
        self._search, self._hit = Search(text.casefold()) if text else None, None
        for pane in self.grid:
            pane.course.search(text)
        if text:
            self.action_hit(-1)

    def action_hit(self, direction: int) -> None:
        if self._search is None:
            return
        hits = self._search.hits(self.transcripts[number] for number in self.grid.order)
        if not hits:
            self.footer.tell(f"{self._search.text}: not found")
            return
        at = following(hits, (self.grid.order.index(self.current), self._searched_from()), direction)
        place, entry = hits[at]
        self._hit = self.grid.order[place], entry
        self.choose(self.grid.order[place])
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

    def on_following_moved(self, _event: Scroller.Moved) -> None:
        self.grid.draw_frames()
