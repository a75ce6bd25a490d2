"""A scroll bar that is redrawn only if it looks different. In a following pane most moves are too small to see."""

from math import ceil
from typing import Self

from textual.geometry import Region
from textual.scrollbar import ScrollBar

EIGHTHS = 8  # of a cell: the steps in which a bar is drawn


class QuietScrollBar(ScrollBar):
    _drawn: tuple[object, ...] = ()

    def on_mount(self) -> None:
        """Textual draws it before, and forgets nothing of that until it is mounted, whatever is asked for."""
        self.call_later(self._draw_anew)

    def _draw_anew(self) -> None:
        self._drawn = ()
        self.refresh()

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        look = self._look()
        if look == self._drawn and not (regions or layout or recompose):
            return self
        self._drawn = look
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _look(self) -> tuple[object, ...]:
        """What Textual draws, rounded as there: otherwise it depends on earlier moves which of two bars is on the screen."""
        height, window, rows = self.size.height, self.window_size, max(1, ceil(self.window_virtual_size))
        thumb = max(1.0, min(height, window * height / rows))
        start = int((height - thumb) * (self.position / max(1, rows - window)) * EIGHTHS)
        return self.size, start, ceil(thumb * EIGHTHS), self.mouse_over, self.grabbed, self.app.theme
