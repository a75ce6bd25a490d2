"""The state of the working tree at given paths, as git sees it, and what blocks new files there."""

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from aideator_cli.workspace.trees import GITLINK, Entries, Entry, Scratch, listed

ODD = Entry("odd", "")  # something that git can't store: a pipe, a socket


def on_disk(scratch: Scratch, head: str | None, known: Entries) -> dict[str, Entry | None]:
    """Returns the working tree's files at the paths of `known`, which has HEAD's entries. Reads every file; does not trust git's caches."""
    top = scratch.target.top
    git = replace(scratch.git.with_variables({"GIT_WORK_TREE": str(top)}), folder=top)
    scratch.load(head)
    found: dict[str, Entry | None] = dict(known)
    plain = [path for path in known if _kind(top, path) is not None]
    odd = {
        path for path in plain if not stat.S_ISREG(_kind(top, path) or 0) and not stat.S_ISLNK(_kind(top, path) or 0)
    }
    read = [path for path in plain if path not in odd]
    git.need("update-index", "--add", "--replace", "-z", "--stdin", stdin=listed(read))
    gone = [path for path in known if path not in plain and not _is_link(known[path])]
    sparse = _left_out(scratch, gone)
    git.need(
        "update-index", "--force-remove", "-z", "--stdin", stdin=listed(path for path in gone if path not in sparse)
    )
    found.update({path: change.new for path, change in scratch.staged(head).items() if path in known})
    return {**found, **dict.fromkeys(odd, ODD)}


def _left_out(scratch: Scratch, paths: Collection[str]) -> set[str]:
    """Returns the missing files that a sparse checkout leaves out: they count as HEAD has them."""
    if not paths:
        return set()
    tagged = scratch.target.git.need("ls-files", "-t", "-z").split(b"\0")
    return {os.fsdecode(line[2:]) for line in tagged if line.startswith(b"S ")} & set(paths)


def _is_link(entry: Entry | None) -> bool:
    return entry is not None and entry.mode == GITLINK


def _kind(top: Path, path: str) -> int | None:
    """Returns the mode of what is there. None if it is missing, a folder, or behind a symbolic link."""
    try:
        if blocked_by(top, path) is not None:
            return None
        mode = os.lstat(top / path).st_mode
    except OSError:
        return None
    return None if stat.S_ISDIR(mode) else mode


def blocked_by(top: Path, path: str) -> str | None:
    """Returns the first parent of the path that is not a folder."""
    for parent in parents(path):
        try:
            if not stat.S_ISDIR(os.lstat(top / parent).st_mode):
                return parent
        except FileNotFoundError:
            return None
    return None


def parents(path: str) -> Iterator[str]:
    """Yields the parents, outermost first."""
    parts = path.split("/")
    return ("/".join(parts[:length]) for length in range(1, len(parts)))


def in_the_way(top: Path, leaving: Collection[str], coming: Iterable[str]) -> list[str]:
    """Returns what is not in the patch but occupies the place of its new files or their folders."""
    gone = set(leaving)
    found = []
    for path in coming:
        parent = blocked_by(top, path)
        if parent is not None and parent not in gone:
            found.append(parent)
        elif parent is None and (top / path).is_dir() and not (top / path).is_symlink():
            found += [inside for inside in _files(top, path) if inside not in gone][:1]
    return found


def _files(top: Path, folder: str) -> Iterator[str]:
    for place, folders, names in os.walk(os.fspath(top / folder)):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]  # noqa: PTH114, PTH118
        for name in (*names, *links):
            yield os.path.relpath(os.path.join(place, name), top)  # noqa: PTH118
