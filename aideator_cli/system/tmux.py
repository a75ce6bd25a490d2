"""tmux, where this program runs within it: what is copied goes to it, because by default it ignores a program's own OSC 52."""

import os
import subprocess
from typing import Final

SECONDS: Final = 2.0
NEW_ENOUGH: Final = ("load-buffer", "-w", "-")  # -w, since tmux 3.2: to the terminal's clipboard, too


def is_around() -> bool:
    return bool(os.environ.get("TMUX"))


def load_buffer(text: str) -> bool:
    """Puts the text on tmux's newest buffer and, if tmux is set up so, on the terminal's clipboard. Returns whether tmux took it."""
    try:
        done = subprocess.run(
            ["tmux", *NEW_ENOUGH], input=text.encode(), capture_output=True, check=False, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def passed_through(sequence: str) -> str:
    """Returns a control sequence as tmux hands it on to the terminal, if it is set up so (`allow-passthrough on`)."""
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
