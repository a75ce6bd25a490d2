"""Copies a folder to a place where hostile commands may run: creates each name anew and never follows a link there."""

import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from aideator_agent.files import FOLDER

NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def make_folder(name: str, parent: int) -> int:
    """Makes a folder inside the folder of the descriptor. Returns its own descriptor. Raises `OSError` if the name is taken."""
    os.mkdir(name, dir_fd=parent)
    return os.open(name, FOLDER, dir_fd=parent)


def copy(source: Path, target: int, check: Callable[[], None], without: Collection[str] = ()) -> None:
    """Copies the content of `source`, which nobody else writes to, into the empty folder `target`. Skips names in `without`."""
    with os.scandir(source) as entries:
        for entry in entries:
            check()
            if entry.name in without:
                continue
            if entry.is_symlink():
                os.symlink(Path(entry.path).readlink(), entry.name, dir_fd=target)
            elif entry.is_dir(follow_symlinks=False):
                inner = make_folder(entry.name, target)
                try:
                    copy(Path(entry.path), inner, check)
                finally:
                    os.close(inner)
            else:
                copy_file(Path(entry.path), target, entry.name)


def copy_file(source: Path, target: int, name: str) -> None:
    """Does nothing if the source is gone: git removes its temporary files during the copy."""
    try:
        file = source.open("rb")
    except FileNotFoundError:
        return
    with file:
        mode = os.fstat(file.fileno()).st_mode & 0o777
        with os.fdopen(os.open(name, NEW, mode | 0o200, dir_fd=target), "wb") as copied:
            shutil.copyfileobj(file, copied, 1 << 20)


def write_file(text: str, target: int, name: str) -> None:
    """Makes a file in the folder of the descriptor. Raises `OSError` if the name is taken."""
    with os.fdopen(os.open(name, NEW, 0o666, dir_fd=target), "w") as file:
        file.write(text)
