"""A patch on stdout: its very bytes into a pipe, cleaned and coloured on a terminal."""

import sys

from aideator_cli import terminal
from aideator_cli.clean import clean
from aideator_cli.views.colours import BOLD, GREEN, RED, paint

_STYLES = (("diff --git", BOLD), ("+++", BOLD), ("---", BOLD), ("@@", "36"), ("+", GREEN), ("-", RED))


def show_patch(patch: bytes) -> None:
    if not sys.stdout.isatty():
        sys.stdout.buffer.write(patch)
        sys.stdout.flush()
        return
    coloured = terminal.wants_colour(sys.stdout)
    for line in patch.decode(errors="replace").split("\n"):
        style = next((style for start, style in _STYLES if line.startswith(start)), None)
        print(paint(clean(line), style) if style and coloured else clean(line))
