"""Terminals to look at: one that keeps what it is given, and a real one's screen."""

import io
from collections.abc import Callable
from pathlib import Path

from tests.fixtures.tmux import Panes

Screen = Callable[[int, int, str], list[str]]  # columns, lines, what it is given -> its lines
END = "[shown]"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown_by(terminal: Panes, folder: Path) -> Screen:
    """What a real terminal makes of bytes; its last line is taken for the mark of their end."""

    def show(columns: int, lines: int, data: str) -> list[str]:
        file = folder / "given"
        file.write_text(f"{data}\x1b[{lines};1H\x1b[K{END}", newline="")
        pane = terminal(columns, lines)
        pane.start(["sh", "-c", f"cat '{file}'; exec sleep 600"], {}, folder)
        pane.until_shown(END)
        return [line for line in pane.screen() if line != END]

    return show
