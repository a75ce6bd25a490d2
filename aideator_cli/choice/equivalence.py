"""Which patches are the same, or the same but for white space and comments. Told by the patches alone, all made on one base."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import Final

from aideator_cli.choice.significance import Language, language
from aideator_cli.patches import FilePatch, Hunk

Block = tuple[tuple[str, ...], tuple[str, ...]]  # what counts of the lines that go, and of those that come
Content = tuple[object, ...]
ALIGNED: Final = 40_000  # pairs of lines that go and come; more are compared as they stand


@dataclass(frozen=True)
class Group:
    """Variations whose patches do the same."""

    numbers: tuple[int, ...]  # two or more, ascending
    identical: bool  # byte for byte; else but for white space and comments


class Patch:
    """One variation's, compared with others as lazily as can be."""

    def __init__(self, files: Sequence[FilePatch]) -> None:
        self.files = {file.path: file for file in files}
        self._contents: dict[str, Content] = {}

    @cached_property
    def outcome(self) -> frozenset[Content]:
        """The same for two patches that leave the same tree."""
        return frozenset(exact(file) for file in self.files.values())

    def content(self, path: str) -> Content:
        """What a file's change comes to; empty: it changes nothing that counts."""
        if path not in self._contents:
            self._contents[path] = significant(self.files[path])
        return self._contents[path]

    def equivalent(self, other: "Patch") -> bool:
        for path in self.files.keys() ^ other.files.keys():
            if (self if path in self.files else other).content(path):
                return False
        return all(self._same(other, path) for path in self.files if path in other.files)

    def _same(self, other: "Patch", path: str) -> bool:
        one, two = self.files[path], other.files[path]
        return exact(one) == exact(two) or alike(one, two) or self.content(path) == other.content(path)


def groups(patches: Mapping[int, Sequence[FilePatch]]) -> tuple[Group, ...]:
    """Those of two variations or more; a patch without files is in none."""
    read = {number: Patch(files) for number, files in sorted(patches.items()) if files}
    identical = _classes([[number] for number in read], lambda one, other: read[one].outcome == read[other].outcome)
    equivalent = _classes(identical, lambda one, other: read[one].equivalent(read[other]))
    same = {tuple(numbers) for numbers in identical}
    found = [tuple(sorted(numbers)) for numbers in equivalent if len(numbers) > 1]
    return tuple(Group(numbers, numbers in same) for numbers in found)


def exact(file: FilePatch) -> Content:
    """What the file is afterwards, as far as the patch tells; without whole hashes by the lines that change."""
    whole = file.new_blob is not None and len(file.new_blob) >= 40
    content: object = file.new_blob if whole else (file.changed if not file.binary else file.data)
    return (file.change == "deleted", file.path, file.old if file.change == "renamed" else None, file.new_mode, content)


def significant(file: FilePatch) -> Content:
    """The change without white space and comments, wherever its hunks begin; empty: nothing is left of it."""
    modes = (file.old_mode, file.new_mode) if file.old_mode != file.new_mode else None
    if file.binary:
        return (file.change, file.old, modes, file.new_blob or file.data)
    blocks = _blocks(file)
    if file.change == "modified" and modes is None and not blocks:
        return ()
    return (file.change, file.old, modes, tuple(sorted(blocks.items())))


def alike(one: FilePatch, other: FilePatch) -> bool:
    """Whether that much can be told by a look at the lines in which they differ; else they may still be the same."""
    if (one.change, one.old, one.old_mode, one.new_mode) != (other.change, other.old, other.old_mode, other.new_mode):
        return False
    if one.binary or other.binary or len(one.hunks) != len(other.hunks):
        return False
    return all(_alike(language(one.path), *pair) for pair in zip(one.hunks, other.hunks, strict=True))


def _alike(how: Language, one: Hunk, other: Hunk) -> bool:
    if one.lines == other.lines and one.old_start == other.old_start:
        return True
    if (one.old_start, one.old_count) != (other.old_start, other.old_count):
        return False
    if not all(how.stands_alone(_text(b"\n".join(hunk.lines))) for hunk in (one, other)):
        return False
    left, right = list(reversed(one.lines)), list(reversed(other.lines))
    while left or right:
        if left and right and left[-1] == right[-1]:
            left.pop()
            right.pop()
        elif left and _is_idle(how, left[-1]):
            left.pop()
        elif right and _is_idle(how, right[-1]):
            right.pop()
        else:
            return False
    return True


def _is_idle(how: Language, line: bytes) -> bool:
    """It comes, and counts for nothing."""
    return line.startswith(b"+") and not how.line(_text(line[1:]))


def _text(line: bytes) -> str:
    return line.decode(errors="surrogateescape")


def _classes(classes: list[list[int]], same: Callable[[int, int], bool]) -> list[list[int]]:
    """Puts together whole classes whose first members are the same."""
    merged: list[list[int]] = []
    for numbers in classes:
        home = next((known for known in merged if same(known[0], numbers[0])), None)
        if home is None:
            merged.append(list(numbers))
        else:
            home.extend(numbers)
    return merged


def _blocks(file: FilePatch) -> dict[int, Block]:
    """By the old line before which they stand; blocks that only blank lines and comments part are one."""
    found: dict[int, Block] = {}
    for hunk in file.hunks:
        for anchor, (gone, come) in _hunk_blocks(file.path, hunk):
            before = found.get(anchor, ((), ()))
            found[anchor] = (before[0] + gone, before[1] + come)
    return found


def _hunk_blocks(path: str, hunk: Hunk) -> Iterator[tuple[int, Block]]:
    signs = [chr(line[0]) for line in hunk.lines]
    number = hunk.old_start + (hunk.old_count == 0)
    gone: list[tuple[int, str]] = []  # with their numbers
    come: list[str] = []
    for sign, text in zip(signs, _counting(path, hunk, signs), strict=True):
        if sign == " " and text:
            yield from _differences(number, gone, come)
            gone, come = [], []
        elif sign == "-" and text:
            gone.append((number, text))
        elif sign == "+" and text:
            come.append(text)
        number += sign in " -"
    yield from _differences(number, gone, come)


def _counting(path: str, hunk: Hunk, signs: Sequence[str]) -> list[str]:
    """What counts of each of the hunk's lines, read among its neighbours on its own side."""
    texts = [_text(line[1:]) for line in hunk.lines]
    counts = [""] * len(texts)
    for side in ("-", "+"):
        at = [number for number, sign in enumerate(signs) if sign in (" ", side)]
        for number, text in zip(at, language(path).lines([texts[n] for n in at]), strict=True):
            counts[number] = text
    return counts


def _differences(behind: int, gone: Sequence[tuple[int, str]], come: Sequence[str]) -> Iterator[tuple[int, Block]]:
    """Each with the number of the old line before which it stands; `behind`: of the line behind them all."""
    old = [text for _, text in gone]
    numbers = [*(number for number, _ in gone), behind]
    if len(old) * len(come) > ALIGNED:
        yield behind, (tuple(old), tuple(come))
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, come, autojunk=False).get_opcodes():
        if tag != "equal":
            yield numbers[i2], (tuple(old[i1:i2]), tuple(come[j1:j2]))
