"""A short map of a repository: its folders with what they hold, and the names that most of its files speak of."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from heapq import nlargest
from itertools import islice
from typing import Final

from aideator_agent.search.definitions import defined, ending_of
from aideator_agent.search.excerpts import MOST_LINES, SEARCHED, plain
from aideator_agent.search.index import DEFINED, SHIFT, Index

ROOM: Final = 6000  # characters, about 2,000 tokens
FOLDERS: Final = 30
SHOWN: Final = 6  # files of a folder that are named
NAMES: Final = 40
LOOKED_AT: Final = 300  # names of which some are only words
WIDEST: Final = 90  # bytes of a definition
LEAST: Final = 4  # letters of a name that is told
FEWEST: Final = 3  # files that hold it
PROSE: Final = frozenset(("md", "rst", "txt", "json", "yaml", "yml", "toml", "lock", "html", "css", "svg", "csv"))


def drawn(index: Index, read: Callable[[str], bytes], below: str = "") -> str:
    """Returns the map as text. `read` gives a file's content. `below`: the folder that is drawn; empty: all."""
    paths = [path for path in index.numbers if _lies(path, below)]
    if not paths:
        return "There are no files."
    told = [f"{len(paths):,} files{f' in {below}' if below else ''}: {_kinds(paths)}", "", *_folders(paths, below)]
    names = _names(index, read, below)
    if names:
        told += ["", "Defined here, and spoken of most:", *names]
    return _fitting(told)


def _kinds(paths: Iterable[str]) -> str:
    counted = Counter(ending_of(path) or "others" for path in paths)
    return ", ".join(f"{ending} {count:,}" for ending, count in counted.most_common(6))


def _folders(paths: Sequence[str], below: str) -> list[str]:
    """Returns the folders with their files, the largest unfolded, at most `FOLDERS` lines."""
    start = below.count("/") + 1 if below else 0
    shown = {below: len(paths)}
    for depth in range(start + 1, start + 6):
        inner = Counter(folder for path in paths if (folder := _folder(path, depth)) is not None)
        shown.update(inner.most_common(FOLDERS - len(shown)))
        if len(shown) >= FOLDERS:
            break
    inside: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        inside.setdefault(folder, []).append(name)
    rows = []
    for folder in sorted(shown):
        names = inside.get(folder, [])
        some = f": {', '.join(names[:SHOWN])}{', …' if len(names) > SHOWN else ''}" if names else ""
        rows.append(f"{folder or '.'}/ ({shown[folder]:,}){some}")
    return rows


def _folder(path: str, depth: int) -> str | None:
    parts = path.split("/")
    return "/".join(parts[:depth]) if len(parts) > depth else None


def _names(index: Index, read: Callable[[str], bytes], below: str) -> list[str]:
    """Returns `path:line  DEFINITION`, for names that are defined in one or two files of code and held by many."""
    found = []
    for name in index.names():
        postings = index.postings(name)
        if len(postings) < FEWEST or len(name) < LEAST:
            continue
        alive = [each for each in postings if index.alive[each >> SHIFT]]
        where = [index.paths[each >> SHIFT] for each in alive if each & DEFINED]
        where = [path for path in where if ending_of(path) not in PROSE and _lies(path, below)]
        if 1 <= len(where) <= 2:
            found.append((len(alive) * _worth(name), name, where[0]))
    told = (_definition(read(path), name, path) for _, name, path in nlargest(LOOKED_AT, found))
    return list(islice((each for each in told if each), NAMES))


def _definition(data: bytes, name: bytes, path: str) -> str:
    """Returns where a name is defined in a file. Empty: nowhere, but in a comment."""
    ending = ending_of(path)
    for number, line in enumerate(data.split(b"\n", MOST_LINES)[:MOST_LINES], 1):
        if name in line and defined(line[:SEARCHED], ending) == name:
            return f"{path}:{number}  {plain(line[:WIDEST]).strip()}"
    return ""


def _worth(name: bytes) -> float:
    """A name with a capital or of several parts is rather a name than a word."""
    return 2.0 if re.search(rb"[A-Z]", name) else 1.0 if b"_" in name else 0.15


def _lies(path: str, below: str) -> bool:
    return not below or path.startswith(f"{below}/")


def _fitting(lines: Sequence[str]) -> str:
    room, kept = ROOM, []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            kept.append("…")
            break
        kept.append(line)
    return "\n".join(kept)
