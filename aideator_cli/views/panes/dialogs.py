"""What is asked and shown in front of the panes."""

from collections.abc import Callable, Sequence
from typing import Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input, Static

from aideator_cli.views.changes import FileChange
from aideator_cli.views.course.entries import Entry
from aideator_cli.views.panes.cells import drawable, wrapped
from aideator_cli.views.panes.clipboard import of_entry
from aideator_cli.views.panes.difference import Colours, beside
from aideator_cli.views.panes.front import Front
from aideator_cli.views.panes.rows import Layout, Row, whole_rows
from aideator_cli.views.panes.scroller import Scroller


class Question(Front[bool]):
    """Yes or no; no unless y is pressed."""

    DEFAULT_CSS = """
    Question { align: center middle; }
    Question > Vertical { width: auto; max-width: 90%; height: auto; border: heavy $warning; background: $surface; padding: 0 2; }
    Question Static { width: auto; height: auto; max-width: 100%; }
    """
    BINDINGS = [Binding("y", "answer(True)"), Binding("n,escape,q,enter", "answer(False)")]  # noqa: RUF012

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Content(self._text))
            yield Static(Content.assemble(("y", "bold"), " yes   ", ("n", "bold"), " no"))

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)


class Line(Front[str | None]):
    """One line of text at the foot of the screen, below what warns of it; None: it was left."""

    DEFAULT_CSS = """
    Line { align: left bottom; background: transparent; }
    Line > .warning { height: auto; width: 100%; padding: 0 1; background: $panel; color: $warning; }
    Line > Horizontal { height: 1; width: 100%; background: $panel; }
    Line > Horizontal > Static { width: auto; height: 1; }
    Line Input { border: none; height: 1; padding: 0; width: 1fr; background: $panel; }
    """
    BINDINGS = [Binding("escape", "dismiss(None)")]  # noqa: RUF012

    def __init__(self, label: str, text: str = "", *, warning: str = "") -> None:
        super().__init__()
        self._warning = warning
        self._label = label
        self._line = Input(text, compact=True)

    def compose(self) -> ComposeResult:
        if self._warning:
            yield Static(Content(self._warning), classes="warning")
        with Horizontal():
            yield Static(Content(f" {self._label} "))
            yield self._line

    def take(self, character: str) -> None:
        """What was typed before the line had the focus."""
        self._line.insert_text_at_cursor(character)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


KEY_CELLS: Final = 14


class Help(Front[None]):
    DEFAULT_CSS = """
    Help { align: center middle; }
    Help > Scroller { width: 76; max-width: 96%; height: auto; max-height: 100%; border: heavy $primary; background: $surface; }
    """
    BINDINGS = [Binding("escape,q,question_mark,enter", "dismiss", show=False)]  # noqa: RUF012

    def __init__(self, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._keys = keys
        self._body = Scroller(follows=False)

    def compose(self) -> ComposeResult:
        yield self._body

    def on_mount(self) -> None:
        self._body.border_title = Content("keys")
        self._lay_out(KEY_CELLS + len(max((words for _, words in self._keys), key=len)))
        self._body.focus()

    def on_resize(self, _event: Resize) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        self._lay_out(self._body.width)
        self._body.refresh(layout=True)  # folded lines need more rows
        scrolls = len(self._body.rows) > self.size.height - 2
        self._body.border_subtitle = Content("j k scroll · Esc back" if scrolls else "Esc back")

    def _lay_out(self, width: int) -> None:
        rows = [
            Row(-1, f"{'' if number else key:<{KEY_CELLS}}", part, "text")
            for key, words in self._keys
            for number, part in enumerate(wrapped(words, width - KEY_CELLS))
        ]
        self._body.replace(0, rows)


class Whole(Front[None]):
    """All that is kept of one entry; follows it while it grows."""

    DEFAULT_CSS = "Whole > Scroller { height: 100%; border: heavy $primary; background: $background; }"
    BINDINGS = [  # noqa: RUF012
        Binding("escape,q,enter", "dismiss", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, entry: Entry, title: str) -> None:
        super().__init__()
        self._entry = entry
        self._title = title
        self._body = Scroller(follows=False)
        self._drawn: tuple[int, int] = (-1, -1)

    def compose(self) -> ComposeResult:
        yield self._body

    def on_mount(self) -> None:
        self._body.border_title = Content(self._title)
        self._body.border_subtitle = Content("y copy · Esc back")
        self._body.focus()
        self.set_interval(0.1, self._sync)

    def on_resize(self, _event: Resize) -> None:
        self.call_after_refresh(self._sync)

    def action_copy(self) -> None:
        self.post_message(Scroller.Copied(of_entry(self._entry)))

    def _sync(self) -> None:
        now = (self._entry.version, self._body.width)
        if now != self._drawn:
            self._drawn = now
            self._body.replace(0, whole_rows(self._entry, Layout(self._body.width)))


Changed = Callable[[], tuple[Sequence[FileChange], Sequence[FileChange]]]


class Compare(Front[None]):
    """Two agents' changes side by side; both scroll as one."""

    DEFAULT_CSS = """
    Compare > Horizontal { height: 100%; background: $background; }
    Compare Scroller { width: 1fr; height: 100%; border: round $primary; }
    """
    BINDINGS = [Binding("escape,q,d,equals_sign", "dismiss", show=False)]  # noqa: RUF012

    def __init__(self, titles: tuple[str, str], changes: Changed) -> None:
        super().__init__()
        self._titles = titles
        self._changes = changes
        self._drawn: tuple[object, ...] = ()
        self._sides = (Scroller(follows=False), Scroller(follows=False))

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield from self._sides

    def on_mount(self) -> None:
        for side, title in zip(self._sides, self._titles, strict=True):
            side.border_title = Content(drawable(title))
        self._sides[1].border_subtitle = Content("Esc back")
        self._sides[0].focus()
        self.set_interval(0.5, self._lay_out)

    def on_resize(self, _event: Resize) -> None:
        self.call_after_refresh(self._lay_out)

    def on_following_moved(self, event: Scroller.Moved) -> None:
        other = self._sides[event.scroller is self._sides[0]]
        other.align_with(event.scroller)

    def _lay_out(self) -> None:
        """Anew when one of the two has changed."""
        widths = (self._sides[0].width, self._sides[1].width)
        changes = self._changes()
        if (changes, widths) == self._drawn:
            return
        self._drawn = (changes, widths)
        both = beside(*changes, widths, Colours(dark=self.app.current_theme.dark))
        for side, rows in zip(self._sides, both, strict=True):
            side.replace(0, rows or [Row(-1, "", "neither has changed anything yet", "dim")])
