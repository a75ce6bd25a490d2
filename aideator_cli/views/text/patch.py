"""Shows a patch: its exact bytes in a pipe; on a terminal cleaned, and coloured as git does."""

import os
import re
from collections.abc import Iterator, Sequence
from typing import Final

from aideator_cli.text.clean import clean, one_line
from aideator_cli.text.figures import changes, plural
from aideator_cli.views.colours import BOLD, GREEN, RED, paint
from aideator_cli.views.screen import Screen
from aideator_cli.workspace.patches import FilePatch, parse

CYAN: Final = "36"
BAR: Final = 40  # columns, at most
_SIGNS: Final = {"+": GREEN, "-": RED}
_HUNK: Final = re.compile(r"(@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@)(.*)", re.DOTALL)
_ODD_NAME: Final = re.compile(rb'[\x00-\x1f\x7f"\\]')
_ESCAPES: Final = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}


def show_patch(screen: Screen, patch: bytes) -> None:
    if not screen.is_terminal:
        screen.write_bytes(patch)
        return
    for line in _painted(patch, coloured=screen.colour):
        screen.line(line)


def show_stat(screen: Screen, patch: bytes) -> None:
    """Shows one line per file, and the total."""
    files = parse(patch)
    names = [one_line(file.path) for file in files]
    widest = max(map(len, names), default=0)
    most = max((file.additions + file.deletions for file in files), default=0)
    room = max(10, min(BAR, screen.width - widest - len(str(most)) - 5))
    for name, file in zip(names, files, strict=True):
        count = file.additions + file.deletions
        told = (
            "binary"
            if file.binary
            else f"{count:>{len(str(most))}} {_bar(screen, file, room / max(most, room))}".rstrip()
        )
        screen.line(f" {name:<{widest}} | {told}")
    sums = (sum(file.additions for file in files), sum(file.deletions for file in files))
    screen.line(f" {plural(len(files), 'file')}, {changes(*sums)}")


def show_names(screen: Screen, patch: bytes) -> None:
    """Shows one name per line. Names with special characters are quoted as git quotes them."""
    names = dict.fromkeys(file.path for file in parse(patch))  # a file that becomes a link has two parts
    lines = [_quoted(os.fsencode(name)) + b"\n" for name in names]
    if screen.is_terminal:
        screen.out.write(clean(b"".join(lines).decode(errors="replace")))
    else:
        screen.write_bytes(b"".join(lines))


def _bar(screen: Screen, file: FilePatch, scale: float) -> str:
    signs = (("+", file.additions, GREEN), ("-", file.deletions, RED))
    bars = [(sign * max(round(count * scale), 1 if count else 0), code) for sign, count, code in signs]
    return "".join(paint(bar, code) if screen.colour and bar else bar for bar, code in bars)


def _painted(patch: bytes, *, coloured: bool) -> Iterator[str]:
    lines = patch.decode(errors="replace").removesuffix("\n").split("\n") if patch else []
    left = [0, 0]  # lines of the hunk, old and new: what is in one is content, whatever it looks like
    for line in lines:
        shown = clean(line)
        if not coloured:
            yield shown
        elif any(left):
            yield paint(shown, _SIGNS[line[0]]) if line[:1] in _SIGNS else shown
        elif header := _HUNK.match(shown):
            yield paint(header[1], CYAN) + header[4]
        else:
            yield paint(shown, BOLD) if _is_header(line) else shown
        left = _left(line, left)


def _left(line: str, left: Sequence[int]) -> list[int]:
    old, new = left
    if old or new:
        sign = line[:1]
        return [old - (sign in ("", " ", "-")), new - (sign in ("", " ", "+"))] if sign != "\\" else [old, new]
    header = _HUNK.match(line)
    return [1 if header[n] is None else int(header[n]) for n in (2, 3)] if header else [0, 0]


def _is_header(line: str) -> bool:
    words = (
        "diff ",
        "index ",
        "--- ",
        "+++ ",
        "old mode",
        "new mode",
        "new file",
        "deleted file",
        "similarity",
        "rename ",
        "copy ",
    )
    return line.startswith(words)


def _quoted(name: bytes) -> bytes:
    if not _ODD_NAME.search(name):
        return name
    escaped = _ODD_NAME.sub(lambda odd: b"\\" + (_ESCAPES.get(odd[0][0]) or f"{odd[0][0]:03o}").encode(), name)
    return b'"' + escaped + b'"'
