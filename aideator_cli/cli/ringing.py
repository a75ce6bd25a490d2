"""Tells a person that a run has ended who no longer looks: by the terminal's bell, or on the desktop."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aideator_cli.cli import terminal
from aideator_cli.errors import usage

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here
    from aideator_cli.domain.result import Result

WAYS: Final = ("none", "bell", "desktop")
TITLE: Final = "AIdeator"
BELL: Final = "\a"
_SECONDS: Final = 5.0  # for a program that shows a notification
_SCRIPT: Final = ("on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run")
_BY_777: Final = ("rxvt", "foot")  # terminals, besides those of VTE, that know OSC 777 and not 9


@dataclass
class Ring:
    """Rings once, for one command."""

    way: str
    rung: bool = field(default=False, init=False)

    def sequence(self, run: str, results: "Sequence[Result]") -> str:
        """Tells what the desktop itself shows. Returns what is still to be written to the terminal; empty the second time."""
        if self.rung:
            return ""
        self.rung = True
        if self.way == "bell":
            return BELL
        text = f"{run}: {sum(result.succeeded for result in results)} of {len(results)} succeeded"
        return "" if _shown_by_program(text) else _escape(text, os.environ) + BELL

    def ring(self, run: str, results: "Sequence[Result]") -> None:
        """Writes it to the terminal. Warns if there is none and no desktop either."""
        told = self.sequence(run, results)
        if told and terminal.draws(sys.stderr):
            sys.stderr.write(told)
            sys.stderr.flush()
        elif told and self.way == "desktop":
            terminal.warn("nobody was notified: there is neither a desktop with notify-send nor a terminal")


def ring(here: "Here", word: str | None) -> Ring | None:
    """Returns what --notify or the configuration asks for. Raises `AideatorError` (usage) for another word."""
    way = word or here.settings.defaults.notify or "none"
    if way not in WAYS:
        raise usage(f"--notify takes {', '.join(WAYS[:-1])} or {WAYS[-1]}, not {way}")
    return None if way == "none" else Ring(way)


def _shown_by_program(text: str) -> bool:
    """Whether a program on this machine has shown it. `text` has nothing that is foreign."""
    if sys.platform == "darwin" and shutil.which("osascript"):
        words = ["osascript", *(word for line in _SCRIPT for word in ("-e", line)), TITLE, text]
    elif (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")) and shutil.which("notify-send"):
        words = ["notify-send", f"--app-name={TITLE}", "--", TITLE, text]
    else:
        return False
    try:
        return (
            subprocess.run(
                words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def _escape(text: str, environment: Mapping[str, str]) -> str:
    """Returns the control sequence by which a terminal shows a notification, also from within tmux or screen."""
    by_777 = "VTE_VERSION" in environment or environment.get("TERM", "").startswith(_BY_777)
    told = f"\x1b]777;notify;{TITLE};{text}\x1b\\" if by_777 else f"\x1b]9;{TITLE}: {text}\x1b\\"
    if "TMUX" in environment:
        return f"\x1bPtmux;{told.replace(chr(27), chr(27) * 2)}\x1b\\"
    if "STY" in environment:
        return f"\x1bP{told[:-2]}\a\x1b\\"  # screen ends its own sequence at the first ST
    return told
