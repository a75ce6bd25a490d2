"""The folders of a local attempt, which the attempt itself removes when it has ended."""

import os
import shutil
from contextlib import suppress
from pathlib import Path


def remove(*folders: Path) -> None:
    """Removes the folders with their content, and their common parent if it is then empty.

    Folders get back the owner's rights first. Nothing else may be at work in them any more.
    """
    for folder in folders:
        _open_up(folder)
        shutil.rmtree(folder, ignore_errors=True)
    parents = {folder.parent for folder in folders}
    if len(parents) == 1:
        with suppress(OSError):
            parents.pop().rmdir()


def _open_up(folder: Path) -> None:
    with suppress(OSError):
        if not folder.is_symlink():
            folder.chmod(0o700)
        for place, names, _ in os.walk(folder):  # goes into each only after it was opened here
            for inner in (Path(place, name) for name in names):
                if not inner.is_symlink():
                    inner.chmod(0o700)
