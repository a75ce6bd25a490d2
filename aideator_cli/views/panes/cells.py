"""Foreign text in cells of the terminal: what is drawn takes the very cells that were counted.

The text is clean already. Here go the joiners, selectors and modifiers by which terminals draw several characters as one, each in its
own way, and flags become letters: what is left is as wide as its characters are together.
"""

from rich.cells import cell_len, get_character_cell_size

MOST_CELLS = 4096  # of one line; a very long one would hold up all others
_SIGNS = {0x200C: None, 0x200D: None, 0xFE0E: None, 0xFE0F: None} | dict.fromkeys(range(0x1F3FB, 0x1F400))
_FLAGS = {0x1F1E6 + index: chr(ord("A") + index) for index in range(26)}
_TABLE: dict[int, str | None] = {**_SIGNS, **_FLAGS}


def drawable(line: str) -> str:
    """One cleaned line as it can be drawn, at most `MOST_CELLS` wide; tabs become spaces."""
    line = line[: 2 * MOST_CELLS].replace("\n", " ")
    if "\t" in line:
        line = line.expandtabs(4)
    if line.isascii():
        return line[:MOST_CELLS]
    line = _few_marks(line.translate(_TABLE))
    return line[: reach(line, MOST_CELLS)]


def _few_marks(line: str) -> str:
    """A character carries at most three marks that take no room."""
    kept, run = [], 0
    for character in line:
        run = 0 if get_character_cell_size(character) else run + 1
        if run <= 3:
            kept.append(character)
    return "".join(kept)


def width_of(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def reach(text: str, cells: int) -> int:
    """How many characters from the left fit into so many cells."""
    if text.isascii():
        return min(len(text), cells)
    used = 0
    for index, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > cells:
            return index
    return len(text)


def cut(text: str, cells: int) -> str:
    """At most so many cells; an ellipsis where something is left out."""
    if width_of(text) <= cells:
        return text
    return text[: reach(text, max(0, cells - 1))].rstrip() + "…" if cells > 0 else ""


def wrapped(text: str, cells: int) -> list[str]:
    """Broken at spaces where there are some."""
    return [part for _, part in folded(text, cells)]


def folded(text: str, cells: int) -> list[tuple[str | None, str]]:
    """The same, each part with what stood before it in the text: a space or nothing. None: there the text begins."""
    cells = max(1, cells)
    parts: list[tuple[str | None, str]] = []
    joint = None
    while (end := reach(text, cells)) < len(text):
        at = text.rfind(" ", 1, end + 1)
        at_a_space = at > 0 and bool(text[:at].strip())
        end = at if at_a_space else max(1, end)
        parts.append((joint, text[:end]))
        text, joint = text[end + at_a_space :], " " if at_a_space else ""
    return [*parts, (joint, text)]
