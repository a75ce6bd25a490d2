"""The files of the working tree that nothing has touched since the checkout. A tree for checks takes them over.

Every change of a file's content, mode, links or place gives its inode another ctime, which no program can set. So a file with
the inode and the ctime that it had before the first command is as git checked it out. Folders are judged likewise.
"""

import os
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from aideator_agent.checkout import Checkout
from aideator_agent.git import Git, user_environment
from aideator_agent.patterns import lazy

TICK: Final = 0.2  # seconds within which the file system's clock must move on
WHOLE: Final = 10**9  # a file system whose times are whole seconds tells too little
# With these, the user's own git may write other files than the git that makes the trees
SETTINGS: Final = r"^(filter\..*\.(smudge|process)|core\.(attributesfile|eol|symlinks|splitindex))$"
LFS: Final = lazy(rb"filter\.lfs\.\w+")  # does nothing here: files of Git LFS are laid by us
ATTRIBUTES: Final = ("~/.config/git/attributes", "$XDG_CONFIG_HOME/git/attributes", "/etc/gitattributes")

Seen = Mapping[str, tuple[int, int]]  # inode and ctime in ns, by the path from the top


@dataclass
class Untouched:
    """What a checkout was like before the first command. `place`: where its files are now; `index`: git's index of them."""

    place: Path
    index: Path
    seen: Seen

    @classmethod
    def of(cls, checkout: Checkout, check: Callable[[], None]) -> Self | None:
        """Looks at the fresh working tree. Returns None where nothing can be taken over safely."""
        parts = (checkout.sparse, checkout.submodules, checkout.carried, any(s.files for s in checkout.large.values()))
        if any(parts) or not _is_plain(checkout, check):
            return None
        seen: dict[str, tuple[int, int]] = {}
        try:
            _look(str(checkout.folder), "", seen, check)
            times = [ctime for _, ctime in seen.values()]
            if all(time_ % WHOLE == 0 for time_ in times) or not _has_passed(checkout.git_dir, max(times)):
                return None
        except (OSError, RecursionError):  # nothing is lost: git writes all files
            return None
        return cls(checkout.folder, checkout.git_dir / "index", seen)

    def move(self, target: Path, spare: Path, check: Callable[[], None]) -> None:
        """Moves the untouched files into `target`, which does not exist. Nothing may be at work in either.

        `spare`, an empty folder, gets what is in the way. Raises `OSError` or `RecursionError`, or what `check` raises.
        """
        moving = _Moving(self.seen, spare, check)
        target.mkdir()
        for name in os.listdir(self.place):  # noqa: PTH208
            moving.take(str(self.place / name), str(target / name), name)
        self.place = target


@dataclass
class _Moving:
    seen: Seen
    spare: Path
    check: Callable[[], None]
    aside: int = 0  # how many are in `spare`

    def take(self, source: str, target: str, path: str) -> None:
        """Moves what is untouched of a file or folder. `source` may be `target`: then the rest goes aside."""
        found = os.lstat(source)
        same = self.seen.get(path) == (found.st_ino, found.st_ctime_ns)
        if stat.S_ISDIR(found.st_mode) and path in self.seen:
            self._folder(source, target, path, same=same)
        elif same and source != target:
            os.rename(source, target)  # noqa: PTH104
        elif not same and source == target:
            self._put_aside(source)

    def _folder(self, source: str, target: str, path: str, *, same: bool) -> None:
        """An untouched folder is moved as one; of another, its untouched content is moved into a new one."""
        self.check()
        if same and source != target:
            os.rename(source, target)  # noqa: PTH104
            source = target
        elif not same:
            source = self._put_aside(source) if source == target else source
            os.mkdir(target)  # noqa: PTH102
        for name in os.listdir(source):  # noqa: PTH208
            self.take(f"{source}/{name}", f"{target}/{name}", f"{path}/{name}")
        if not os.listdir(target):  # noqa: PTH208 (git makes no empty folders)
            os.rmdir(target)  # noqa: PTH106

    def _put_aside(self, source: str) -> str:
        self.aside += 1
        place = str(self.spare / str(self.aside))
        os.rename(source, place)  # noqa: PTH104
        return place


def _look(folder: str, path: str, seen: dict[str, tuple[int, int]], check: Callable[[], None]) -> None:
    check()
    with os.scandir(folder) as entries:
        for entry in entries:
            if not path and entry.name == ".git":
                continue
            found = entry.stat(follow_symlinks=False)
            inner = f"{path}/{entry.name}" if path else entry.name
            seen[inner] = (found.st_ino, found.st_ctime_ns)
            if entry.is_dir(follow_symlinks=False):
                _look(entry.path, inner, seen, check)


def _is_plain(checkout: Checkout, check: Callable[[], None]) -> bool:
    """Whether any git checks out the same files as the user's, whose configuration may name filters and line ends."""
    git = Git(checkout.folder, user_environment(os.environ), check)
    told = git.run("config", "--name-only", "--get-regexp", SETTINGS).out.split()
    own = [name for name in told if not LFS.fullmatch(name)]
    places = (Path(os.path.expandvars(place)).expanduser() for place in ATTRIBUTES)
    return not own and not any(place.is_file() for place in places)


def _has_passed(folder: Path, newest: int) -> bool:
    """Waits until a change of a file gets a later ctime than every file of the checkout has."""
    stamp, deadline = folder / "aideator-stamp", time.monotonic() + TICK
    try:
        while time.monotonic() < deadline:
            stamp.touch()
            if stamp.stat().st_ctime_ns > newest:
                return True
            time.sleep(0.001)
        return False
    finally:
        stamp.unlink(missing_ok=True)
