"""Merges patches that were made on the same commit. The patches alone are enough: no clone is needed.

Files that only one patch changes, or all in the same way, are taken as they are. The others are merged by git, line by line.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.system.git import Git
from aideator_cli.workspace.diffing import FORM, Side
from aideator_cli.workspace.patches import FilePatch, parse
from aideator_cli.workspace.patches_alone import UNKNOWN, base_of, by_path, is_told, raw_of, tree_of, without_index

PLAIN: Final = ("100644", "100755")
FAILED: Final = 128  # from this exit code on, git merge-file has failed and counts no conflicts


@frozen
class Conflict:
    path: str
    sides: tuple[str, ...]  # RUN/N, whose changes do not fit together
    why: str  # for people


@frozen
class Merged:
    patch: bytes  # without the files that have conflicts
    files: Mapping[str, tuple[str, ...]]  # by path: from which sides its change comes
    conflicts: tuple[Conflict, ...]


@frozen
class _Blob:
    """A file's content, and from whom it comes."""

    mode: str  # empty: there is no file
    data: bytes
    names: tuple[str, ...]


def merge(sides: Sequence[Side], taken: Mapping[str, str]) -> Merged:
    """`taken`: by path the side (RUN/N) that decides where its change conflicts with another's. Raises `AideatorError` if git fails."""
    patches = {side.name: by_path(side.patch) for side in sides}
    told: dict[str, bytes] = {}
    files: dict[str, tuple[str, ...]] = {}
    conflicts: list[Conflict] = []
    with tempfile.TemporaryDirectory(prefix="aideator-") as name:
        work = _Work(Git(Path(name)), Path(name))
        for path in sorted({path for patch in patches.values() for path in patch}):
            changes = {side: patch[path] for side, patch in patches.items() if path in patch}
            raws = {side: raw_of(patches[side], path) for side in changes}
            found = _same(raws) or work.merged(path, changes, taken.get(path)) or _whole(path, changes, raws, taken)
            if isinstance(found, Conflict):
                conflicts.append(found)
            else:
                told[path], files[path] = found
    conflicts += _in_each_others_place(told, files)
    return Merged(b"".join(told.values()), files, tuple(conflicts))


def _same(raws: Mapping[str, bytes]) -> tuple[bytes, tuple[str, ...]] | None:
    first = next(iter(raws.values()))
    return (first, tuple(raws)) if all(raw == first for raw in raws.values()) else None


def _whole(
    path: str, changes: Mapping[str, tuple[FilePatch, ...]], raws: Mapping[str, bytes], taken: Mapping[str, str]
) -> Conflict | tuple[bytes, tuple[str, ...]]:
    """Takes one side's file, if the user says whose: its lines can't be merged."""
    if (side := taken.get(path, "")) in raws:
        return raws[side], (side,)
    does = {name: _does(parts) for name, parts in changes.items()}
    return Conflict(path, tuple(changes), ", ".join(f"{what} by {name}" for name, what in does.items()))


def _does(parts: Sequence[FilePatch]) -> str:
    words = {"added": "added", "deleted": "deleted"}
    return "made something else" if len(parts) > 1 else words.get(parts[0].change, "changed")


class _Work:
    """A repository for the files that several sides change."""

    def __init__(self, git: Git, folder: Path) -> None:
        self._git = git
        self._folder = folder
        self._made = False

    def merged(
        self, path: str, changes: Mapping[str, tuple[FilePatch, ...]], taken: str | None
    ) -> tuple[bytes, tuple[str, ...]] | Conflict | None:
        """Merges a text file line by line. Returns None if it can only be taken as a whole."""
        parts = [part for each in changes.values() for part in each]
        base = base_of(parts) if all(is_told(part) and not part.binary for part in parts) else None
        modes = {mode for part in parts for mode in (part.old_mode, part.new_mode) if mode}
        kinds = {part.new is None for part in parts} | {len(each) > 1 for each in changes.values()}
        if base is None or kinds != {False} or not modes <= {*PLAIN}:
            return None
        sides = {name: self._content(path, base, name, each) for name, each in changes.items()}
        mode = _mode(base[0], [side.mode for side in sides.values()], sides.get(taken or ""))
        if mode is None:
            return None
        content, *others = sides.values()
        for other in others:
            found = self._both(base[1], content, other, taken)
            if found is None:
                return Conflict(path, (*content.names, *other.names), _places(changes, content.names, other.names))
            content = found
        raw = self._difference(path, base, _Blob(mode, content.data, ()))
        return (raw, content.names) if UNKNOWN not in raw else None

    def _content(self, path: str, base: tuple[str, bytes], name: str, parts: tuple[FilePatch, ...]) -> _Blob:
        self._begin()
        tree = tree_of(self._git, {path: base}, {path: parts})
        mode, _, blob = self._git.need("ls-tree", "-r", "-z", tree).partition(b"\t")[0].decode().split(" ")
        return _Blob(mode, self._git.need("cat-file", "blob", blob), (name,))

    def _both(self, base: bytes, one: _Blob, other: _Blob, taken: str | None) -> _Blob | None:
        """Returns None for lines that both change, unless one of the two is taken."""
        files = []
        for name, data in (("one", one.data), ("base", base), ("other", other.data)):
            (self._folder / name).write_bytes(data)
            files.append(name)
        side = ["--ours"] if taken in one.names else ["--theirs"] if taken in other.names else []
        done = self._git.run("merge-file", "-p", *side, *files)
        if done.code >= FAILED:
            raise AideatorError(f"git merge-file: {done.said}", code=ExitCode.DOES_NOT_APPLY)
        return None if done.code else _Blob(one.mode, done.out, (*one.names, *other.names))

    def _difference(self, path: str, base: tuple[str, bytes], new: _Blob) -> bytes:
        old, made = tree_of(self._git, {path: base}, {}), tree_of(self._git, {path: (new.mode, new.data)}, {})
        # Lines that no patch shows stay where they are; where there are none, git's usual way reads better.
        anchored = [f"--anchored={UNKNOWN.decode()}"] if UNKNOWN in base[1] else []
        out = self._git.need("diff-tree", *FORM, *anchored, old, made)
        return b"".join(without_index(file) for file in parse(out))

    def _begin(self) -> None:
        if not self._made:
            self._git.need("init", "--quiet", "--bare", ".")
            self._made = True


def _mode(old: str, new: Sequence[str], taken: _Blob | None) -> str | None:
    changed = {mode for mode in new if mode != old}
    if len(changed) > 1:
        return taken.mode if taken else None
    return next(iter(changed), old)


def _places(changes: Mapping[str, tuple[FilePatch, ...]], ones: Sequence[str], others: Sequence[str]) -> str:
    """Names the hunks that change the same lines."""
    told = []
    for one in ones:
        for other in others:
            first, second = changes[one][0], changes[other][0]
            for a, span in _spans(first):
                told += [
                    f"hunk {a} of {one} and hunk {b} of {other}, {_lines(min(span[0], lines[0]), max(span[1], lines[1]))}"
                    for b, lines in _spans(second)
                    if span[0] <= lines[1] + 1 and lines[0] <= span[1] + 1
                ]
    return "; ".join(told) or f"changed by {', '.join([*ones, *others])}"


def _spans(file: FilePatch) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yields each hunk's number, and the first and the last line of the base that it changes."""
    for number, hunk in enumerate(file.hunks, 1):
        at, changed, before = hunk.old_start + (hunk.old_count == 0), [], b" "
        for line in hunk.lines:
            sign = line[:1]
            if sign == b"-" or (sign == b"+" and before != b"-"):
                changed.append(at)
            at += sign in (b"-", b" ")
            before = before if sign == b"+" and before == b"-" else sign
        if changed:
            yield number, (min(changed), max(changed))


def _lines(first: int, last: int) -> str:
    return f"line {first}" if first == last else f"lines {first} to {last}"


def _in_each_others_place(told: Mapping[str, bytes], files: Mapping[str, tuple[str, ...]]) -> Iterable[Conflict]:
    """Finds a file where another side makes a folder."""
    there = sorted(path for path, raw in told.items() if any(part.new is not None for part in parse(raw)))
    for outer, inner in combinations(there, 2):
        if inner.startswith(f"{outer}/"):
            yield Conflict(outer, (*files[outer], *files[inner]), f"a file here, and a folder with {inner}")
