"""What stands in front of the panes."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.geometry import Region
from textual.screen import ModalScreen
from textual.strip import Strip

from aideator_cli.views.panes.compositing import fits, put_painter

if TYPE_CHECKING:
    from aideator_cli.views.panes.painter import Piece

Answer = TypeVar("Answer")


class Front(ModalScreen[Answer]):
    """What lies behind shows through, dimmed."""

    def __init__(self) -> None:
        super().__init__()
        put_painter(self)
        self._dim: Dim | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        if not fits():
            return super().render_lines(crop)
        from aideator_cli.views.panes.painter import Painter

        stack = self.app.screen_stack
        painter = stack[stack.index(self) - 1]._compositor if self in stack[1:] else None
        tint = self.styles.background
        if not isinstance(painter, Painter) or painter.size != self.size or tint.a == 1:
            return super().render_lines(crop)
        if self._dim is None or self._dim.tint != tint:
            self._dim = Dim(tint, colourless=self.app.no_color)
        spans = [(y, crop.x, crop.right) for y in crop.line_range]
        return list(self._dimmed(painter.pieces(spans), self._dim))

    @staticmethod
    def _dimmed(pieces: "Iterator[Piece]", dim: "Dim") -> Iterator[Strip]:
        for _, line in groupby(pieces, lambda piece: piece.y):
            yield Strip.join(piece.strip.apply_filter(dim, dim.tint) for piece in line)


class Dim(LineFilter):
    """Lays a colour over all others, or dims what has none, and takes away what a click would do."""

    def __init__(self, tint: Color, *, colourless: bool = False) -> None:
        super().__init__()
        self.tint = tint
        self._over = Style(dim=True) if colourless else Style()
        self._styles: dict[Style | None, Style] = {}

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        return [Segment(text, self._under(style), control) for text, style, control in segments]

    def _under(self, style: Style | None) -> Style:
        known = self._styles.get(style)
        if known is None:
            bare = Style() if style is None else style.clear_meta_and_links()
            known = bare + Style.from_color(self._mixed(bare.color), self._mixed(bare.bgcolor)) + self._over
            self._styles[style] = known
        return known

    def _mixed(self, colour: Any) -> Any:
        """Rich's colours."""
        return None if colour is None else (Color.from_rich_color(colour) + self.tint).rich_color
