"""The disk that local runs take: their folders in HOME/runs, and the temporary folders of agents."""

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TEMPORARY: Final = re.compile(r"aideator-([a-z0-9]+)-\d+-.+")


def used(home: Path) -> dict[str, int]:
    """Returns the bytes that each run with a folder in HOME/runs has on the disk. Leaves out what can't be read."""
    sizes = {path.name: _size(path) for path in _folders(home / "runs")}
    for path in _folders(Path(tempfile.gettempdir())):
        found = _TEMPORARY.fullmatch(path.name)
        if found and found[1] in sizes:
            sizes[found[1]] += _size(path)
    return sizes


def remove(home: Path, run: str) -> None:
    """Removes what `used` counts of the run. Leaves what can't be removed."""
    shutil.rmtree(home / "runs" / run, ignore_errors=True)
    for path in _folders(Path(tempfile.gettempdir())):
        found = _TEMPORARY.fullmatch(path.name)
        if found and found[1] == run:
            shutil.rmtree(path, ignore_errors=True)


def _folders(parent: Path) -> list[Path]:
    try:
        return sorted(Path(each) for each in os.scandir(parent) if each.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _size(folder: Path) -> int:
    """Counts a file with several names once, and follows no link."""
    seen: dict[tuple[int, int], int] = {}
    for found in _stats(folder):
        seen[found.st_dev, found.st_ino] = found.st_blocks * 512  # POSIX: whatever the file system's blocks are
    return sum(seen.values())


def _stats(folder: Path) -> Iterator[os.stat_result]:
    for place, _, names in os.walk(folder):
        for path in (place, *(os.path.join(place, name) for name in names)):  # noqa: PTH118
            try:
                found = os.lstat(path)
            except OSError:
                continue
            if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode):
                yield found
