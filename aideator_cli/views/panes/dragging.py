"""Selecting with the mouse: from the pressed button to its release. Beyond an edge the rows scroll."""

from typing import Final

from textual.events import MouseDown, MouseMove
from textual.geometry import Offset
from textual.timer import Timer

from aideator_cli.views.panes.following import Following
from aideator_cli.views.panes.selection import Selection, Spot

SCROLL_SECONDS: Final = 0.05  # between two steps beyond an edge
FASTEST: Final = 8  # rows of one step


class Drag:
    """One after the other of a scroller. `selection` stays until the next one begins, or its rows change."""

    def __init__(self, scroller: Following) -> None:
        self.selection: Selection | None = None
        self.active = False  # the button is pressed, and the pointer was moved
        self._scroller = scroller
        self._anchor: Spot | None = None
        self._pointer = Offset(0, 0)
        self._followed = False
        self._timer: Timer | None = None

    def begin(self, event: MouseDown) -> None:
        self.drop()
        if event.button == 1 and self._scroller.rows:
            self._anchor = self._spot(event.get_content_offset_capture(self._scroller))
            self._scroller.capture_mouse()

    def move(self, event: MouseMove) -> None:
        if self._anchor is None:
            return
        self._pointer = event.get_content_offset_capture(self._scroller)
        if not self.active:
            if self._spot(self._pointer) == self._anchor:
                return
            self.active, self._followed = True, self._scroller.follows
            self._scroller.hold()
            self._timer = self._scroller.set_interval(SCROLL_SECONDS, self._scroll)
        self._reach()

    def end(self) -> str:
        """What was selected; empty: nothing. The end is followed again if it was before."""
        if self._anchor is not None:
            self._scroller.release_mouse()
        self._anchor, ended, self.active = None, self.active, False
        if not ended:
            return ""
        if self._timer is not None:
            self._timer.stop()
        text = self.selection.text(self._scroller.rows) if self.selection else ""
        if self._followed:
            self._scroller.action_follow()
        return text

    def drop(self) -> None:
        if self.selection is not None:
            self.selection = None
            self._scroller.refresh()

    def rows_changed(self, dropped: int, *, differ: bool) -> None:
        """`differ`: those that are selected are not the same any more."""
        count = len(self._scroller.rows)
        if self._anchor is not None and dropped:
            self._anchor = Spot(max(0, self._anchor.row - dropped), self._anchor.cell)
        if self.selection is not None:
            self.selection = (
                None if count == 0 or (differ and not self.active) else self.selection.moved(dropped, count)
            )

    def _reach(self) -> None:
        assert self._anchor is not None
        self.selection = Selection(self._anchor, self._spot(self._pointer))
        self._scroller.refresh()

    def _spot(self, pointer: Offset) -> Spot:
        """The place in the rows that is nearest to the pointer."""
        height = max(1, self._scroller.size.height)
        row = self._scroller.scroll_offset.y + min(max(0, pointer.y), height - 1)
        last = len(self._scroller.rows) - 1
        if row > last:
            return Spot(last, self._scroller.width)
        return Spot(row, max(0, pointer.x) if 0 <= pointer.y < height else self._scroller.width if pointer.y > 0 else 0)

    def _scroll(self) -> None:
        height = self._scroller.size.height
        beyond = min(0, self._pointer.y) + max(0, self._pointer.y - height + 1)
        if beyond and self._anchor is not None:
            self._scroller.scroll_rows(min(max(-FASTEST, beyond), FASTEST))
            self._reach()
