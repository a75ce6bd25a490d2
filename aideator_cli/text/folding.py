"""Long lines folded at words for a terminal, which would cut them within a word."""

from collections.abc import Sequence


def fold(words: Sequence[str], width: int, begin: int = 0, indent: str = "  ") -> str:
    """Returns lines of at most `width` characters, unless a word is longer. A word may hold spaces: a command, which stays whole.

    `begin`: the characters that stand before the text. `indent`: of the second line and those after it.
    """
    lines: list[str] = []
    line, room = "", width - begin
    for at, word in enumerate(words):
        longer = f"{line} {word}" if at else word
        if at and len(longer) > room and line.strip():
            lines.append(line.rstrip())
            line, room = indent + word, width
        else:
            line = longer
    return "\n".join([*lines, line])
