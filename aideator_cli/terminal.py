"""The one room that writes to stderr and knows what stdout is: data goes to stdout, all that is said to a person to stderr."""

import os
import re
import shutil
import sys

from aideator_cli.clean import clean
from aideator_cli.errors import AideatorError

RED, YELLOW, DIM = "31", "33", "2"


def wants_colour(stream: object) -> bool:
    """NO_COLOR (no-color.org) and dumb terminals take colours away, FORCE_COLOR brings them back."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty()) and os.environ.get("TERM") != "dumb"


def width(fallback: int = 100) -> int:
    return shutil.get_terminal_size((fallback, 24)).columns


def size() -> tuple[int, int]:
    """Columns and lines of stdout's terminal; 80 and 24 where there is none."""
    found = shutil.get_terminal_size((80, 24))
    return found.columns, found.lines


def draws(stream: object) -> bool:
    """Whether a screen can be drawn on it: it is a terminal, and not a dumb one."""
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty()) and os.environ.get("TERM", "dumb") != "dumb"


def end_line() -> None:
    """A new line where a person looks at this very terminal."""
    if sys.stderr.isatty():
        print(file=sys.stderr)


def say(text: str) -> None:
    """A line to the person; foreign parts are cleaned here."""
    _write("", text)


def warn(text: str) -> None:
    _write(paint("warning: ", YELLOW), text)


def show_error(error: AideatorError) -> None:
    _write(paint("error: ", RED), error.message)
    if error.hint:
        _write(paint(" hint: ", DIM), error.hint)


def agrees(question: str) -> bool:
    """What a person at this terminal answers; yes where there is none."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    print(clean(f"{question} [y/N] "), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def paint(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if wants_colour(sys.stderr) else text


def _write(label: str, text: str) -> None:
    print(label + re.sub(r"\s*\n\s*", " ", clean(text)), file=sys.stderr, flush=True)
