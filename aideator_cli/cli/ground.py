"""Whether the terminal's ground is light: the configuration says it, else the environment, else the terminal when it is asked (OSC 11)."""

import os
import re
import select
import sys
import termios
import time
import tty
from typing import Final

SECONDS: Final = 1.0  # for an answer; nearly all terminals answer the second question at once
# The colour of the ground, and then what every terminal answers, so that one which does not know the first keeps nobody waiting
_QUESTION: Final = b"\x1b]11;?\x1b\\\x1b[c"
_COLOUR: Final = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_KNOWN: Final = re.compile(rb"\x1b\[\?[0-9;]*c")


def is_light(theme: str | None) -> bool:
    """`theme`: dark or light, as it is configured."""
    if theme is not None:
        return theme == "light"
    if os.environ.get("NO_COLOR"):  # nothing is drawn that depends on it
        return False
    if told := os.environ.get("COLORFGBG"):
        return told.rpartition(";")[2] in ("7", "15")
    answer = _asked()
    return brightness(answer) > 0.5 if answer else False


def brightness(answer: bytes) -> float:
    """From 0 to 1; 0 if there is no colour in the answer."""
    found = _COLOUR.search(answer)
    if found is None:
        return 0.0
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)


def _asked() -> bytes:
    """What the terminal answers; keys that are pressed meanwhile are lost."""
    try:
        before = termios.tcgetattr(sys.stdin)
    except (termios.error, ValueError, OSError):
        return b""
    try:
        tty.setcbreak(sys.stdin.fileno(), termios.TCSANOW)
        os.write(sys.stdout.fileno(), _QUESTION)
        return _read(sys.stdin.fileno())
    except OSError:
        return b""
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


def _read(stream: int) -> bytes:
    answer, end = b"", time.monotonic() + SECONDS
    while not _KNOWN.search(answer) and (left := end - time.monotonic()) > 0:
        if select.select([stream], [], [], left)[0]:
            part = os.read(stream, 1024)
            if not part:
                break
            answer += part
    return answer
