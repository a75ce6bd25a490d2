"""Finds patches that are identical, or differ only in white space and comments. Reads only the patches, which share one base."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.choice.significance import Language, language
from aideator_cli.choice.witness import Lines
from aideator_cli.workspace.patches import FilePatch, Hunk

Block = tuple[tuple[str, ...], tuple[str, ...]]  # the significant text of the removed lines and of the added lines
Content = tuple[object, ...]
ALIGNED: Final = 40_000  # pairs of removed and added lines; larger changes are compared without alignment


@frozen
class Group:
    """Variations with equivalent patches, or the same answer."""

    numbers: tuple[int, ...]  # two or more, ascending
    identical: bool  # byte for byte; otherwise they differ in white space and comments


class Patch:
    """One variation's patch, compared with others as lazily as possible."""

    def __init__(self, files: Sequence[FilePatch]) -> None:
        self.files = {file.path: file for file in files}
        self._contents: dict[str, Content] = {}
        self._lines: dict[str, Lines] = {}

    @cached_property
    def outcome(self) -> frozenset[Content]:
        """Returns a value that is equal for two patches that produce the same tree."""
        return frozenset(exact(file) for file in self.files.values())

    def content(self, path: str) -> Content:
        """Returns the effect of a file's change. Empty if nothing significant changes."""
        if path not in self._contents:
            self._contents[path] = significant(self.files[path])
        return self._contents[path]

    def lines(self, path: str) -> Lines:
        if path not in self._lines:
            self._lines[path] = Lines(self.files[path])
        return self._lines[path]

    def equivalent(self, other: "Patch") -> bool:
        for path in self.files.keys() ^ other.files.keys():
            whose = self if path in self.files else other
            if whose.lines(path).change_something or whose.content(path):
                return False
        return all(self._same(other, path) for path in self.files if path in other.files)

    def _same(self, other: "Patch", path: str) -> bool:
        one, two = self.files[path], other.files[path]
        if exact(one) == exact(two) or alike(one, two):
            return True
        return not self.lines(path).differ(other.lines(path)) and self.content(path) == other.content(path)


def groups(patches: Mapping[int, Sequence[FilePatch]]) -> tuple[Group, ...]:
    """Returns the groups of two or more variations. A patch without files is in no group."""
    read = {number: Patch(files) for number, files in sorted(patches.items()) if files}
    identical = _classes([[number] for number in read], lambda one, other: read[one].outcome == read[other].outcome)
    equivalent = _classes(identical, lambda one, other: read[one].equivalent(read[other]))
    same = {tuple(numbers) for numbers in identical}
    found = [tuple(sorted(numbers)) for numbers in equivalent if len(numbers) > 1]
    return tuple(Group(numbers, numbers in same) for numbers in found)


def same_answers(digests: Mapping[int, str | None]) -> tuple[Group, ...]:
    """Returns the groups of two or more variations that gave the same answer, letter by letter. `digests`: SHA-256 by variation."""
    together: dict[str, list[int]] = {}
    for number, digest in sorted(digests.items()):
        if digest is not None:
            together.setdefault(digest, []).append(number)
    return tuple(Group(tuple(numbers), identical=True) for numbers in together.values() if len(numbers) > 1)


def exact(file: FilePatch) -> Content:
    """Returns the file's final state as far as the patch shows it. Without full hashes, compares the changed lines."""
    whole = file.new_blob is not None and len(file.new_blob) >= 40
    content: object = file.new_blob if whole else (file.changed if not file.binary else file.data)
    return (file.change == "deleted", file.path, file.old if file.change == "renamed" else None, file.new_mode, content)


def significant(file: FilePatch) -> Content:
    """Returns the change without white space, comments and hunk positions. Empty if nothing remains."""
    modes = (file.old_mode, file.new_mode) if file.old_mode != file.new_mode else None
    if file.binary:
        return (file.change, file.old, modes, file.new_blob or file.data)
    blocks = _blocks(file)
    if file.change == "modified" and modes is None and not blocks:
        return ()
    return (file.change, file.old, modes, tuple(sorted(blocks.items())))


def alike(one: FilePatch, other: FilePatch) -> bool:
    """Whether the differing lines alone prove that the two are the same. If False, they may still be the same."""
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
        if (left and right and left[-1] == right[-1]) or (left and right and _come_alike(how, left[-1], right[-1])):
            left.pop()
            right.pop()
        elif left and _is_idle(how, left[-1]):
            left.pop()
        elif right and _is_idle(how, right[-1]):
            right.pop()
        else:
            return False
    return True


def _come_alike(how: Language, one: bytes, other: bytes) -> bool:
    """Whether both lines are added and their significant text is the same."""
    return one.startswith(b"+") and other.startswith(b"+") and how.same(_text(one[1:]), _text(other[1:]))


def _is_idle(how: Language, line: bytes) -> bool:
    """Whether the line is added and has no significant text."""
    return line.startswith(b"+") and not how.line(_text(line[1:]))


def _text(line: bytes) -> str:
    return line.decode(errors="surrogateescape")


def _classes(classes: list[list[int]], same: Callable[[int, int], bool]) -> list[list[int]]:
    """Merges classes whose first members are the same."""
    merged: list[list[int]] = []
    for numbers in classes:
        home = next((known for known in merged if same(known[0], numbers[0])), None)
        if home is None:
            merged.append(list(numbers))
        else:
            home.extend(numbers)
    return merged


def _blocks(file: FilePatch) -> dict[int, Block]:
    """Returns the blocks by the old line that they precede. Blocks separated only by blank lines and comments become one."""
    found: dict[int, Block] = {}
    for hunk in file.hunks:
        for anchor, (gone, come) in _hunk_blocks(file.path, hunk):
            before = found.get(anchor, ((), ()))
            found[anchor] = (before[0] + gone, before[1] + come)
    return found


def _hunk_blocks(path: str, hunk: Hunk) -> Iterator[tuple[int, Block]]:
    signs = [chr(line[0]) for line in hunk.lines]
    number = hunk.old_start + (hunk.old_count == 0)
    gone: list[tuple[int, str]] = []  # with their line numbers
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
    """Returns the significant text of each of the hunk's lines, read with its neighbours on the same side."""
    texts = [_text(line[1:]) for line in hunk.lines]
    counts = [""] * len(texts)
    for side in ("-", "+"):
        at = [number for number, sign in enumerate(signs) if sign in (" ", side)]
        for number, text in zip(at, language(path).lines([texts[n] for n in at]), strict=True):
            counts[number] = text
    return counts


def _differences(behind: int, gone: Sequence[tuple[int, str]], come: Sequence[str]) -> Iterator[tuple[int, Block]]:
    """Yields each difference with the number of the old line that it precedes. `behind` is the line after all of them."""
    old = [text for _, text in gone]
    numbers = [*(number for number, _ in gone), behind]
    if len(old) * len(come) > ALIGNED:
        yield behind, (tuple(old), tuple(come))
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, come, autojunk=False).get_opcodes():
        if tag != "equal":
            yield numbers[i2], (tuple(old[i1:i2]), tuple(come[j1:j2]))
