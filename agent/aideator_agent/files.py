"""The agent's own access to files in the checkout, which hostile commands share: no path leads out of it, and none blocks.

A path is walked one name at a time from the root's descriptor; the kernel never follows a link or a `..` for us.
A link that stays inside is followed by its text. So `x -> /proc/self/environ` is refused, and a FIFO does not hang.
"""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Self

FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
PATH: Final = 4096  # characters
LINKS: Final = 40  # as many as the kernel follows
_KINDS: Final = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
_REPOSITORY: Final = frozenset(("HEAD", "objects", "refs"))  # entries of what git keeps of a repository


class FileRefused(Exception):
    """The file is not accessible; the message is for the model."""


@dataclass
class Odd:
    """What a walk through a tree met besides folders, files and links. Paths are relative to the tree."""

    special: list[tuple[str, str]] = field(default_factory=list)  # path, and what it is
    closed: list[str] = field(default_factory=list)  # folders that can't be looked into
    repositories: list[str] = field(default_factory=list)  # folders that look like a `.git` under another name


def read(root: Path, path: str, limit: int) -> bytes:
    """Returns the whole file. Raises `FileRefused` for more than `limit` bytes, or anything but a regular file inside `root`."""
    data, size = _begun(root, path, limit + 1)
    if len(data) > limit:
        raise FileRefused(f"{path} has {max(size, len(data)):,} bytes; more than {limit:,} are not read.")
    return data


def head(root: Path, path: str, limit: int) -> bytes:
    """Returns the first bytes of a file, at most `limit`. Raises `FileRefused` for anything but a regular file inside `root`."""
    return _begun(root, path, limit)[0]


def _begun(root: Path, path: str, limit: int) -> tuple[bytes, int]:
    """Returns the first bytes, and the size of the file."""
    with _speaking_of(path), _Walk(root, path) as walk:
        name = walk.to_parent(follow_last=True)
        walk.expect_file(name)
        with os.fdopen(os.open(name, FILE, dir_fd=walk.fd), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise FileRefused(f"{path} is not a regular file.")
            return file.read(limit), found.st_size


def write(root: Path, path: str, data: bytes, *, executable: bool = False) -> None:
    """Writes the whole file or, if it raises `FileRefused`, nothing. Keeps the file's mode; makes missing folders.

    With `executable`, a new file can be run.
    """
    with _speaking_of(path), _Walk(root, path, making=True) as walk:
        name = walk.to_parent(follow_last=False)
        mode = walk.expect_file(name, missing_is_fine=True)
        _replace(walk.fd, name, data, 0o755 if mode is None and executable else mode)


def remove(root: Path, path: str) -> None:
    """Removes a file, or a link itself, if it is there. Raises `FileRefused` if it can't be removed."""
    with _speaking_of(path), suppress(FileNotFoundError), _Walk(root, path) as walk:
        os.unlink(walk.to_parent(follow_last=False, keep_last=True), dir_fd=walk.fd)


def empty(root: Path) -> None:
    """Removes everything in `root`, at any depth. Raises `OSError` if something can't be removed."""
    with _Tree(root, doomed=True) as tree:
        _walk(tree)


def remove_nested_git(root: Path, odd: Odd | None = None) -> list[str]:
    """Removes every `.git` in `root`, at any depth: file, folder or link. Returns their paths, relative to `root`.

    Git runs what a nested repository's configuration says. Folders get the owner's rights back first, and files that stay
    the right to read: one walk over all of them is enough. `odd` is filled on the way. Raises `OSError` when something can't be
    removed. For a checkout in which nothing else is at work any more.
    """
    with _Tree(root, odd=odd) as tree:
        return _walk(tree)


def _walk(tree: "_Tree") -> list[str]:
    removed: list[str] = []
    pending = [tree.folders(removed)]
    while pending:
        if pending[-1]:
            if tree.down(pending[-1].pop()):
                pending.append(tree.folders(removed))
        else:
            pending.pop()
            if pending:
                tree.up()
    return removed


@contextmanager
def _speaking_of(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileRefused(f"{path}: {error.strerror or error}.") from error
    except ValueError as error:  # a NUL, or what no file name can hold
        raise FileRefused(f"{path!r} is not a path.") from error


def _replace(folder: int, name: str, data: bytes, mode: int | None) -> None:
    spare = f".aideator-{secrets.token_hex(8)}"
    fd = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666, dir_fd=folder)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            if mode is not None:
                os.fchmod(fd, mode & 0o777)
        os.replace(spare, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(spare, dir_fd=folder)
        raise


def _is_git(name: str) -> bool:
    return name.casefold() == ".git"


class _Walk:
    """The way from the root to a file's folder. It keeps the descriptors of the folders on the way: `..` goes back to one of them."""

    def __init__(self, root: Path, path: str, *, making: bool = False) -> None:
        self.path = path
        self.making = making  # for writing: missing folders are made, what is git's is left alone
        self.roots = (os.path.abspath(root), os.path.realpath(root))  # noqa: PTH100 (links in `root` stay)
        self.links = 0
        self.names: list[str] = []  # still to go, the next one last
        self._push(path)
        self.passed = [os.open(root, FOLDER)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for fd in self.passed:
            os.close(fd)

    @property
    def fd(self) -> int:
        return self.passed[-1]

    def to_parent(self, *, follow_last: bool, keep_last: bool = False) -> str:
        """Goes to the folder that holds the file and returns the file's name there. With `keep_last`, a link counts as the file."""
        while self.names:
            name = self.names.pop()
            link = self._link(name)
            if name == "..":
                self._back()
            elif link is not None and not (keep_last and not self.names):
                self._follow(link, may=follow_last or bool(self.names))
            elif self.making and _is_git(name):
                raise FileRefused(f"{self.path} belongs to git and is not written by hand.")
            elif not self.names:
                return name
            else:
                self._into(name)
        raise FileRefused(f"{self.path} is a folder, not a file.")

    def expect_file(self, name: str, *, missing_is_fine: bool = False) -> int | None:
        """Returns the file's mode. None if there is no such file."""
        try:
            mode = os.stat(name, dir_fd=self.fd, follow_symlinks=False).st_mode
        except FileNotFoundError:
            if missing_is_fine:
                return None
            raise
        if stat.S_ISDIR(mode):
            raise FileRefused(f"{self.path} is a folder, not a file.")
        if not stat.S_ISREG(mode):
            raise FileRefused(f"{self.path} is not a regular file.")
        return mode

    def _push(self, path: str) -> None:
        inside = next((path[len(r) :] for r in self.roots if f"{path}/".startswith(f"{r}/")), None)
        if inside is None and path.startswith("/"):
            raise FileRefused(f"{self.path} leads out of the repository; give paths from its top.")
        if len(path) > PATH:
            raise FileRefused("The path is too long.")
        self.names += [n for n in reversed((path if inside is None else inside).split("/")) if n not in {"", "."}]

    def _link(self, name: str) -> str | None:
        try:
            return os.readlink(name, dir_fd=self.fd)
        except OSError as error:
            if error.errno in {errno.EINVAL, errno.ENOENT}:
                return None
            raise

    def _follow(self, link: str, *, may: bool) -> None:
        self.links += 1
        if self.links > LINKS:
            raise FileRefused(f"{self.path} goes through too many links.")
        if not may:
            raise FileRefused(f"{self.path} is a link to {link}; write to the file itself.")
        if link.startswith("/"):
            while len(self.passed) > 1:
                os.close(self.passed.pop())
        self._push(link)

    def _back(self) -> None:
        if len(self.passed) == 1:
            raise FileRefused(f"{self.path} leads out of the repository; give paths from its top.")
        os.close(self.passed.pop())

    def _into(self, name: str) -> None:
        if self.making:
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=self.fd)
        self.passed.append(os.open(name, FOLDER, dir_fd=self.fd))


class _Step(NamedTuple):
    name: str  # of the folder that was entered
    above: os.stat_result  # the folder that it lies in
    doomed: bool  # it goes, with all that it holds


class _Tree:
    """A place in a tree of folders. It holds one descriptor, so that depth costs nothing."""

    def __init__(self, root: Path, *, doomed: bool = False, odd: Odd | None = None) -> None:
        self.fd = _open_folder(str(root), None)
        self.odd = odd
        self.all_doomed = doomed
        self.trail: list[_Step] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def folders(self, removed: list[str]) -> list[str]:
        """Returns the folders to go into. Removes each `.git` and its content, and makes the other files readable."""
        doomed = self._doomed
        names = os.listdir(self.fd)  # noqa: PTH208
        if self.odd is not None and self.trail and not doomed and _REPOSITORY.issubset(names):
            self.odd.repositories.append(self._path())
        inner = []
        for name in names:
            mode, is_git = os.stat(name, dir_fd=self.fd, follow_symlinks=False).st_mode, _is_git(name)
            if stat.S_ISDIR(mode):
                inner.append(name)
            elif doomed or is_git:
                os.unlink(name, dir_fd=self.fd)
            elif stat.S_ISREG(mode) and not mode & stat.S_IRUSR:
                with suppress(PermissionError):  # another user's; git will say so
                    os.chmod(name, stat.S_IMODE(mode) | stat.S_IRUSR, dir_fd=self.fd)
            elif self.odd is not None and stat.S_IFMT(mode) in _KINDS:
                self.odd.special.append((self._path(name), _KINDS[stat.S_IFMT(mode)]))
            if is_git and not doomed:
                removed.append(self._path(name))
        return inner

    def down(self, name: str) -> bool:
        """Returns False for a folder of another user's that can't be looked into, if that is no reason to give up."""
        try:
            inner = _open_folder(name, self.fd)
        except PermissionError:
            if self.odd is None or self._doomed or _is_git(name):
                raise
            self.odd.closed.append(self._path(name))
            return False
        self.trail.append(_Step(name, os.fstat(self.fd), self._doomed or _is_git(name)))
        self.fd, outer = inner, self.fd
        os.close(outer)
        return True

    def up(self) -> None:
        """Goes back by `..`, which must be the folder we came from. Removes a doomed folder, which is empty by now."""
        step = self.trail.pop()
        outer = os.open("..", FOLDER, dir_fd=self.fd)
        self.fd, inner = outer, self.fd
        os.close(inner)
        if not os.path.samestat(os.fstat(outer), step.above):
            raise OSError(errno.EBUSY, "a folder was moved while its tree was walked", step.name)
        if step.doomed:
            os.rmdir(step.name, dir_fd=outer)

    def _path(self, *names: str) -> str:
        return "/".join([*(step.name for step in self.trail), *names])

    @property
    def _doomed(self) -> bool:
        return self.all_doomed or (bool(self.trail) and self.trail[-1].doomed)


def _open_folder(name: str, parent: int | None) -> int:
    found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_IRWXU != stat.S_IRWXU:
        os.chmod(name, found.st_mode | stat.S_IRWXU, dir_fd=parent)
    return os.open(name, FOLDER, dir_fd=parent)
