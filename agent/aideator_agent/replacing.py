"""Replaces a text in a file as the model means it: exactly, or with slightly different whitespace."""

from typing import Final

NEAR: Final = 3  # lines shown around what may have been meant
LINES: Final = 20_000  # beyond which no likeness is searched


class NoReplacement(Exception):
    """Nothing was replaced. The message tells the model why."""


def replaced(text: str, old: str, new: str) -> str:
    """Returns the new content. Raises `NoReplacement` unless `old` occurs exactly once, ignoring indentation and trailing whitespace."""
    if not old:
        raise NoReplacement("`old` is empty; give the text that is to be replaced, or write the file with write_file.")
    if old == new:
        raise NoReplacement("`old` and `new` are the same; nothing was changed.")
    found = _count(text, old)
    if not found and "\r\n" in text and "\r" not in old:
        old, new = old.replace("\n", "\r\n"), new.replace("\n", "\r\n")
        found = _count(text, old)
    if found > 1:
        raise _ambiguous(found)
    return text.replace(old, new, 1) if found else _tolerantly(text, old, new)


def _count(text: str, old: str) -> int:
    """Counts overlapping occurrences, too."""
    count, at = 0, text.find(old)
    while at >= 0:
        count, at = count + 1, text.find(old, at + 1)
    return count


def _tolerantly(text: str, old: str, new: str) -> str:
    lines = text.splitlines(keepends=True)
    wanted = old.strip("\r\n").splitlines()
    if not any(line.strip() for line in wanted):
        raise NoReplacement("`old` was not found; it is nothing but whitespace.")
    places = _places([_loose(line) for line in lines], [_loose(line) for line in wanted])
    if len(places) > 1:
        raise _ambiguous(len(places), " (whitespace apart)")
    if not places:
        raise NoReplacement("`old` was not found." + _meant(lines, wanted))
    start, stop = places[0], places[0] + len(wanted)
    lines[start:stop] = _as_there(lines[start:stop], wanted, new)
    return "".join(lines)


def _places(lines: list[str], wanted: list[str]) -> list[int]:
    return [at for at in range(len(lines) - len(wanted) + 1) if lines[at : at + len(wanted)] == wanted]


def _as_there(there: list[str], wanted: list[str], new: str) -> list[str]:
    """Returns the new lines with the file's indentation and line ends."""
    end = _line_end(there[0])
    shift = _shift(there, wanted)
    fresh = [_shifted(line, *shift) + end for line in new.strip("\r\n").splitlines()]
    if fresh and not _line_end(there[-1]):
        fresh[-1] = fresh[-1].removesuffix(end)
    return fresh


def _shift(there: list[str], wanted: list[str]) -> tuple[str, str]:
    """Returns the indentation that `wanted` begins with, and the file's indentation there."""
    for line, meant in zip(there, wanted, strict=True):
        if meant.strip():
            return _indentation(meant), _indentation(line)
    return "", ""


def _shifted(line: str, was: str, now: str) -> str:
    return now + line[len(was) :] if line.strip() and line.startswith(was) else line


def _indentation(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _line_end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _loose(line: str) -> str:
    return " ".join(line.split())


def _ambiguous(found: int, how: str = "") -> NoReplacement:
    return NoReplacement(f"`old` was found {found} times{how}; give more of what stands around it.")


def _meant(lines: list[str], wanted: list[str]) -> str:
    if len(lines) > LINES:
        return ""
    sign = max((_loose(line) for line in wanted), key=len)
    loose = [_loose(line) for line in lines]
    import difflib

    near = difflib.get_close_matches(sign, loose, 1, 0.6)
    if not near:
        return ""
    at = loose.index(near[0])
    first = max(0, at - NEAR)
    shown = "".join(
        f"{number:6}  {line.rstrip()}\n" for number, line in enumerate(lines[first : at + NEAR + 1], first + 1)
    )
    return f" Did you mean this, at line {at + 1}?\n{shown}"
