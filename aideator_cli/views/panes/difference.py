"""Changes as rows with syntax colours; of two agents next to each other, the same file at the same height."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_for_filename
from pygments.styles import get_style_by_name
from pygments.util import ClassNotFound
from rich.segment import Segment
from rich.style import Style

from aideator_cli.text.figures import changes, plural
from aideator_cli.views.changes import FileChange
from aideator_cli.views.panes.cells import cut, drawable
from aideator_cli.views.panes.rows import Row

LINES: Final = 5000  # of one agent's changes; more are counted
COLOURED_CHARACTERS: Final = 400  # of a line: a longer one is no code that anyone wrote
_STYLES: Final = {"+": "added", "-": "removed", "@": "hunk", "\\": "dim"}


class Colours:
    """Token colours for a dark or a light ground."""

    def __init__(self, *, dark: bool) -> None:
        self._style = get_style_by_name("github-dark" if dark else "friendly")
        self._known: dict[object, Style] = {}

    def of(self, token: object) -> Style:
        if token not in self._known:
            found = self._style.style_for_token(token)
            colour = f"#{found['color']}" if found["color"] else None
            self._known[token] = Style(color=colour, bold=found["bold"] or None, italic=found["italic"] or None)
        return self._known[token]


def change_rows(files: Sequence[FileChange], width: int, colours: Colours) -> list[Row]:
    rows: list[Row] = []
    for file in files:
        rows += file_rows(file, width, colours, LINES - len(rows))
        if len(rows) >= LINES:
            left = sum(len(each.lines) for each in files) - len(rows)
            rows.append(Row(-1, "", f"… {plural(max(1, left), 'line')} more", "dim"))
            break
    return rows


def file_rows(file: FileChange, width: int, colours: Colours, most: int = LINES) -> list[Row]:
    added, removed = (sum(line.startswith(sign) for line in file.lines) for sign in "+-")
    path = drawable(file.path)
    rows = [Row(-1, "", cut(path, width - 14), "file", changes(added, removed), "dim", whole=path)]
    lexer = _lexer(file.path)
    for line in file.lines[: max(0, most)]:
        style = _STYLES.get(line[:1], "text")
        text = drawable(line)
        row = Row(-1, "", cut(text, width), style, whole=text)
        if lexer and style != "hunk" and len(row.text) <= COLOURED_CHARACTERS:
            row.coloured = partial(_coloured, row.text, lexer, colours)
        rows.append(row)
    return rows


def beside(
    left: Sequence[FileChange], right: Sequence[FileChange], widths: tuple[int, int], colours: Colours
) -> tuple[list[Row], list[Row]]:
    """Two agents' changes in rows of the same number, so that both scroll as one."""
    sides: tuple[list[Row], list[Row]] = ([], [])
    files = [{file.path: file for file in side} for side in (left, right)]
    for path in sorted({*files[0], *files[1]}):
        blocks = [
            file_rows(files[side][path], widths[side], colours)
            if path in files[side]
            else [Row(-1, "", cut(drawable(path), widths[side] - 14), "file", "unchanged", "dim")]
            for side in (0, 1)
        ]
        height = max(map(len, blocks)) + 1
        for side in (0, 1):
            sides[side].extend([*blocks[side], *(_blank() for _ in range(height - len(blocks[side])))])
    return sides


def _blank() -> Row:
    return Row(-1, "", "", "text")


def _lexer(path: str) -> Lexer | None:
    try:
        return get_lexer_for_filename(path.rpartition("/")[2], stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _coloured(text: str, lexer: Lexer, colours: Colours) -> list[Segment]:
    """Each line by itself: what stands around it in the file is not all in the diff."""
    parts = [Segment(text[:1]), *(Segment(piece, colours.of(token)) for token, piece in lexer.get_tokens(text[1:]))]
    return parts if "".join(part.text for part in parts) == text else [Segment(text)]
