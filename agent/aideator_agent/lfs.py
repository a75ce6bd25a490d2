"""Files in Git LFS: in a commit they are pointers; what they point to is fetched and laid into the trees by us, without git's filters.

Filters would run for every file that the model names in .gitattributes. The objects lie where no command reaches them.
"""

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from aideator_agent import files
from aideator_agent.access import for_lfs
from aideator_agent.files import FileRefused
from aideator_agent.git import Done, Git
from aideator_agent.git_failures import words
from aideator_agent.patterns import lazy
from aideator_agent.values import frozen

FILTER: Final = b"filter=lfs"
ATTRIBUTES_BYTES: Final = 1024 * 1024
POINTER_BYTES: Final = 1024
POINTER: Final = lazy(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\nsize (\d{1,18})\n"
)
OUTPUT: Final = 64 * 1024  # bytes that git lfs may print; it prints a file only when it has stored it
CHUNK: Final = 1 << 20


@frozen
class Large:
    """A file whose content is in Git LFS."""

    path: str  # from the top of its repository
    oid: str
    size: int
    executable: bool = False

    @property
    def pointer(self) -> bytes:
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.oid}\nsize {self.size}\n".encode()


@frozen
class Store:
    """The objects of one repository that are here, and its files that point to them."""

    folder: Path
    files: tuple[Large, ...] = ()

    def place(self, oid: str) -> Path:
        return self.folder / oid[:2] / oid[2:4] / oid

    def lay(self, tree: Path, git: Git, check: Callable[[], None]) -> None:
        """Replaces pointers in a tree by what they point to. To git's index these files are unchanged. Nobody may be at work there."""
        laid: list[str] = []
        for large in self.files:
            check()
            if pointed_to(tree, large.path) == (large.oid, large.size):
                target = tree / large.path
                mode = stat.S_IMODE(target.stat().st_mode)
                target.unlink()
                shutil.copyfile(self.place(large.oid), target)
                target.chmod(mode)
                laid.append(large.path)
        _mark(git, "--assume-unchanged", laid)

    def changed(self, tree: Path, check: Callable[[], None]) -> list[str]:
        """Returns the files of a tree that no longer have the content that was laid there. Nobody may be at work in it any more."""
        return [large.path for large in self.files if not _is_whole(tree, large, check)]

    def release(self, tree: Path, git: Git, check: Callable[[], None]) -> list[str]:
        """Makes git's index look again at the files that have changed. Returns their paths."""
        changed = self.changed(tree, check)
        for large in self.files:
            if large.path not in changed and _is_executable(tree / large.path) != large.executable:
                _mark(git, f"--chmod={'-' if large.executable else '+'}x", [large.path])
        _mark(git, "--no-assume-unchanged", changed)
        return changed


def pointers(git: Git, tree: Path) -> list[Large]:
    """Returns the checked out files that are pointers to Git LFS."""
    listed = git.run("ls-files", "-z", "--", ":(glob)**/.gitattributes").out.split(b"\0")
    if not any(FILTER in _read(tree, os.fsdecode(name), ATTRIBUTES_BYTES) for name in listed if name):
        return []
    told = git.run("check-attr", "-z", "--stdin", "filter", stdin=git.run("ls-files", "-z").out).out.split(b"\0")
    names = [os.fsdecode(name) for name, value in zip(told[::3], told[2::3], strict=False) if value == b"lfs"]
    found = ((name, pointed_to(tree, name)) for name in names)
    return [Large(name, *pointer, _is_executable(tree / name)) for name, pointer in found if pointer is not None]


def fetched(
    git: Git, folder: Path, wanted: list[Large], source: Path | None, *, some: bool, tell: Callable[[str], None]
) -> Store:
    """Brings the objects into `folder`: from `source`, the store of a repository on this machine, and from the server.

    `some`: only the wanted ones, not all of the commit's. Tells how many are missing in the end, and why.
    """
    store = Store(folder, tuple(wanted))
    for large in wanted:
        here = source and Store(source).place(large.oid)
        if here and here.is_file() and here.stat().st_size == large.size:
            store.place(large.oid).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(here, store.place(large.oid))
    missing = store_without(store)
    why = _fetch(git, folder, missing, some=some) if missing else ""
    left = store_without(store)
    if left:
        files_, verb = ("1 file", "is a pointer") if len(left) == 1 else (f"{len(left)} files", "are pointers")
        tell(f"{files_} in Git LFS {verb} and not the content: {why or 'the server does not have it'}.")
    return Store(folder, tuple(large for large in wanted if large not in left))


def store_without(store: Store) -> list[Large]:
    """Returns the files whose objects are not in the store."""
    return [large for large in store.files if not store.place(large.oid).is_file()]


def _fetch(git: Git, folder: Path, missing: Sequence[Large], *, some: bool) -> str:
    """Returns why not everything came."""
    if git.run("lfs", "version").code:
        return "git-lfs is not installed"

    def run(*arguments: str, stdin: bytes = b"") -> Done:
        asking = Git(git.folder, for_lfs(git.environment), git.check)
        return asking.run("-c", f"lfs.storage={folder.parent}", "lfs", *arguments, stdin=stdin, limit=OUTPUT)

    if not some:
        done = run("fetch", "origin", "HEAD")
        return words(done.error) if done.code else ""
    for (
        large
    ) in missing:  # to find files, `fetch` would read every file of the commit, and fetch those that are left out
        done = run("smudge", "--", large.path, stdin=large.pointer)
        if done.code > 0:
            return words(done.error)
    return ""


def pointed_to(tree: Path, path: str) -> tuple[str, int] | None:
    """Returns oid and size if the file is a pointer."""
    found = POINTER.fullmatch(_read(tree, path, POINTER_BYTES))
    return (found[1].decode(), int(found[2])) if found else None


def _read(tree: Path, path: str, limit: int) -> bytes:
    try:
        return b"" if (tree / path).is_symlink() else files.read(tree, path, limit)
    except FileRefused:
        return b""


def _is_executable(file: Path) -> bool:
    return bool(file.stat().st_mode & 0o100)


def _is_whole(tree: Path, large: Large, check: Callable[[], None]) -> bool:
    place = tree / large.path
    try:
        found = place.lstat()
        is_linked = place.parent.resolve() != tree.resolve() / Path(large.path).parent
        if is_linked or not stat.S_ISREG(found.st_mode) or found.st_size != large.size:
            return False
        digest = hashlib.sha256()
        with os.fdopen(os.open(place, files.FILE), "rb") as file:
            while piece := file.read(CHUNK):
                check()
                digest.update(piece)
    except OSError:
        return False
    return digest.hexdigest() == large.oid


def _mark(git: Git, how: str, paths: list[str]) -> None:
    if paths:
        git.run("update-index", how, "-z", "--stdin", stdin=b"".join(os.fsencode(path) + b"\0" for path in paths))
