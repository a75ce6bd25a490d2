"""What the work did to submodules. A patch of a repository can hold the commit of each, and nothing of what is inside.

The model's own `.git` folders say which commit is checked out. Their words are read as files, never by git, and count only if the server
of the submodule has that commit.
"""

import os
import re
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from aideator_agent import files, pieces
from aideator_agent.access import Access
from aideator_agent.checkout import Checkout, Submodule
from aideator_agent.files import FileRefused
from aideator_agent.git import Git
from aideator_agent.refusals import COMMIT
from aideator_agent.values import frozen

LISTED: Final = 500  # bytes for names of files in a sentence
REFS_BYTES: Final = 4 * 1024 * 1024
REF: Final = re.compile(r"ref: (refs/[^\0\n]{1,500})")
GITFILE: Final = re.compile(r"gitdir: ([^\0\n]{1,1000})")


def heads(checkout: Checkout) -> dict[str, str]:
    """Returns the commit that each submodule of the top now has checked out, by its path, as far as its files say so."""
    found = ((submodule.path, _head(checkout, submodule.path)) for submodule in checkout.inner())
    return {path: head for path, head in found if head is not None}


def _head(checkout: Checkout, path: str) -> str | None:
    place = f"{path}/.git"
    if pointing := GITFILE.match(_text(checkout, place, 2000)):
        place = f"{path}/{pointing[1]}"
    head = _text(checkout, f"{place}/HEAD", 2000).strip()
    if reference := REF.fullmatch(head):
        head = _text(checkout, f"{place}/{reference[1]}", 2000).strip() or _packed(checkout, place, reference[1])
    return head if COMMIT.fullmatch(head) else None


def _packed(checkout: Checkout, place: str, name: str) -> str:
    lines = _text(checkout, f"{place}/packed-refs", REFS_BYTES).splitlines()
    return next((line.split(" ")[0] for line in lines if line.endswith(f" {name}")), "")


def _text(checkout: Checkout, path: str, limit: int) -> str:
    try:
        return files.read(checkout.folder, path, limit).decode(errors="replace")
    except FileRefused:
        return ""


@frozen
class Pointers:
    checkout: Checkout
    access: Access | None  # None: no server is asked
    environment: Mapping[str, str]  # git's, without anybody's configuration
    check: Callable[[], None]
    tell: Callable[[str], None]

    def untouched(self, links: list[bytes]) -> list[bytes]:
        """Returns the submodules that still are folders: what is inside them is no file of the patch."""
        ours = {os.fsencode(submodule.path) for submodule in self.checkout.inner()}
        return [path for path in links if path not in ours or self._is_folder(path)]

    def moved(self, now: Mapping[str, str]) -> dict[str, str]:
        """Returns the new commit of each submodule that has another one now. Tells what can't be in a patch."""
        found = {}
        for submodule in self.checkout.inner():
            if not self._is_folder(os.fsencode(submodule.path)):
                continue
            head = now.get(submodule.path, submodule.commit)
            if head != submodule.commit and not self._has(submodule, head):
                self.tell(
                    f"Not in the patch: commit {head[:12]} of the submodule {submodule.path}, which {submodule.url} does not have."
                )
                head = submodule.commit
            if head != submodule.commit:
                found[submodule.path] = head
            self._tell_changes(submodule, head)
        return found

    def _is_folder(self, path: bytes) -> bool:
        with suppress(OSError):
            return stat.S_ISDIR(os.lstat(os.path.join(os.fsencode(self.checkout.folder), path)).st_mode)  # noqa: PTH118
        return False

    def _has(self, submodule: Submodule, commit: str) -> bool:
        name = f"{commit}^{{commit}}"
        if self._git(submodule).run("cat-file", "-e", name).code == 0:
            return True
        if self.access is None:
            return False
        with self.access.environment() as environment:
            git = Git(submodule.git_dir, {**environment, "GIT_DIR": str(submodule.git_dir)}, self.check)
            git.run("fetch", "--quiet", "--no-recurse-submodules", "origin", commit)
        return self._git(submodule).run("cat-file", "-e", name).code == 0

    def _tell_changes(self, submodule: Submodule, head: str) -> None:
        git = self._git(submodule)
        if head != submodule.commit:
            git.run("read-tree", head)
        folder = self.checkout.folder / submodule.path
        store = self.checkout.store(submodule.path)
        unchanged = {large.path for large in store.files}.difference(store.release(folder, git, self.check))
        git.run("update-index", "-q", "--refresh")
        changed = git.run("diff-index", "-z", "--name-only", "--no-renames", "--ignore-submodules=all", head).out
        new = git.run("ls-files", "-z", "--others", "--exclude-standard").out
        names = [name for name in map(os.fsdecode, (changed + new).split(b"\0")) if name and name not in unchanged]
        if names:
            fitting = ", ".join(pieces.fitting(names, LISTED))
            self.tell(
                f"Not in the patch: changes inside the submodule {submodule.path} ({fitting}). A patch holds only its commit."
            )

    def _git(self, submodule: Submodule) -> Git:
        folder = self.checkout.folder / submodule.path
        places = {"GIT_DIR": str(submodule.git_dir), "GIT_WORK_TREE": str(folder)}
        return Git(submodule.git_dir, {**self.environment, **places}, self.check)
