"""Rows of which some are in sight: the end of them as long as it is followed, which is until someone scrolls up."""

from typing import Any

from textual.geometry import Region
from textual.message import Message
from textual.scroll_view import ScrollView

from aideator_cli.views.panes.rows import Row


class Following(ScrollView):
    """`follows`: the end stays in sight. `unread`: rows that came since it does not."""

    class Moved(Message):
        """What is seen, or whether the end is followed, has changed."""

        def __init__(self, scroller: "Following") -> None:
            super().__init__()
            self.scroller = scroller

    def __init__(self, *, follows: bool, **options: Any) -> None:
        super().__init__(**options)
        self.rows: list[Row] = []
        self.follows = follows
        self.unread = 0
        self.chosen: int | None = None  # a row's index
        self._steering = False

    @property
    def width(self) -> int:
        """Cells of a row."""
        return max(1, self.scrollable_content_region.width)

    def action_follow(self) -> None:
        self.follows, self.unread, self.chosen = True, 0, None
        self._steer(self.max_scroll_y)
        self._tell()

    def hold(self) -> None:
        """Does not follow while someone selects."""
        self.follows, self.chosen = False, None

    def scroll_rows(self, count: int) -> None:
        self._steer(min(max(0, self.scroll_offset.y + count), self.max_scroll_y))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._steering or round(old_value) == round(new_value):
            return
        self.chosen = None
        self.follows = round(new_value) >= self.max_scroll_y
        if self.follows:
            self.unread = 0
        self._tell()

    def _steer(self, y: float) -> None:
        self._steering = True
        self.scroll_to(y=y, animate=False, immediate=True, force=True)
        self._steering = False

    def _tell(self) -> None:
        self.refresh(Region(0, 0, self.size.width, self.size.height))
        self.post_message(self.Moved(self))
