"""What was sent beside the spec: commits that no repository has, and files that no commit has.

The folder `AIDEATOR_SENT` holds each as one file or as several parts, `commits` or `commits.000`, `commits.001`, … The spec says how many
bytes they are together, and their hash.
"""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aideator_agent import arriving
from aideator_agent.emitter import Emitter
from aideator_agent.git import Git
from aideator_agent.settings import Settings
from aideator_agent.spec import Piece
from aideator_agent.verdict import failed

BASE: Final = "refs/aideator/base"  # the bundle's name for the base
CHUNK: Final = 1 << 20  # bytes read at once
SAID: Final = 500  # characters of git's message


def commits(settings: Settings, check: Callable[[], None]) -> Path | None:
    """Returns the bundle as a file in the private folder. None: no commits were sent. Raises `Ended`, or what `check` raises."""
    return _received(settings, "commits", check)


def carried(settings: Settings, check: Callable[[], None]) -> Path | None:
    """Returns the archive of carried files, as `commits` does."""
    return _received(settings, "carried", check)


def objects(settings: Settings, check: Callable[[], None]) -> Path | None:
    """Returns the archive of what submodules and Git LFS need, as `commits` does."""
    return _received(settings, "objects", check)


def patch(settings: Settings, check: Callable[[], None]) -> Path | None:
    """Returns the patch that the working tree begins with, as `commits` does."""
    return _received(settings, "patch", check)


def patches(settings: Settings, check: Callable[[], None]) -> Path | None:
    """Returns the archive of a referee's patches, as `commits` does."""
    return _received(settings, "patches", check)


def hidden(settings: Settings, check: Callable[[], None]) -> Path | None:
    """Returns the archive of hidden checks, as `commits` does."""
    return _received(settings, "hidden", check)


def builds_on_url(settings: Settings) -> bool:
    """Whether the commits that were sent need those of the repository's URL."""
    return settings.spec.sent is not None and settings.spec.sent.builds_on_url


def by_connection(settings: Settings) -> bool:
    """Whether the commits come on standard input."""
    return settings.spec.sent is not None and settings.spec.sent.by_connection


def arrive(settings: Settings, emitter: Emitter, check: Callable[[], None], other: Callable[[bytes], None]) -> bytes:
    """Waits for the commits that come on standard input, as `arriving.receive` does."""
    piece = settings.spec.sent.commits if settings.spec.sent else None
    if piece is not None and by_connection(settings):
        target = settings.private / "commits"
        return arriving.receive(sys.stdin.fileno(), target, piece.bytes, emitter, check, other)
    return b""


def begin(outside: Git, settings: Settings, bundle: Path) -> None:
    """Makes the repository from a bundle that stands alone, with the tags in it. Raises `Ended` (failed/infrastructure)."""
    sent, base = settings.spec.sent, settings.spec.repository.base or ""
    kind = "sha256" if len(base) == 64 else "sha1"
    words = ("init", "--quiet", "--template=", f"--object-format={kind}", str(settings.repo))
    need(outside, *words)
    inside = Git(settings.repo, outside.environment, outside.check)
    need(inside, "config", "core.autocrlf", "false")
    if sent is not None and sent.shallow:
        (settings.repo / ".git" / "shallow").write_text(f"{base}\n")
    need(inside, *FETCH, str(bundle), BASE, "refs/tags/*:refs/tags/*")
    bundle.unlink()  # it may be large, and a pod's disk is small


def add(inside: Git, bundle: Path, url: str) -> None:
    """Adds a bundle that builds on the commits of the URL. Raises `Ended` (failed/repository) if the clone lacks one of them."""
    done = inside.run(*FETCH, str(bundle), BASE)
    if done.code:
        said = " ".join(done.error.split())[-SAID:]
        raise failed("repository", f"the commits that were sent do not fit repository {url} any more ({said})")


FETCH: Final = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-commit-graph")


def need(git: Git, *words: str) -> None:
    """Raises `Ended` (failed/infrastructure) if git fails."""
    done = git.run(*words)
    if done.code:
        said = " ".join(done.error.split())[-SAID:]
        raise failed("infrastructure", f"the commits that were sent could not be unpacked ({said})")


def _received(settings: Settings, name: str, check: Callable[[], None]) -> Path | None:
    piece: Piece | None = getattr(settings.spec.sent, name, None)
    if piece is None:
        return None
    file = settings.private / name
    hashed, count = hashlib.sha256(), 0
    try:
        if not (name == "commits" and by_connection(settings)):
            _join(settings.sent, name, file, piece.bytes, check)
        with file.open("rb") as whole:
            while chunk := whole.read(CHUNK):
                check()
                hashed.update(chunk)
                count += len(chunk)
    except OSError as error:
        raise failed("infrastructure", f"what was sent with the run can't be read: {error}") from error
    if count != piece.bytes or hashed.hexdigest() != piece.sha256:
        raise failed(
            "infrastructure",
            f"what was sent with the run ({name}) did not arrive whole: {count} of {piece.bytes} bytes",
        )
    return file


def _join(folder: Path | None, name: str, target: Path, most: int, check: Callable[[], None]) -> None:
    """Writes the parts into one file. Stops after more than `most` bytes."""
    parts = [] if folder is None else sorted(path for path in folder.iterdir() if path.name.partition(".")[0] == name)
    count = 0
    with target.open("wb") as whole:
        for part in parts:
            with part.open("rb") as file:
                while count <= most and (chunk := file.read(CHUNK)):
                    check()
                    count += whole.write(chunk)
