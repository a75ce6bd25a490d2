"""The folders of a local attempt, which it removes itself when it has ended."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any


def remove(*folders: Path) -> None:
    """Removes them with all that is in them, and the folder that they share if nothing else is in it."""
    for folder in folders:
        shutil.rmtree(folder, onerror=_with_rights)
    parents = {folder.parent for folder in folders}
    if len(parents) == 1:
        with suppress(OSError):
            parents.pop().rmdir()


def _with_rights(act: Callable[..., Any], path: str, _error: object) -> None:
    """Once more, after giving the owner's rights back; what still stays is left there."""
    with suppress(OSError):
        Path(path).parent.chmod(0o700)
        if act in (os.scandir, os.open, os.lstat, os.rmdir):
            Path(path).chmod(0o700)
            shutil.rmtree(path, ignore_errors=True)
        else:
            act(path)
