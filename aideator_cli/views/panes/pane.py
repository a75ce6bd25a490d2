"""One variation's pane: a frame with how it stands, and in it what its agent did, or what it has changed."""

import time
from itertools import islice
from typing import Any, Final, Self

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Click, Resize
from textual.geometry import Region
from textual.message import Message

from aideator_agent.spec import Limits
from aideator_cli.text.figures import changes, cost, plural
from aideator_cli.views.course.transcript import Transcript
from aideator_cli.views.panes.cells import cut, drawable, folded, width_of
from aideator_cli.views.panes.difference_view import Difference
from aideator_cli.views.panes.palette import agent_colour
from aideator_cli.views.panes.rows import Layout, Row, entry_rows
from aideator_cli.views.panes.scroller import Scroller
from aideator_cli.views.signs import sign

FRAME_SECONDS: Final = 0.4
LEAST_NAME: Final = 4  # cells of a model's name in a title


class Course(Scroller):
    """What an agent did, entry by entry; only what has changed is laid out again."""

    counts_unread = True

    def __init__(self, transcript: Transcript, **options: Any) -> None:
        super().__init__(**options)
        self.transcript = transcript
        self.wrap = False
        self.times = False
        self._blocks: list[list[Row]] = []  # of each entry
        self._gone = 0  # entries that were left out when these were made
        self._seen = -1
        self._steady = 0  # entries before this number have not changed since
        self._layout: Layout | None = None

    def sync(self) -> None:
        """Draws what is new."""
        transcript = self.transcript
        if not self.size.width:  # not in place yet
            return
        layout = Layout(self.width, self.wrap, self.times)
        if layout != self._layout:
            self._layout, self._blocks, self._gone, self._seen = layout, [], transcript.left_out, -1
            self._steady = 0
        elif transcript.version == self._seen:
            return
        dropped = self._drop(transcript.left_out - self._gone)
        first = min(max(0, self._steady - transcript.left_out), len(self._blocks))
        kept = self._blocks[first:]
        start = len(self.rows) - dropped - sum(map(len, kept)) if first else 0
        del self._blocks[first:]
        for index, entry in enumerate(islice(transcript.entries, first, None)):
            fresh = index >= len(kept) or entry.version > self._seen
            self._blocks.append(entry_rows(entry, layout) if fresh else kept[index])
        self._seen, self._gone, self._steady = transcript.version, transcript.left_out, transcript.steady
        rows = [row for block in self._blocks[first:] for row in block]
        self.replace(start, rows or (self._nothing(layout) if not start else []), dropped=dropped)

    def on_resize(self, event: Resize) -> None:
        super().on_resize(event)
        self.sync()

    def _drop(self, entries: int) -> int:
        """How many rows go with so many entries at the beginning."""
        rows = sum(map(len, self._blocks[:entries]))
        del self._blocks[:entries]
        return rows

    def _nothing(self, layout: Layout) -> list[Row]:
        """Nothing yet, and why."""
        transcript = self.transcript
        told = [(sign(transcript)[0], transcript.doing, "text"), ("", transcript.why, "dim")]
        return [
            Row(-1, layout.lead(lead if joint is None else "", ""), part, style, joint=joint)
            for lead, text, style in told
            if text
            for line in text.split("\n")
            for joint, part in folded(drawable(line), layout.room)
        ]

    def row_of(self, entry: int, text: str) -> int | None:
        """The row that shows an entry; of its rows the one that holds this text, if one does."""
        start = 0
        for block in self._blocks:
            if block and block[0].entry == entry:
                return start + next((at for at, row in enumerate(block) if text in row.text.casefold()), 0)
            start += len(block)
        return None


class Pane(Vertical):
    DEFAULT_CSS = """
    Pane { border: round $panel; border-title-align: left; border-subtitle-align: right; }
    Pane > Scroller { height: 1fr; }
    """

    _titling = False

    class Chosen(Message):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, transcript: Transcript, name: str, limits: Limits) -> None:
        """`name`: the model's, as short as it tells the panes apart."""
        super().__init__(id=f"pane-{transcript.number}")
        self.transcript = transcript
        self._model = drawable(name)
        self.number = transcript.number
        self.marked = False
        self._limits = limits
        self.course = Course(transcript)
        self.diff: Difference | None = None
        self._bordered: bool | None = None  # as the current one, or not
        self._frame = ("", "")  # as it was drawn last, how all stood then, and when it may be drawn again
        self._standing: tuple[object, ...] = ()
        self._next_frame = 0.0

    def compose(self) -> ComposeResult:
        yield self.course

    def on_click(self, _event: Click) -> None:
        self.post_message(self.Chosen(self.number))

    @property
    def body(self) -> Scroller:
        return self.diff or self.course

    def show_diff(self, diff: Difference | None) -> None:
        """In place of what the agent did; None: back to that."""
        if self.diff is not None:
            self.diff.remove()
        self.diff = diff
        self.course.display = diff is None
        if diff is not None:
            self.mount(diff)
        else:
            self.course.sync()

    def sync(self, *, current: bool) -> None:
        if self.diff is None:
            self.course.sync()
        else:
            self.diff.sync()
        self.draw_frame(current=current)

    def draw_frame(self, *, current: bool) -> None:
        """Figures and words that change all the time are drawn a few times a second: the frame's lines are as many as the pane's."""
        if current != self._bordered:
            self._bordered = current
            self.styles.border = ("heavy" if current else "round", agent_colour(self.number))
        standing = (current, self.transcript.state, self.transcript.stopping, self.marked, self.diff, self.body.follows)
        frame = (self._title(), self._subtitle())
        if frame == self._frame or (standing == self._standing and time.monotonic() < self._next_frame):
            return
        self._frame, self._standing, self._next_frame = frame, standing, time.monotonic() + FRAME_SECONDS
        self._titling = True
        self.border_title = Content.assemble((frame[0], "bold" if current else ""))
        self.border_subtitle = Content(frame[1])
        self._titling = False

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """New titles are two lines to draw, not all of them."""
        if self._titling:
            width, height = self.size  # within the frame
            regions = (Region(-1, -1, width + 2, 1), Region(-1, height, width + 2, 1))
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _title(self) -> str:
        transcript, room = self.transcript, max(4, self.size.width - 4)
        mark = "*" if self.marked else ""
        name = f"{self.number}{mark} {sign(transcript)[0]} "
        doing = drawable("stopping" if transcript.stopping else transcript.doing)
        if self.diff is not None:
            doing = self.diff.title
        left = room - width_of(name) - 3
        at_work = transcript.state == "working" or self.diff is not None  # what it is at may be long
        shown = cut(self._model, max(LEAST_NAME, left - min(width_of(doing), left // 2 if at_work else left)))
        return name + cut(f"{shown} · {doing}", left + 3)

    def _subtitle(self) -> str:
        transcript, body = self.transcript, self.body
        result = transcript.result
        limit = "" if self._limits.cost is None else f"/{cost(self._limits.cost)}"
        _, added, removed = transcript.changes
        parts = [
            "" if transcript.full is None else f"context {transcript.full:.0%}",
            f"step {transcript.step}/{self._limits.steps}" if transcript.step else "",
            cost(result.cost) + limit if result.cost != 0 else "",
            changes(added, removed) if added or removed else "",
            f"↓ {plural(body.unread, 'line')}" if not body.follows and body.unread else "",
        ]
        if transcript.left_out and not body.follows and body.scroll_offset.y == 0:
            parts = [f"{plural(transcript.left_out, 'earlier entry').replace('entrys', 'entries')}: aideator logs"]
        kept = [part for part in parts if part]
        while kept and sum(map(width_of, kept)) + 3 * (len(kept) - 1) > self.size.width - 4:
            kept.pop(0)
        return " · ".join(kept)
