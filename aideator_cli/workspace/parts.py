"""Parts of patches: some of the files that a patch changes, or some hunks of one of them."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.errors import usage
from aideator_cli.workspace.diffing import Side
from aideator_cli.workspace.patches import FilePatch, Hunk, parse

SHOWN: Final = 5  # names in a message
_HUNKS: Final = re.compile(r"(.+)#(\d{1,6}(?:,\d{1,6})*)", re.DOTALL)


@frozen
class Part:
    """What a user names of a variation: `1:src/a.py`, `1:src`, `k3v9x2q/1:src/a.py#2,3`."""

    side: str  # RUN/N
    path: str  # of a file, or of a folder
    hunks: tuple[int, ...] = ()  # from 1, as the patch shows them; empty: all


def parse_part(option: str, text: str, names: Mapping[str, str], sides: Sequence[Side]) -> Part:
    """Returns the part that a word names. `names`: RUN/N by each word for it. Raises `AideatorError` (usage)."""
    word, colon, path = text.partition(":")
    if not colon or not path:
        raise usage(f"{option} takes N:PATH, not {text!r}", f"for example: {option} 1:src/parser.py")
    if word not in names:
        raise usage(f"{option} {text!r}: {word} is none of the variations to merge", f"these are {', '.join(names)}")
    side = next(each for each in sides if each.name == names[word])
    paths = [file.path for file in parse(side.patch)]
    found = _HUNKS.fullmatch(path)
    if found and path not in paths:
        return Part(side.name, found[1], tuple(int(number) for number in found[2].split(",")))
    return Part(side.name, path.rstrip("/"))


def written(part: Part) -> str:
    """Returns the word by which `parse_part` finds it again."""
    return f"{part.side}:{part.path}" + (f"#{','.join(map(str, part.hunks))}" if part.hunks else "")


def only(side: Side, parts: Sequence[Part]) -> Side:
    """Returns the side with these parts of its patch. Without any it stays whole. Raises `AideatorError` (usage)."""
    mine = [part for part in parts if part.side == side.name]
    if not mine:
        return side
    files = parse(side.patch)
    for part in mine:
        _expect(part, files)
    return Side(side.name, b"".join(_kept(file, mine) for file in files), side.base)


def _expect(part: Part, files: Sequence[FilePatch]) -> None:
    matching = [file for file in files if _is_in(file.path, part.path)]
    if not matching:
        paths = [file.path for file in files]
        more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
        raise usage(f"{part.side} does not change {part.path}", f"it changes {', '.join(paths[:SHOWN])}{more}")
    count = len(matching[0].hunks)
    if part.hunks and (len(matching) > 1 or matching[0].change != "modified" or matching[0].binary):
        raise usage(
            f"{part.side} can't give hunks of {part.path}: only a changed text file has them", "name the whole file"
        )
    for number in part.hunks:
        if not 1 <= number <= count:
            raise usage(f"{part.side} has no hunk {number} in {part.path}", f"it has 1 to {count}")


def _kept(file: FilePatch, parts: Sequence[Part]) -> bytes:
    mine = [part for part in parts if _is_in(file.path, part.path)]
    if not mine or any(not part.hunks for part in mine):
        return file.raw if mine else b""
    return with_hunks(file, {number for part in mine for number in part.hunks})


def with_hunks(file: FilePatch, numbers: set[int]) -> bytes:
    """Returns the change with these of its hunks alone."""
    head = file.raw[: file.raw.index(b"\n@@ -") + 1]
    shift, told = 0, []
    for number, hunk in enumerate(file.hunks, 1):
        if number in numbers:
            told.append(_hunk(hunk, shift))
            shift += hunk.new_count - hunk.old_count
    return head + b"".join(told)


def _hunk(hunk: Hunk, shift: int) -> bytes:
    start = hunk.old_start + shift + (hunk.old_count == 0) - (hunk.new_count == 0)
    section = b" " + hunk.section if hunk.section else b""
    head = b"@@ -%d,%d +%d,%d @@%s\n" % (hunk.old_start, hunk.old_count, start, hunk.new_count, section)
    return head + b"".join(line + b"\n" for line in hunk.lines)


def _is_in(path: str, named: str) -> bool:
    return path == named or path.startswith(f"{named}/")
