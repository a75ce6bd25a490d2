"""Hands hidden checks to agents on this machine: by descriptors of files without a name, so that no other process can open them.

Each agent gets the archive, a shared lock that it holds while its model works, and the same file opened anew, whose exclusive lock is free
once no agent works any more. The locks are taken before the first agent starts.
"""

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager


@contextmanager
def handed(archive: bytes | None, variations: Sequence[int]) -> Iterator[Mapping[int, Sequence[int]]]:
    """Yields the descriptors for each variation. They are closed here at the end. Yields nothing without an archive. Raises `OSError`."""
    if archive is None:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="aideator-") as room, ExitStack() as opened:
        paths = [os.path.join(room, name) for name in ("archive", "lock")]  # noqa: PTH118
        for path, data in zip(paths, (archive, b""), strict=True):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(data)
        found = {}
        for number in variations:
            found[number] = [os.open(path, os.O_RDWR) for path in (paths[0], paths[1], paths[1])]
            for fd in found[number]:
                opened.callback(os.close, fd)
            fcntl.flock(found[number][1], fcntl.LOCK_SH)
        for path in paths:
            os.unlink(path)  # noqa: PTH108
        yield found


def variable(descriptors: Sequence[int]) -> dict[str, str]:
    """Returns the variable that tells an agent its descriptors."""
    return {"AIDEATOR_HIDDEN": ":".join(map(str, descriptors))} if descriptors else {}
