"""The folders of a local attempt, which the attempt itself removes when it has ended."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

AFTER_OTHERS: Final = 5  # added to the niceness: what is still at work comes first


def remove(*folders: Path) -> None:
    """Removes the folders with their content, and their common parent if it is then empty.

    Nothing else may be at work in them any more. Nobody waits for this: it leaves the processors to those who work.
    """
    os.nice(AFTER_OTHERS)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
        if os.path.lexists(folder):
            _open_up(folder)
            shutil.rmtree(folder, ignore_errors=True)
    parents = {folder.parent for folder in folders}
    if len(parents) == 1:
        with suppress(OSError):
            parents.pop().rmdir()


def _open_up(folder: Path) -> None:
    """Gives the owner all rights to the folders, without which nothing in them can be removed."""
    with suppress(OSError):
        if not folder.is_symlink():
            folder.chmod(0o700)
        for place, names, _ in os.walk(folder):  # goes into each only after it was opened here
            for inner in (Path(place, name) for name in names):
                if not inner.is_symlink():
                    inner.chmod(0o700)
