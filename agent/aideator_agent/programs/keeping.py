"""The file in which a program keeps its conversation: read for a checkpoint while it works, and laid back before another one starts.

The program and the model's commands may do with HOME what they like: no link is followed there, and what is no plain file is none.
"""

import json
import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Final

from aideator_agent.files import FILE, FOLDER
from aideator_agent.models.base import is_shallow
from aideator_agent.past import BYTES, LINES, Past, fits
from aideator_agent.program import SessionFile
from aideator_agent.programs.home import Home
from aideator_agent.verdict import failed

READ: Final = 16 * 1024 * 1024  # bytes of a file
READ_LINES: Final = 5 * LINES  # with those that are not needed
LINE: Final = BYTES  # bytes; as objects, a line may take 20 times the memory
FIRST: Final = 64 * 1024  # bytes in which the first line names the session
NAMES: Final = 1000  # of a folder that are looked at
FILES: Final = 200  # and folders, that are looked into
DEEPEST: Final = 64  # levels of a line


class Unusable(Exception):
    """The conversation can't be laid back. The message says why."""


class Keeping:
    """`place` is the folder in which HOME and the checkout lie."""

    def __init__(self, home: Home, file: SessionFile, place: Path) -> None:
        parts = PurePosixPath(file.file).parts
        if not parts or ".." in parts or PurePosixPath(file.file).is_absolute():
            raise failed("agent", f"{home.program.name}: {file.file!r} is not a file below its HOME")
        self._home = home
        self._parts = parts
        self._without = frozenset(file.without)
        self._laid = file.laid
        self._place = os.fspath(place)
        self._found: tuple[str, ...] | None = None

    def look(self, session: str, by: str) -> Past | None:
        """Returns the session's conversation so far. None: there is no such file, or it is too long."""
        if self._found is None:
            self._found = next((path for path in self._matching() if self._names(path, session)), None)
        data = None if self._found is None else _head(self._home.folder, self._found, READ + 1)
        if data is None or self._found is None:
            self._found = None
            return None
        if len(data) > READ or data.count(b"\n") > READ_LINES:
            return None
        written = data.split(b"\n")[:-1]
        if max(map(len, written), default=0) > LINE:
            return None
        lines = tuple(self._kept(written))
        return Past(session, by, self._place, "/".join(self._found), lines) if fits(lines) else None

    def lay(self, past: Past) -> Past:
        """Writes the file for a program that starts in this place. Returns the conversation as it lies there. Raises `Unusable`."""
        if not past.lines or not all(map(_is_record, past.lines)):
            raise Unusable("it is not whole")
        *folders, name = past.path.replace(_as_name(past.place), _as_name(self._place)).split("/")
        path = "/".join((*folders, name if name.startswith(self._laid) else self._laid + name))
        if not self._is_match(PurePosixPath(path).parts):
            raise Unusable(f"{past.path[:200]!r} is not where its file lies")
        before, now = _quoted(past.place), _quoted(self._place)
        lines = tuple(line.replace(before, now) for line in past.lines)
        try:
            self._home.lay(path, "".join(f"{line}\n" for line in lines))
        except (OSError, ValueError) as error:
            raise Unusable(f"its file can't be written: {error}") from error
        return replace(past, place=self._place, path=path, lines=lines)

    def _kept(self, written: Iterable[bytes]) -> Iterator[str]:
        """Yields the lines but for those of a type that the program does not need."""
        for line in (each.decode(errors="replace") for each in written):
            record = _record(line)
            if record is not None and record.get("type") not in self._without:
                yield line

    def _names(self, path: tuple[str, ...], session: str) -> bool:
        first = (_head(self._home.folder, path, FIRST) or b"").partition(b"\n")[0]
        return json.dumps(session) in first.decode(errors="replace")

    def _is_match(self, parts: tuple[str, ...]) -> bool:
        pairs = zip(parts, self._parts, strict=False)
        return len(parts) == len(self._parts) and all(_fits(name, pattern) for name, pattern in pairs)

    def _matching(self) -> Iterator[tuple[str, ...]]:
        found: list[tuple[str, ...]] = [()]
        for depth, pattern in enumerate(self._parts):
            last = depth == len(self._parts) - 1
            inner = (
                (*path, n) for path in found for n in _names(self._home.folder, path, last=last) if _fits(n, pattern)
            )
            found = list(islice(inner, FILES))
        yield from found


def _fits(name: str, pattern: str) -> bool:
    return name.isprintable() and "/" not in name and name != ".." and fnmatchcase(name, pattern.replace("[", "[[]"))


def _as_name(folder: str) -> str:
    """Returns the name that programs make of a folder's path."""
    return re.sub(r"[^A-Za-z0-9]", "-", folder)


def _quoted(text: str) -> str:
    """Returns the text as it stands in a string of JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _is_record(line: str) -> bool:
    return _record(line) is not None


def _record(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and is_shallow(record, DEEPEST) else None


def _names(root: Path, path: tuple[str, ...], *, last: bool) -> list[str]:
    """Returns the names of the files (`last`) or folders in a folder."""
    with suppress(OSError), _Opened(root, path) as folder, os.scandir(folder) as entries:
        several = [entry for entry, _ in zip(entries, range(NAMES), strict=False)]
        kind = stat.S_ISREG if last else stat.S_ISDIR
        return sorted(entry.name for entry in several if kind(entry.stat(follow_symlinks=False).st_mode))
    return []


def _head(root: Path, path: tuple[str, ...], limit: int) -> bytes | None:
    """Returns the beginning of a regular file. None: there is none that can be read."""
    with (
        suppress(OSError),
        _Opened(root, path[:-1]) as folder,
        os.fdopen(os.open(path[-1], FILE, dir_fd=folder), "rb") as file,
    ):
        return file.read(limit) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else None
    return None


class _Opened:
    """A folder below `root`, reached without following a link. Raises `OSError` if there is none."""

    def __init__(self, root: Path, path: tuple[str, ...]) -> None:
        self._fd = os.open(root, FOLDER)
        for name in path:
            try:
                inner = os.open(name, FOLDER, dir_fd=self._fd)
            finally:
                os.close(self._fd)
            self._fd = inner

    def __enter__(self) -> int:
        return self._fd

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
