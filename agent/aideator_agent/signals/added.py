"""The lines and files that a patch adds."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from aideator_agent.patterns import lazy

LONGEST: Final = 2000  # characters of a line that are looked at
_HUNK: Final = lazy(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass
class File:
    """A file of the patch. Paths are as in Python's file names, with what is not UTF-8 as surrogates."""

    path: str
    new: bool = False
    deleted: bool = False
    binary: bool = False
    old_mode: str | None = None
    mode: str | None = None
    lines: list[tuple[int, str]] = field(default_factory=list)  # added, with their numbers in the new file
    removed: list[tuple[int, str]] = field(default_factory=list)  # each with the number of the new file's next line

    @property
    def suffix(self) -> str:
        """Returns `py` for `a/b.py`."""
        name = self.path.rpartition("/")[2]
        return name.rpartition(".")[2].lower() if "." in name[1:] else ""

    def after(self, before: str) -> str:
        """Returns the file as the patch leaves it. `before`: the file on the base."""
        lines, added = before.split("\n"), dict(self.lines)
        removed = Counter(number for number, _ in self.removed)
        after: list[str] = []
        at = 0
        while at < len(lines) or len(after) + 1 in added:
            number = len(after) + 1
            at += removed.pop(number, 0)
            after += [added[number]] if number in added else lines[at : at + 1]
            at += number not in added
        return "\n".join(after)

    def following(self, at: int, most: int) -> Sequence[tuple[int, str]]:
        """Returns the added lines right behind the one at this position."""
        found = self.lines[at + 1 : at + 1 + most]
        first = self.lines[at][0]
        return [each for offset, each in enumerate(found, 1) if each[0] == first + offset]


def read(patch: bytes) -> list[File]:
    """Reads a patch as `git diff --no-renames` writes it."""
    return list(_files(patch.decode(errors="surrogateescape").split("\n")))


def _files(lines: Sequence[str]) -> Iterator[File]:
    file: File | None = None
    number, in_hunk = 0, False
    for line in lines:
        if line.startswith("diff --git "):
            if file is not None:
                yield file
            file, in_hunk = File(_path(line)), False
        elif file is None:
            continue
        elif found := _HUNK.match(line):
            number, in_hunk = int(found[1]), True
        elif in_hunk:
            number += _line(file, line, number)
        else:
            _head(file, line)
    if file is not None:
        yield file


def _line(file: File, line: str, number: int) -> int:
    """Takes a line of a hunk and returns how many lines of the new file it is."""
    if line.startswith("+"):
        file.lines.append((number, line[1:][:LONGEST].rstrip("\r")))
    elif line.startswith("-"):
        file.removed.append((number, line[1:][:LONGEST].rstrip("\r")))
    return line.startswith(("+", " "))


def _head(file: File, line: str) -> None:
    word, _, rest = line.rpartition(" ")
    if word == "new file mode":
        file.new, file.mode = True, rest
    elif word == "deleted file mode":
        file.deleted, file.old_mode = True, rest
    elif word == "old mode":
        file.old_mode = rest
    elif word == "new mode":
        file.mode = rest
    elif line.startswith(("GIT binary patch", "Binary files ")):
        file.binary = True


def _path(line: str) -> str:
    """Returns the path from `diff --git a/X b/X`; without renames both are the same."""
    names = line.removeprefix("diff --git ")
    if not names.startswith('"'):
        return names[: len(names) // 2][2:]
    quoted = names[: len(names) // 2].strip('"')
    octal = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), quoted.encode(errors="surrogateescape"))
    plain = re.sub(rb"\\(.)", lambda found: {b"t": b"\t", b"n": b"\n", b"r": b"\r"}.get(found[1], found[1]), octal)
    return plain.decode(errors="surrogateescape")[2:]
