"""The files of a checkout that are searched, and what they hold. Hostile commands share the checkout: no link is followed, nothing blocks.

Git names the files, those that the agent has added among them and those that git ignores not. It works with a git folder that no command
reaches, if there is one. Where git can't say it, the folders are walked.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from aideator_agent.files import FILE, FOLDER
from aideator_agent.git import Git, bare_environment
from aideator_agent.verdict import Ended, failed

FILE_BYTES: Final = 128 * 1024  # of a file that are searched
MOST_FILES: Final = 100_000
DEEPEST: Final = 64  # folders in one another, where git does not name the files
LISTED_BYTES: Final = 32 * 2**20
LISTING_SECONDS: Final = 20.0  # for git to name them: a pipe in the place of .gitignore holds it up for ever
LONGEST: Final = 1024  # bytes of a path
LINK: Final = b"160000"


class Repository(NamedTuple):
    path: str  # from the top; empty for the top
    git_dir: Path


class Seen(NamedTuple):
    """What tells a file's content apart from what it was."""

    size: int
    changed: int  # nanoseconds
    inode: int


class Tree:
    def __init__(self, root: Path, repositories: Sequence[Repository], check: Callable[[], None]) -> None:
        """`repositories`: the top's and those of submodules. `check` is called constantly and may raise to stop it."""
        self.root = root
        self._repositories = repositories
        self._check = check
        self._environment = bare_environment(os.environ, root)

    def paths(self) -> list[str]:
        """Returns the paths from the top, folder by folder, at most `MOST_FILES`. Bytes that are not UTF-8 become surrogates."""
        found: set[bytes] = set()
        for repository in self._repositories:
            named = self._named(repository)
            if named is None:
                return sorted(self._walked(), key=_place)
            within = os.fsencode(f"{repository.path}/" if repository.path else "")
            found.update(within + path for path in named if len(path) <= LONGEST)
        known = sorted((os.fsdecode(path) for path in found), key=_place)
        return known[:MOST_FILES] if known else sorted(self._walked(), key=_place)

    def looked_at(self, paths: Sequence[str]) -> "Iterator[tuple[str, Seen, Callable[[], bytes]]]":
        """Yields each path that is a regular file, what it looks like, and what reads it: its beginning, or nothing if it can't be read."""
        for folder, inside in groupby(paths, lambda path: path.rpartition("/")[0]):
            self._check()
            fd = self._opened(folder)
            if fd is None:
                continue
            try:
                for path in inside:
                    name = path.rpartition("/")[2]
                    with suppress(OSError):
                        found = os.stat(name, dir_fd=fd, follow_symlinks=False)
                        if stat.S_ISREG(found.st_mode):
                            yield path, Seen(found.st_size, found.st_mtime_ns, found.st_ino), partial(_begun, fd, name)
            finally:
                os.close(fd)

    def read(self, path: str) -> bytes:
        """Returns the beginning of one file, and nothing if it is not there any more."""
        return next((read() for _, _, read in self.looked_at([path])), b"")

    def _opened(self, folder: str) -> int | None:
        """Returns a descriptor of a folder in the tree, to which no link leads."""
        fd = os.open(self.root, FOLDER)
        for name in folder.split("/") if folder else ():
            try:
                inner = os.open(name, FOLDER, dir_fd=fd)
            except OSError:
                os.close(fd)
                return None
            os.close(fd)
            fd = inner
        return fd

    def _named(self, repository: Repository) -> list[bytes] | None:
        tree = self.root / repository.path
        git = Git(tree, self._environment, self._patient(time.monotonic() + LISTING_SECONDS), apart=False)
        words = (
            f"--git-dir={repository.git_dir}",
            f"--work-tree={tree}",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        )
        with suppress(Ended, OSError):
            done = git.run(*words, limit=LISTED_BYTES)
            if done.code == 0 or not done.whole:
                return [path for path in done.out.split(b"\0")[: None if done.whole else -1] if path]
        return None

    def _patient(self, until: float) -> Callable[[], None]:
        def check() -> None:
            self._check()
            if time.monotonic() >= until:
                raise failed("agent", "git takes too long to name the files")

        return check

    def _walked(self) -> Iterator[str]:
        count = 0
        for place, folders, names, _ in os.fwalk(self.root, follow_symlinks=False):
            self._check()
            folder = os.path.relpath(place, self.root)
            within = "" if folder == "." else f"{folder}/"
            folders[:] = [] if within.count("/") >= DEEPEST else [name for name in folders if not name.startswith(".")]
            for name in names:
                yield within + name
                count += 1
                if count >= MOST_FILES:
                    return


def _begun(folder: int, name: str) -> bytes:
    """Returns the beginning of a file. Nothing if it can't be read, or is no file any more."""
    with suppress(OSError), os.fdopen(os.open(name, FILE, dir_fd=folder), "rb", buffering=0) as file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return file.read(FILE_BYTES) or b""
    return b""


def _place(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name
