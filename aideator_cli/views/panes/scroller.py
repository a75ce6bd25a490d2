"""A scrolling window of rows. It draws only visible rows, and follows the end until someone scrolls up."""

from typing import Any, ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, MouseDown, MouseMove, MouseUp, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from aideator_cli.views.panes.cells import width_of
from aideator_cli.views.panes.dragging import Drag
from aideator_cli.views.panes.following import Following
from aideator_cli.views.panes.palette import styles
from aideator_cli.views.panes.rows import Row
from aideator_cli.views.panes.scrollbar import QuietScrollBar

KEPT: Final = 4  # times as many rows as are in sight, as they were drawn
FILLED: Final = ("added", "removed", "file")  # styles that go on to the row's end


class Scroller(Following, can_focus=True):
    DEFAULT_CSS = """
    Scroller {
        overflow-x: hidden; overflow-y: scroll; scrollbar-size: 1 1;
        scrollbar-background: $background; scrollbar-background-hover: $background; scrollbar-background-active: $background;
    }
    """
    BINDINGS: Final[list[BindingType]] = [  # type: ignore[misc]
        Binding("up,k", "line(-1)", show=False),
        Binding("down,j", "line(1)", show=False),
        Binding("pageup,ctrl+b", "page(-1)", show=False),
        Binding("pagedown,ctrl+f", "page(1)", show=False),
        Binding("home,g", "top", show=False),
        Binding("end,G", "follow", show=False),
    ]

    counts_unread: ClassVar[bool] = False

    class Opened(Message):
        """A row was clicked that was chosen already."""

    class Copied(Message):
        """A person has selected this text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, follows: bool = True, **options: Any) -> None:
        super().__init__(follows=follows, **options)
        self.query_text = ""  # what is searched for, in small letters
        self._drag = Drag(self)
        self._dragged = False  # the last click was the end of a selection
        self._palette: dict[str, Style] = {}
        self._strips: dict[tuple[Row, bool], Strip] = {}  # of rows that are or were in sight, marked or not
        self._circumstances = (0, Style(), "")  # under which they were made: width, style and what is searched for
        self._top = 0  # the first row in sight

    @property
    def vertical_scrollbar(self) -> ScrollBar:
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = QuietScrollBar(name="vertical", thickness=self.scrollbar_size_vertical)
            self._vertical_scrollbar.display = False
            self.app._start_widget(self, self._vertical_scrollbar)  # as the property does that this one overrides
        return self._vertical_scrollbar

    # What others change

    def replace(self, first: int, rows: list[Row], *, dropped: int = 0) -> None:
        """Replaces all rows from `first` on. `dropped` rows at the beginning are gone (`first` counts without them)."""
        before = len(self.rows) - dropped
        selected = self._selected_texts()
        del self.rows[:dropped]
        self.rows[first:] = rows
        self._drag.rows_changed(dropped, differ=False)
        if selected and selected[-len(self._selected_texts()) :] != self._selected_texts():
            self._drag.rows_changed(0, differ=True)
        if self.chosen is not None:
            self.chosen = min(max(0, self.chosen - dropped), max(0, len(self.rows) - 1))
        if not self.follows and self.counts_unread:
            self.unread = max(0, self.unread + len(self.rows) - before)
        self._fit(dropped)
        self.unread = min(self.unread, self._below())

    def search(self, text: str) -> None:
        self.query_text = text.casefold()
        self.refresh()

    def choose(self, index: int) -> None:
        """Puts a row in sight and marks it."""
        if not self.rows:
            return
        self.chosen = min(max(0, index), len(self.rows) - 1)
        self.follows = False
        top, height = self.scroll_offset.y, self.size.height
        if not top <= self.chosen < top + height:
            self._steer(self.chosen - (height // 3 if abs(self.chosen - top) > height else 0))
        self._bring_into_sight()
        self._tell()

    def align_with(self, other: Following) -> None:
        """The same rows are in sight as in the other one; nobody is told."""
        self.follows, self.chosen = other.follows, other.chosen
        self._steer(other.scroll_offset.y)
        self.refresh()

    # Keys and mouse

    def action_line(self, delta: int) -> None:
        if delta > 0 and self._shows_all():
            return
        at = self.chosen if self.chosen is not None else self._last_seen()
        if delta > 0 and at + delta >= len(self.rows):
            self.action_follow()
        else:
            self.choose(at + delta)

    def action_page(self, direction: int) -> None:
        step = max(1, self.size.height - 1) * direction
        if direction > 0 and self.scroll_offset.y + step >= self.max_scroll_y:
            self.action_follow()
            return
        if self._shows_all():
            return
        self.follows, self.chosen = False, None
        self._steer(self.scroll_offset.y + step)
        self._tell()

    def action_top(self) -> None:
        if not self._shows_all():
            self.choose(0)

    def on_mouse_down(self, event: MouseDown) -> None:
        self._dragged = False
        self._drag.begin(event)

    def on_mouse_move(self, event: MouseMove) -> None:
        self._drag.move(event)

    def on_mouse_up(self, _event: MouseUp) -> None:
        self._dragged = self._drag.active
        if text := self._drag.end():
            self.post_message(self.Copied(text))

    def on_click(self, event: Click) -> None:
        index = self.scroll_offset.y + event.get_content_offset_capture(self).y
        if index < len(self.rows) and not self._dragged:
            again = index == self.chosen or event.chain > 1
            self.choose(index)
            if again:
                self.post_message(self.Opened())

    def on_resize(self, _event: Resize) -> None:
        self._fit(0)

    def on_focus(self) -> None:
        """The mark is drawn only where the keys are."""
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()

    @property
    def current(self) -> Row | None:
        """The row that was chosen, else the last one in sight."""
        index = self.chosen if self.chosen is not None else self._last_seen()
        return self.rows[index] if 0 <= index < len(self.rows) else None

    # Drawing

    def repaint(self) -> None:
        """The colours have changed."""
        self._palette, self._strips = {}, {}
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Bypasses Textual's line cache if there is no frame to draw, because in a following pane all lines move all the time."""
        self._prepare()
        if any(self.styles.gutter):
            return super().render_lines(crop)
        strips = [self.render_line(y) for y in crop.line_range]
        background = self.background_colors[1]
        for line_filter in self.get_line_filters():
            strips = [strip.apply_filter(line_filter, background) for strip in strips]
        return [strip.crop(crop.x, crop.right) for strip in strips]

    def _prepare(self) -> None:
        """Once, not for every line."""
        self._top, circumstances = self.scroll_offset.y, (self.width, self.rich_style, self.query_text)
        if circumstances != self._circumstances:
            self._circumstances, self._strips = circumstances, {}
        elif len(self._strips) > KEPT * self.size.height:
            rows = set(self.rows[self._top : self._top + self.size.height])
            self._strips = {key: strip for key, strip in self._strips.items() if key[0] in rows}

    def render_line(self, y: int) -> Strip:
        width, base, _ = self._circumstances
        index = self._top + y
        if index >= len(self.rows):
            return Strip.blank(width, base)
        key = self.rows[index], index == self.chosen and self.has_focus
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._strip(key[0], base, width, marked=key[1])
        return self._with_selected(strip, index) if self._drag.selection else strip

    def _with_selected(self, strip: Strip, index: int) -> Strip:
        selection = self._drag.selection
        if selection is None or index not in selection.rows:
            return strip
        left, right = selection.cells(index, self.rows[index])
        look = self._palette["selected"]
        marked = [Segment(text, (style or Style()) + look) for text, style, _ in strip.crop(left, right)]
        return Strip.join([strip.crop(0, left), Strip(marked), strip.crop(right)])

    def _selected_texts(self) -> list[str]:
        selection = self._drag.selection
        return [row.text for row in self.rows[selection.rows.start : selection.rows.stop]] if selection else []

    def _strip(self, row: Row, base: Style, width: int, *, marked: bool) -> Strip:
        palette = self._palette = self._palette or styles(
            dark=self.app.current_theme.dark, colourless=self.app.no_color
        )
        style = base + palette[row.style]
        segments = [Segment(row.lead, base + palette["dim" if row.style != "failed" else "failed"])]
        segments += self._text(row, style, base)
        blanks = width - width_of(row.lead) - width_of(row.text) - width_of(row.right)
        if blanks > 0:
            segments.append(Segment(" " * blanks, style if row.style in FILLED else base))
        if row.right:
            segments.append(Segment(row.right, base + palette[row.right_style]))
        strip = Strip(segments, width) if blanks >= 0 else Strip(segments).adjust_cell_length(width, base)
        return Strip(Segment.apply_style(strip, post_style=palette["cursor"]), width) if marked else strip

    def _text(self, row: Row, style: Style, base: Style) -> list[Segment]:
        if self.query_text and self.query_text in row.text.casefold():
            return self._with_found(row.text, style)
        if row.coloured is not None:
            return [Segment(part.text, style + part.style if part.style else style) for part in row.coloured()]
        return [Segment(row.text, style if row.text else base)]

    def _with_found(self, text: str, style: Style) -> list[Segment]:
        """What is searched for stands out; nothing does where folding letters changes the text's length."""
        folded, wanted, at = text.casefold(), self.query_text, 0
        found = style + self._palette["found"]
        segments = []
        while len(folded) == len(text) and (hit := folded.find(wanted, at)) >= 0:
            segments += [Segment(text[at:hit], style), Segment(text[hit : hit + len(wanted)], found)]
            at = hit + len(wanted)
        return [*segments, Segment(text[at:], style)]

    # Scrolling

    def _fit(self, dropped: int) -> None:
        self.set_reactive(
            Scroller.virtual_size, Size(self.width, len(self.rows))
        )  # without a layout of the whole screen
        self.vertical_scrollbar.set_reactive(ScrollBar.window_virtual_size, len(self.rows))
        if self.scroll_offset.y > self.max_scroll_y:
            self._steer(self.max_scroll_y)
        if self.follows:
            self._steer(self.max_scroll_y)
        elif dropped:
            self._steer(max(0, self.scroll_offset.y - dropped))
        self.vertical_scrollbar.refresh()
        self.refresh()

    def _bring_into_sight(self) -> None:
        assert self.chosen is not None
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if self.chosen < top:
            self._steer(self.chosen)
        elif self.chosen >= top + height:
            self._steer(self.chosen - height + 1)

    def _shows_all(self) -> bool:
        """There is nowhere to go, and nothing is chosen."""
        return self.max_scroll_y == 0 and self.chosen is None

    def _below(self) -> int:
        """Rows that are out of sight there."""
        return max(0, len(self.rows) - self.scroll_offset.y - self.size.height)

    def _last_seen(self) -> int:
        return min(self.scroll_offset.y + max(1, self.size.height), len(self.rows)) - 1
