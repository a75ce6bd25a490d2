"""The difference of two patches' results, without the files that they were made on.

Of each file the lines that the patches show are known, by their numbers; the others are the same on both sides, and stand-ins take their
place. Around each change the patches show three lines, so that no stand-in comes up in the difference. Of a binary file that is changed
a patch does not tell the content.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from aideator_cli.applying.trees import quoted
from aideator_cli.git import Git
from aideator_cli.patches import NO_NEWLINE, FilePatch, parse

UNKNOWN: Final = b"\x01aideator: a line that no patch shows "

Side = dict[
    str, tuple[FilePatch, ...]
]  # a file that becomes a link, or a link a file, has two parts: it goes, and it comes


def difference(old: bytes, new: bytes, form: Sequence[str]) -> tuple[bytes, tuple[str, ...]]:
    """From the one's result to the other's, as `git diff-tree` with these options has it; and the files that differ it can't tell how."""
    sides = [_by_path(patch) for patch in (old, new)]
    differing = [path for path in sorted({*sides[0], *sides[1]}) if _raw(sides[0], path) != _raw(sides[1], path)]
    files = {path: [side[path] for side in sides if path in side] for path in differing}
    bases = {
        path: _base([parts[0] for parts in files[path]])
        for path in differing
        if all(_is_told(part) for parts in files[path] for part in parts)
    }
    untold = tuple(path for path in differing if path not in bases or bases[path] is None)
    with tempfile.TemporaryDirectory(prefix="aideator-") as name:
        git = Git(Path(name))
        git.need("init", "--quiet", "--bare", ".")
        told = {path: base for path, base in bases.items() if base is not None}
        trees = [_tree(git, told, side) for side in sides]
        out = git.need("diff-tree", *form, f"--anchored={UNKNOWN.decode()}", *trees)
    return b"".join(_without_index(file) for file in parse(out)), untold


def _by_path(patch: bytes) -> Side:
    found: dict[str, tuple[FilePatch, ...]] = {}
    for file in parse(patch):
        found[file.path] = (*found.get(file.path, ()), file)
    return found


def _raw(side: Side, path: str) -> bytes:
    return b"".join(part.raw for part in side.get(path, ()))


def _is_told(file: FilePatch) -> bool:
    return file.change in ("added", "deleted", "modified") and (not file.binary or file.change == "added")


def _base(files: Sequence[FilePatch]) -> tuple[str, bytes] | None:
    """The file's mode before, none of which is "", and its content as far as it matters; None: the patches contradict each other."""
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


def _tree(git: Git, bases: dict[str, tuple[str, bytes]], side: Side) -> str:
    blobs = {
        path: git.line("hash-object", "-w", "--no-filters", "--stdin", stdin=text) for path, (_, text) in bases.items()
    }
    entries = (f"{mode} {blobs[path]}\t{path}\0" for path, (mode, _) in bases.items() if mode)
    git.need("read-tree", "--empty")
    git.need("update-index", "-z", "--index-info", stdin=os.fsencode("".join(entries)))
    patch = quoted(b"".join(_raw(side, path) for path in bases))
    if patch:
        git.need("apply", "--cached", "--binary", "-", stdin=patch)
    return git.line("write-tree")


def _without_index(file: FilePatch) -> bytes:
    """Of blobs that exist nowhere git need not be told; in a binary patch they are true, and it needs them."""
    if file.binary:
        return file.raw
    return b"".join(line for line in file.raw.splitlines(keepends=True) if not line.startswith(b"index "))
