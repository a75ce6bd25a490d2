"""Which panes are in sight, and where each stands: page by page, or one alone."""

from collections.abc import Iterator, Sequence

from textual.containers import Grid

from aideator_agent.spec import RunSpec
from aideator_cli.text.clean import one_line
from aideator_cli.views.course.transcript import Transcript
from aideator_cli.views.course.transcripts import Transcripts
from aideator_cli.views.panes.arrange import arrange
from aideator_cli.views.panes.outcome import Outcome
from aideator_cli.views.panes.pane import Pane
from aideator_cli.views.text.names import model_name, short_names

ACTIVITY = {"working": 0, "waiting": 1, "ended": 2}


def names_of(spec: RunSpec) -> dict[int, str]:
    """Returns the titles of the panes. An agent of a team is called by its step first."""
    if spec.team is None:
        return short_names(spec.variations)
    return {
        each.number: one_line(f"{each.prompt_name or ''}  {each.role}  {model_name(each.model)}")
        for each in spec.variations
    }


class Panes(Grid):
    DEFAULT_CSS = "Panes { height: 1fr; grid-size: 1 1; }"

    def __init__(self, transcripts: Transcripts) -> None:
        super().__init__()
        self.transcripts = transcripts
        self.order = [transcript.number for transcript in transcripts]
        self.current_number = self.order[0]
        self.by_number: dict[int, Pane] = {}  # those that were seen
        self.names = names_of(transcripts.spec)
        self.full = False  # the current one alone
        self._first = 0  # the page's, in the order
        self._held = False  # a person looks at one that has ended
        self._most: int | None = None  # panes on a page, of a team's step; None: as many as have room
        self._shown = 1
        self._wrap = self._times = False

    def __iter__(self) -> Iterator[Pane]:
        return iter(self.by_number.values())

    @property
    def current(self) -> Pane:
        return self.by_number[self.current_number]

    @property
    def in_sight(self) -> Sequence[int]:
        return [self.current_number] if self.full else self.order[self._first : self._first + self._shown]

    @property
    def marked(self) -> list[Transcript]:
        return [pane.transcript for number, pane in sorted(self.by_number.items()) if pane.marked]

    def place(self, width: int, height: int) -> None:
        """Puts the page's panes in place, in so many cells; makes those that are seen for the first time."""
        wanted = min(self._most or len(self.order), len(self.order))
        grid = arrange(width, height, wanted)
        if grid.shown < len(self.order):
            grid = arrange(width, height - 1, wanted)
        self._shown = grid.shown
        at = self.order.index(self.current_number)
        self._first = at // grid.shown * grid.shown
        visible = self.in_sight
        columns = min(grid.columns, len(visible))
        self.styles.grid_size_columns = columns
        self.styles.grid_size_rows = -(-len(visible) // columns)
        self._show(visible, columns)

    def _show(self, visible: Sequence[int], columns: int) -> None:
        for number in visible:
            if number not in self.by_number:
                limits = self.transcripts.spec.limits
                pane = self.by_number[number] = Pane(self.transcripts[number], self.names[number], limits)
                pane.course.wrap, pane.course.times = self._wrap, self._times
                self.mount(pane)
        empty = -len(visible) % columns
        for number, pane in self.by_number.items():
            pane.display = number in visible
            pane.styles.column_span = 1 + (empty if number == visible[-1] else 0)
        places = {number: place for place, number in enumerate(self.order)}
        self.sort_children(key=lambda widget: places[widget.number] if isinstance(widget, Pane) else 0)
        self.call_after_refresh(self.settle)

    def settle(self) -> None:
        if self.screen.is_current and not isinstance(self.screen.focused, Outcome):
            self.current.body.focus()
        self.draw()

    def draw(self) -> None:
        for number in self.in_sight:
            self.by_number[number].sync(current=number == self.current_number)

    def draw_frames(self) -> None:
        for number in self.in_sight:
            self.by_number[number].draw_frame(current=number == self.current_number)

    def choose(self, number: int) -> bool:
        """Makes a pane the current one. Returns whether the panes must be placed again."""
        before, self.current_number = self.in_sight, number
        self._held = self.transcripts[number].state == "ended"
        if number in before and not self.full:
            self.settle()
            return False
        return True

    def neighbour(self, direction: int) -> int:
        """The pane before or behind the current one; past the last one the active ones come first again."""
        at = self.order.index(self.current_number) + direction
        if not 0 <= at < len(self.order):
            self._reorder()
        return self.order[at % len(self.order)]

    def _reorder(self) -> None:
        """The active ones first."""
        self.order = sorted(
            self.transcripts.each, key=lambda number: (ACTIVITY[self.transcripts[number].state], number)
        )

    def join(self) -> None:
        """More variations have come: those at work come to the front, and fill the page."""
        self.names = names_of(self.transcripts.spec)
        self._reorder()
        self._most = sum(transcript.state != "ended" for transcript in self.transcripts) or None
        self.current_number, self.full, self._held = self.order[0], False, False

    def bring_active(self) -> bool:
        """Shows active panes if no visible agent works and nobody is reading. Returns whether the panes must be placed again."""
        states = [self.transcripts[number].state for number in self.in_sight]
        hidden = any(self.transcripts[n].state == "working" for n in self.order if n not in self.in_sight)
        reads = self.full or any(not self.by_number[number].body.follows for number in self.in_sight)
        if not hidden or reads or self._held or "working" in states:
            return False
        self._reorder()
        self.current_number = self.order[0]
        return True

    def toggle_wrap(self) -> None:
        self._wrap = not self._wrap
        for pane in self:
            pane.course.wrap = self._wrap
        self.settle()

    def toggle_times(self) -> None:
        self._times = not self._times
        for pane in self:
            pane.course.times = self._times
        self.settle()

    def repaint(self) -> None:
        for pane in self:
            pane.course.repaint()
            if pane.diff:
                pane.diff.repaint()
