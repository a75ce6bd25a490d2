"""The archive of carried files: tar with gzip, plain files only."""

import gzip
import os
import stat
import tarfile
from collections.abc import Sequence
from pathlib import Path

from aideator_agent.carried import BYTES, FILES
from aideator_cli.errors import usage
from aideator_cli.text.figures import size


def write(target: Path, top: Path, paths: Sequence[str]) -> None:
    """Raises `AideatorError` if a file can't be read, or the files are too many or too large."""
    if len(paths) > FILES:
        raise usage(
            f"{len(paths):,} files would be carried; the most are {FILES:,}", hint="name fewer in .worktreeinclude"
        )
    count = 0
    # neither time nor name of the archive: the same files give the same bytes
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in paths:
            count += _add(tar, top, path)
            if count > BYTES:
                raise usage(f"the carried files have more than {size(BYTES)}", hint=f"the last one was {path}")


def _add(tar: tarfile.TarFile, top: Path, path: str) -> int:
    """Returns the file's bytes."""
    try:
        with os.fdopen(os.open(top / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise usage(f"{path} is not a plain file any more")
            member = tarfile.TarInfo(path)
            member.size = found.st_size
            member.mode = 0o755 if found.st_mode & 0o100 else 0o644
            if member.size <= BYTES:
                tar.addfile(member, file)
            return member.size
    except OSError as error:
        raise usage(f"{path} can't be carried: {error.strerror or error}") from error
