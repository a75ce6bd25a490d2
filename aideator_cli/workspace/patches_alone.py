"""The difference between the results of two patches, without the files that they change.

The patches show some lines of each file, with their numbers. The other lines are the same on both sides, and placeholders stand for them.
The patches show three lines around each change, so no placeholder appears in the difference. A patch does not show the content of a binary
file that it changes.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from aideator_cli.system.git import Git
from aideator_cli.workspace.patches import NO_NEWLINE, FilePatch, parse
from aideator_cli.workspace.trees import quoted

UNKNOWN: Final = b"\x01aideator: a line that no patch shows "

Side = dict[
    str, tuple[FilePatch, ...]
]  # a file that becomes a link, or the reverse, has two parts: a deletion and an addition


def difference(old: bytes, new: bytes, form: Sequence[str]) -> tuple[bytes, tuple[str, ...]]:
    """Returns the difference in the form of `git diff-tree` with these options, and the files whose difference is unknown."""
    sides = [by_path(patch) for patch in (old, new)]
    differing = [path for path in sorted({*sides[0], *sides[1]}) if raw_of(sides[0], path) != raw_of(sides[1], path)]
    files = {path: [side[path] for side in sides if path in side] for path in differing}
    bases = {
        path: base_of([parts[0] for parts in files[path]])
        for path in differing
        if all(is_told(part) for parts in files[path] for part in parts)
    }
    untold = tuple(path for path in differing if path not in bases or bases[path] is None)
    with tempfile.TemporaryDirectory(prefix="aideator-") as name:
        git = Git(Path(name))
        git.need("init", "--quiet", "--bare", ".")
        told = {path: base for path, base in bases.items() if base is not None}
        trees = [tree_of(git, told, side) for side in sides]
        out = git.need("diff-tree", *form, f"--anchored={UNKNOWN.decode()}", *trees)
    return b"".join(without_index(file) for file in parse(out)), untold


def by_path(patch: bytes) -> Side:
    """Returns the parts of a patch by the files that they change."""
    found: dict[str, tuple[FilePatch, ...]] = {}
    for file in parse(patch):
        found[file.path] = (*found.get(file.path, ()), file)
    return found


def raw_of(side: Side, path: str) -> bytes:
    """Returns what a patch says about a file. Empty if it does not change it."""
    return b"".join(part.raw for part in side.get(path, ()))


def is_told(file: FilePatch) -> bool:
    """Whether the patch shows both contents around the change."""
    return file.change in ("added", "deleted", "modified") and (not file.binary or file.change == "added")


def base_of(files: Sequence[FilePatch]) -> tuple[str, bytes] | None:
    """Returns the file's previous mode ("" if it did not exist) and the content that matters. None if the patches contradict each other."""
    if files[0].old is None:
        return ("", b"") if all(file.old is None for file in files) else None
    known: dict[int, bytes] = {}
    for number, line in (told for file in files for told in _before(file)):
        if known.setdefault(number, line) != line:
            return None
    lines = (known.get(number, UNKNOWN + b"%d\n" % number) for number in range(1, max(known, default=0) + 1))
    return next((file.old_mode for file in files if file.old_mode), "100644"), b"".join(lines)


def _before(file: FilePatch) -> Iterator[tuple[int, bytes]]:
    for hunk in file.hunks:
        number = hunk.old_start
        for line, following in zip(hunk.lines, (*hunk.lines[1:], b""), strict=True):
            if line[:1] in (b" ", b"-"):
                yield number, line[1:] + (b"" if following == NO_NEWLINE else b"\n")
                number += 1


def tree_of(git: Git, bases: dict[str, tuple[str, bytes]], side: Side) -> str:
    blobs = {
        path: git.line("hash-object", "-w", "--no-filters", "--stdin", stdin=text) for path, (_, text) in bases.items()
    }
    entries = (f"{mode} {blobs[path]}\t{path}\0" for path, (mode, _) in bases.items() if mode)
    git.need("read-tree", "--empty")
    git.need("update-index", "-z", "--index-info", stdin=os.fsencode("".join(entries)))
    patch = quoted(b"".join(raw_of(side, path) for path in bases))
    if patch:
        git.need("apply", "--cached", "--binary", "-", stdin=patch)
    return git.line("write-tree")


def without_index(file: FilePatch) -> bytes:
    """Removes the index line: its blobs do not exist here. A binary patch keeps it, since its hashes are valid and git needs them."""
    if file.binary:
        return file.raw
    return b"".join(line for line in file.raw.splitlines(keepends=True) if not line.startswith(b"index "))
