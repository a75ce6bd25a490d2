"""The panes under NO_COLOR. Textual would send greys; here every cell has the terminal's own colours."""

from functools import lru_cache
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

# What Textual marks by its colour alone; parts of widgets can't be reversed
CSS: Final = """
Input:nocolor > .input--cursor { text-style: underline; }
Input:nocolor > .input--selection { text-style: bold; }
CommandList:nocolor > .option-list--option-highlighted { text-style: bold underline; }
"""


class Colourless(LineFilter):
    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        return [Segment(text, style and _bare(style), control) for text, style, control in segments]


@lru_cache(1024)
def _bare(style: Style) -> Style:
    """Keeps what a click does."""
    return style.without_color + Style.from_meta(style.meta)
