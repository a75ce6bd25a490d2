"""Where a view writes. Every view takes a `Screen`, and uses no stream or terminal directly."""

import textwrap
from collections.abc import Callable
from typing import TextIO

from aideator_agent.values import frozen


def _unheard(_text: str) -> None:
    """Nobody is there to be warned."""


@frozen
class Screen:
    """`cli` makes one from stdout. Other callers can make one from their own stream."""

    out: TextIO
    width: int = 100
    height: int = 24
    is_terminal: bool = False  # a person reads it: long lines are folded, and foreign bytes made harmless
    colour: bool = False
    true_colour: bool = False
    plain: bool = False  # for a screen reader: words instead of signs and tables
    warn: Callable[[str], None] = _unheard  # warns the person, who may not read `out`

    def line(self, text: str = "") -> None:
        self.out.write(text + "\n")

    def folded(self, text: str, indent: str = "  ") -> str:
        """Folded at words for a person; whole for a pipe. `indent`: of the second line and those after it."""
        return (
            textwrap.fill(text, self.width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
            if self.is_terminal and not self.plain
            else text
        )

    def write_bytes(self, data: bytes) -> None:
        """As they are, for a program."""
        self.out.flush()
        self.out.buffer.write(data)
        self.out.buffer.flush()
