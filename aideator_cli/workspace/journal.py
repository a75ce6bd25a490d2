"""The record of an apply, written before the working tree changes. It serves to roll back an interrupted apply and to undo a finished one.

A journal is a folder: `journal.json`, the incoming files in `new/N`, the previous ones in `before/N`. Each file is either here or in the
working tree, so the folder alone shows how far the apply got.
"""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final, Literal

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, ExitCode

ROOM: Final = "aideator"  # our own folder, next to git's files
KEPT: Final = 20  # how many finished journals a working tree keeps
State = Literal["moving", "applied"]


@frozen
class Move:
    path: str
    had: bool  # a file existed before
    has: bool  # a file exists afterwards
    digest: str | None = None  # of that file


@frozen
class Journal:
    folder: Path
    name: str  # RUN/N
    state: State
    moves: tuple[Move, ...]
    folders: dict[str, int]  # the existing folders around the paths, and their permissions
    index: str = ""  # git's previous entries of conflicting paths, for update-index --index-info

    def new(self, number: int) -> Path:
        return self.folder / "new" / str(number)

    def before(self, number: int) -> Path:
        return self.folder / "before" / str(number)

    def write(self, state: State) -> "Journal":
        written = replace(self, state=state)
        data = {"state": state, "name": self.name, "folders": self.folders, "index": self.index,
                "moves": [asdict(move) for move in self.moves]}  # fmt: skip
        draft = self.folder / "journal.draft"
        with draft.open("w") as file:
            json.dump(data, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / "journal.json")
        return written

    def discard(self) -> None:
        shutil.rmtree(self.folder)


def read(folder: Path) -> Journal | None:
    """Returns None if the journal was never finished: then nothing was changed."""
    try:
        data = json.loads((folder / "journal.json").read_text())
    except FileNotFoundError:
        return None
    moves = tuple(Move(**move) for move in data["moves"])
    return Journal(folder, data["name"], data["state"], moves, data["folders"], data["index"])


def journals(room: Path) -> list[Journal]:
    """Returns the journals, oldest first."""
    folders = sorted(path for path in (room / "applied").glob("*") if path.name.isdecimal())
    return [journal for journal in map(read, folders) if journal is not None]


def holder(folder: Path) -> Path | None:
    """Returns the top of the working tree that `folder` is in, if it can have journals. Asks no git, which would take longer."""
    folder = folder.resolve()
    top = next((each for each in (folder, *folder.parents) if os.path.lexists(each / ".git")), None)
    if top is None or ((top / ".git").is_dir() and not (top / ".git" / ROOM / "applied").is_dir()):
        return None
    return top


def next_folder(room: Path) -> Path:
    """Returns an empty folder. Removes journals that were begun but never finished."""
    place = room / "applied"
    place.mkdir(parents=True, exist_ok=True)
    for folder in place.iterdir():
        if not (folder / "journal.json").exists():
            shutil.rmtree(folder)
    for journal in journals(room)[:-KEPT]:
        journal.discard()
    numbers = [int(path.name) for path in place.iterdir() if path.name.isdecimal()]
    folder = place / f"{max(numbers, default=0) + 1:06}"
    for made in (folder, folder / "new", folder / "before"):
        made.mkdir()
    return folder


@contextmanager
def alone(room: Path) -> Iterator[None]:
    """Locks the working tree. Raises `AideatorError` if another process holds the lock."""
    import fcntl

    room.mkdir(parents=True, exist_ok=True)
    with (room / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AideatorError(
                f"another aideator process is changing the working tree of {room.parent}", code=ExitCode.DOES_NOT_APPLY
            ) from error
        for left in room.glob("scratch-*"):  # left by a process that was killed
            shutil.rmtree(left)
        yield


def digest(path: Path) -> str | None:
    """Returns the digest of a file's bytes and of the mode bits that git keeps. None if there is no file or link."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return _sum(b"link", os.fsencode(path.readlink()))
        if not stat.S_ISREG(mode):
            return None
        return _sum(b"run" if mode & stat.S_IXUSR else b"file", path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None


def _sum(kind: bytes, content: bytes) -> str:
    import hashlib  # takes 5 ms, which `show` does not need

    return hashlib.sha256(kind + b"\0" + content).hexdigest()
