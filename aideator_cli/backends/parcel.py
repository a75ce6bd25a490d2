"""What is sent beside a run's spec. Its files stay in HOME/runs/RUN/sent until the run is deleted, so that a retry sends the same."""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from aideator_cli.errors import unwritable

FOLDER: Final = "sent"


def place(runs: Path, run: str) -> Path:
    """Returns the folder of a run's files. `runs` is HOME/runs."""
    return runs / run / FOLDER


def keep(runs: Path, run: str, files: Mapping[str, Path]) -> None:
    """Stores the files under their names. Raises `AideatorError`; then none of them is stored."""
    if not files:
        return
    folder = place(runs, run)
    try:
        folder.parent.mkdir(parents=True, mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700)
        for name, file in files.items():
            shutil.copyfile(file, folder / name)
            (folder / name).chmod(0o600)
    except OSError as error:
        forget(runs, run)
        raise unwritable(folder, error) from error


def add(runs: Path, run: str, files: Mapping[str, Path]) -> None:
    """Stores what is missing of the files, each whole at once: another thread may do the same. Raises `AideatorError`."""
    folder = place(runs, run)
    try:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
        for name, file in files.items():
            beside = folder / f".{name}.{os.urandom(6).hex()}"
            try:
                shutil.copyfile(file, beside)
                beside.chmod(0o600)
                beside.replace(folder / name)
            finally:
                beside.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error


def forget(runs: Path, run: str) -> None:
    """Removes the files, and the run's folder if it holds nothing else."""
    folder = place(runs, run)
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()
