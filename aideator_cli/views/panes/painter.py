"""Turns the changes on a screen into output for the terminal.

Textual's own compositor asks every widget for all its lines, even hidden ones, and cuts each at the edges of all others. That took most
of the time to draw several panes. This module computes once per layout which widget is on top where, and then asks only for
the lines to draw.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from rich.console import Console
from textual._compositor import Compositor, CompositorUpdate
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

Span = tuple[int, int, int]  # line, first column, the column behind the last


class Place(NamedTuple):
    """Columns of a line in which a widget is on top."""

    left: int
    right: int
    widget: Widget
    region: Region  # the whole widget's


class Piece(NamedTuple):
    x: int
    y: int
    strip: Strip


class Picture(CompositorUpdate):
    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces

    def render_segments(self, console: Console) -> str:
        """As control sequences; the cursor is moved where pieces don't join."""
        parts: list[str] = []
        at = (-1, -1)
        for x, y, strip in self.pieces:
            if (x, y) != at:
                parts.append(f"\x1b[{y + 1};{x + 1}H")
            parts.append(strip.render(console))
            at = (x + strip.cell_length, y)
        return "".join(parts)


class Painter(Compositor):
    def __init__(self) -> None:
        super().__init__()
        self._placed: object = None  # the widgets in sight that `_places` was made of
        self._places: list[list[Place]] = []

    def render_full_update(self, simplify: bool = False) -> CompositorUpdate:  # type: ignore[override]
        if simplify:  # for an export
            return super().render_full_update(simplify)
        self._dirty_regions.clear()
        return Picture(list(self.pieces(self._whole(self.size))))

    def render_partial_update(self) -> CompositorUpdate | None:  # type: ignore[override]
        screen = self.size.region
        regions = [part for region in self._dirty_regions if (part := region.intersection(screen))]
        self._dirty_regions.clear()
        return Picture(list(self.pieces(self._regions_to_spans(regions), uncut=True))) if regions else None

    def render_strips(self, size: Size | None = None) -> list[Strip]:
        whole = self.size if size is None else Size(self.size.width, min(size.height, self.size.height))
        return [
            Strip.join(piece.strip for piece in line)
            for _, line in groupby(self.pieces(self._whole(whole)), lambda piece: piece.y)
        ]

    def pieces(self, spans: Iterable[Span], *, uncut: bool = False) -> Iterator[Piece]:
        """What is to be seen there, line by line from left to right; `uncut`: with all of a wide character at a span's edge."""
        wanted = [
            (y, max(place.left, x1), min(place.right, x2), place)
            for y, x1, x2 in spans
            for place in self._on_top()[y]
            if place.left < x2 and place.right > x1
        ]
        lines = _lines((place.widget, place.region, y) for y, _, _, place in wanted)
        for y, x1, x2, place in wanted:
            strip, at = lines[place.widget][y], place.region.x
            left, right = _uncut(strip, x1, x2, place) if uncut else (x1, x2)
            strip = strip.crop(left - at, right - at)
            short = right - left - strip.cell_length
            yield Piece(left, y, strip.extend_cell_length(right - left) if short > 0 else strip)

    def _on_top(self) -> list[list[Place]]:
        """For each line of the screen."""
        visible = self.visible_widgets
        if visible is not self._placed:
            self._placed, self._places = visible, _places(self.size, visible)
        return self._places

    @staticmethod
    def _whole(size: Size) -> list[Span]:
        return [(y, 0, size.width) for y in range(size.height)]


def _uncut(strip: Strip, left: int, right: int, place: Place) -> tuple[int, int]:
    """A terminal loses a wide character if half of it is overwritten. So it is drawn whole where its widget is on top."""
    at = place.region.x
    left -= left > place.left and _in_a_character(strip, left - at)
    right += right < place.right and _in_a_character(strip, right - at)
    return left, right


def _in_a_character(strip: Strip, x: int) -> bool:
    if strip.text.isascii():
        return False
    return strip.crop(x - 1, x).text + strip.crop(x, x + 1).text != strip.crop(x - 1, x + 1).text


def _places(size: Size, visible: dict[Widget, tuple[Region, Region]]) -> list[list[Place]]:
    """`visible`: region and clip of each widget, the front ones first."""
    cells: list[list[Widget | None]] = [[None] * size.width for _ in range(size.height)]
    for widget, (region, clip) in reversed(visible.items()):
        x, y, width, height = region.intersection(clip).intersection(size.region)
        for line in cells[y : y + height]:
            line[x : x + width] = [widget] * width
    return [list(_runs(line, visible)) for line in cells]


def _runs(line: Sequence[Widget | None], visible: dict[Widget, tuple[Region, Region]]) -> Iterator[Place]:
    at = 0
    for widget, cells in groupby(line):
        left, at = at, at + sum(1 for _ in cells)
        if widget is not None:
            yield Place(left, at, widget, visible[widget][0])


def _lines(wanted: Iterable[tuple[Widget, Region, int]]) -> dict[Widget, dict[int, Strip]]:
    """Of each widget the lines that are wanted, by the line of the screen."""
    spans: dict[Widget, tuple[Region, int, int]] = {}
    for widget, region, y in wanted:
        _, first, last = spans.get(widget, (region, y, y))
        spans[widget] = (region, min(first, y), max(last, y))
    return {
        widget: dict(enumerate(widget.render_lines(Region(0, first - region.y, region.width, last - first + 1)), first))
        for widget, (region, first, last) in spans.items()
    }
