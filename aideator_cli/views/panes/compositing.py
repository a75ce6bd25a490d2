"""Whether this Textual draws screens as the one did from which `painter` was made. If not, its own compositor draws them: slower."""

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

KNOWN: Final = {
    "d15c19eaf88fd8f0",
    "c500912f8a11180f",
}  # compositors of Textual 8.0 to 8.2 that the painter stands in for
_CLASS: Final = "class Compositor"


@cache
def fits() -> bool:
    return fingerprint() in KNOWN


def fingerprint() -> str:
    """Of the source of Textual's compositor, without its comments and blank lines. Empty: there is none that can be read."""
    found = find_spec("textual")
    if found is None or found.origin is None:
        return ""
    try:
        source = Path(found.origin).with_name("_compositor.py").read_text(encoding="utf-8")
    except OSError:
        return ""
    lines = [line.strip() for line in source[max(0, source.find(_CLASS)) :].splitlines()]
    kept = "\n".join(line for line in lines if line and not line.startswith("#"))
    return hashlib.sha256(kept.encode()).hexdigest()[:16]


def slow_drawing() -> str:
    """Returns what a person is told if Textual's own compositor draws the panes, else an empty text."""
    return (
        "" if fits() else f"Textual {version('textual')} draws the panes by itself, which takes more of the processor"
    )


def put_painter(screen: Any) -> None:
    """Gives a screen the painter, where it fits."""
    if fits():
        from aideator_cli.views.panes.painter import Painter

        screen._compositor = Painter()
