"""Hidden checks as they travel: one archive of commands and files, which the spec does not have."""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aideator_agent.carried import BYTES, FILES, is_inside
from aideator_agent.spec import Hidden
from aideator_cli.errors import not_found, usage
from aideator_cli.intake.sending.sealed import Contents
from aideator_cli.text.figures import size

if TYPE_CHECKING:
    from aideator_cli.intake.checks import Checks
    from aideator_cli.intake.repository import Located
    from aideator_cli.intake.request import Request

PACKED: Final = 16 * 1024**2  # bytes: a cluster keeps it in Secrets, and on this machine each agent in its memory


def check(request: "Request", backend: str) -> None:
    """Raises `AideatorError` (usage) for options that would let an agent see them on this machine."""
    if backend != "local":
        return
    for option, value in (
        ("--escalate", request.escalate), ("--max-parallel", request.parallel), ("--first", request.first), ("--retries", request.retries)
    ):  # fmt: skip
        if value:
            raise usage(
                f"{option} can't be combined with hidden checks on this machine: they run once all agents have ended their work",
                hint="leave one of them out, or use --backend kubernetes",
            )


def files(folder: Path, located: "Located | None") -> Contents:
    """Returns the files of the folder. `located`: None if the repository is not on this machine.

    Raises `AideatorError` for files that can't be laid over a tree, or that agents could find.
    """
    if located is not None:
        _expect_outside(folder, located)
    return _read(folder)


def pack(contents: Contents, asked: "Checks", located: "Located") -> tuple[bytes, Hidden]:
    """Returns the archive and what the spec says of it. Raises `AideatorError` for files that can't be laid over a tree."""
    commands = [*asked.setup, *(check.command for check in (*asked.checks, *asked.hidden))]
    _check_paths(contents, commands, asked.verify_report, located)
    from aideator_agent.hidden import archive

    packed = archive(asked.hidden, contents)
    if len(packed) > PACKED:
        raise usage(f"--hidden: its files are {size(len(packed))} when packed; the most are {size(PACKED)}")
    return packed, Hidden(len(asked.hidden), len(contents))


def _check_paths(paths: Collection[str], commands: Sequence[str], report: str | None, located: "Located") -> None:
    if report in paths:
        raise usage(f"--hidden has {report}, which is the file of --verify-report", hint="take it out of the folder")
    if not paths or located.folder is None or located.base is None:
        return
    from aideator_agent.hidden import clash
    from aideator_cli.intake.sending.include import tracked
    from aideator_cli.system.git import Git

    if replaced := clash(tracked(Git(located.folder), located.base, list(paths)), commands):
        raise usage(
            f"--hidden has {replaced}, which would replace the repository's own: it decides what checks mean",
            hint="take it out of the folder, or give it a place of its own",
        )


def _expect_outside(folder: Path, located: "Located") -> None:
    tops = {place.resolve() for place in (located.path, located.folder) if place is not None}
    place = folder.resolve()
    if any(place == top or top in place.parents for top in tops):
        raise usage(
            f"--hidden {folder} is inside the repository, where agents may find it",
            hint="move it out of the repository",
        )


def _read(folder: Path) -> dict[str, tuple[bytes, bool]]:
    """Returns the files by their paths from the folder: their bytes, and whether they can be run."""
    if not os.path.lexists(folder):
        raise not_found(f"--hidden {folder}: there is no such folder")
    if not folder.is_dir():
        raise usage(f"--hidden {folder} is not a folder", hint="put the file into a folder of its own")
    contents: dict[str, tuple[bytes, bool]] = {}
    count = 0
    for path in _walk(folder, folder):
        data, executable = _file(folder, path)
        count += len(data)
        contents[path] = data, executable
        if len(contents) > FILES or count > BYTES:
            raise usage(f"--hidden {folder} has more than {FILES:,} files, or more than {size(BYTES)}")
    if not contents:
        raise usage(f"--hidden {folder} has no files", hint="put the files into it that only the checks should see")
    return contents


def _walk(top: Path, folder: Path) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise usage(f"--hidden {folder} can't be read: {error.strerror or error}") from error
    for entry in entries:
        path = str(Path(entry.path).relative_to(top))
        if entry.is_symlink():
            raise usage(f"--hidden has a symbolic link, {path}", hint="copy what it leads to in its place")
        if not is_inside(path):
            raise usage(f"--hidden has {path}, which is git's own", hint="name a folder that is no repository")
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(top, Path(entry.path))
        else:
            yield path


def _file(folder: Path, path: str) -> tuple[bytes, bool]:
    try:
        with os.fdopen(os.open(folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise usage(f"--hidden has {path}, which is no plain file")
            data = file.read(BYTES + 1)
    except OSError as error:
        raise usage(f"--hidden has {path}, which can't be read: {error.strerror or error}") from error
    if len(data) > BYTES:
        raise usage(f"--hidden has {path}, which is larger than {size(BYTES)}")
    return data, bool(mode & 0o100)
