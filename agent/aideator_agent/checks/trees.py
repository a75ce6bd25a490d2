"""Trees to check: the base, with or without a patch, made with the private GIT_DIR where no command has ever run.

Each has the files that the checkout had: submodules at the commits that the tree records, and with --sparse only the chosen folders.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from aideator_agent.checkout import Checkout
from aideator_agent.checks.untouched import Untouched
from aideator_agent.git import Git, bare_environment
from aideator_agent.lfs import Store
from aideator_agent.patch import SETTINGS
from aideator_agent.spec import TREE_SECONDS
from aideator_agent.submodules import is_real_folder, recorded
from aideator_agent.values import frozen
from aideator_agent.verdict import failed

TOLD: Final = 1000  # characters of git's message


@frozen
class Part:
    """A repository in a tree: the top, or a submodule."""

    path: str  # from the top; empty for the top itself
    index: Path  # git's index of its files: matches them, and differs from HEAD by the patch
    git_dir: Path  # the part's own `.git` becomes a copy of it
    head: str | None = None  # its commit; None: as in git_dir


@frozen
class Entry:
    """A file as a patch leaves it."""

    path: str
    mode: str  # as git writes it; zeros: the patch deletes the file
    blob: str

    @property
    def is_file(self) -> bool:
        return self.mode in ("100644", "100755")

    @property
    def is_deleted(self) -> bool:
        return self.mode == "000000"


@frozen
class Tree:
    files: Path  # what git checked out, and nothing else
    parts: tuple[Part, ...]  # each after the one that it lies in


class Trees:
    """Makes each tree in its own folder in `room`. `check` is called constantly and may raise to stop it.

    A tree with a patch takes over the files in `untouched`: out of the working tree, and then out of the tree that was made before.
    """

    def __init__(
        self,
        checkout: Checkout,
        room: Path,
        check: Callable[[], None],
        lay: Callable[[Path, Callable[[], None]], None] | None = None,
        untouched: Untouched | None = None,
    ) -> None:
        """`lay` is called with each tree's files at last, and puts into them what only checks may see."""
        self._lay = lay
        self._checkout = checkout
        self._room = room
        self._check = check
        self._untouched = untouched

    def forget(self) -> None:
        """Takes nothing over any more: something may still be at work in the last tree."""
        self._untouched = None

    def make(self, name: str, patch: bytes = b"", restored: Sequence[str] = (), laid: Sequence[Entry] = ()) -> Tree:
        """Makes the base with the patch, except for the paths in `restored`, and lays the files of `laid` over it.

        Raises `Ended` (failed/verifier), or what `check` raises."""
        folder = self._room / name
        shutil.rmtree(folder, ignore_errors=True)
        files, index = folder / "repo", folder / "index"
        folder.mkdir(parents=True)
        deadline = time.monotonic() + TREE_SECONDS

        def look() -> None:
            self._look(deadline)

        taken_over = self._take_over(name, files, look) if patch else False
        files.mkdir(exist_ok=True)
        make = _Making(self._checkout.git_dir, files, index, look)
        make.git("read-tree", self._checkout.base)
        if patch:
            make.git("apply", "--cached", "--whitespace=nowarn", "-", given=patch)
        if restored:
            paths = b"\0".join(map(os.fsencode, restored))
            make.git(
                "reset", "--quiet", self._checkout.base, "--pathspec-from-file=-", "--pathspec-file-nul", given=paths
            )
        if laid:
            lines = b"".join(f"{each.mode} {each.blob}\t".encode() + os.fsencode(each.path) + b"\0" for each in laid)
            make.git("update-index", "--add", "--replace", "-z", "--index-info", given=lines)
        tree = make.git("write-tree")
        index.unlink()  # git would treat its entries as present
        make.fill(tree, self._untouched.index if self._untouched and taken_over else None)
        if self._untouched and taken_over:
            self._untouched.index = index
        if self._checkout.sparse:
            make.complete(self._checkout.base)
        make.lay(self._checkout.store())
        if self._checkout.carried is not None:
            self._checkout.carried.lay(files, look)
        top = Part("", index, self._checkout.git_dir)
        inner = tuple(self._submodules("", make.links(tree), folder, look))
        if self._lay is not None:
            self._lay(files, look)
        return Tree(files, (top, *inner))

    def changed(self, patch: bytes) -> tuple[Entry, ...]:
        """Returns the files that the patch changes. Raises `Ended` (failed/verifier), or what `check` raises."""
        folder = self._room / "changed"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "repo").mkdir(parents=True)
        make = _Making(self._checkout.git_dir, folder / "repo", folder / "index", self._check)
        make.git("read-tree", self._checkout.base)
        make.git("apply", "--cached", "--whitespace=nowarn", "-", given=patch)
        listed = make.git("diff", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", self._checkout.base)
        words = listed.strip("\0").split("\0") if listed else []
        heads = (head.split(" ") for head in words[::2])
        return tuple(Entry(path, head[1], head[3]) for head, path in zip(heads, words[1::2], strict=True))

    def _take_over(self, name: str, files: Path, look: Callable[[], None]) -> bool:
        """Moves what nothing has touched into the new tree. Returns False if git has to write all files."""
        if self._untouched is None:
            return False
        spare = self._room / f"{name}-aside"
        try:
            spare.mkdir()
            self._untouched.move(files, spare, look)
        except (OSError, RecursionError):
            self._untouched = None
            shutil.rmtree(files, ignore_errors=True)
        return self._untouched is not None

    def _submodules(
        self, parent: str, links: Mapping[str, str], folder: Path, look: Callable[[], None]
    ) -> Iterator[Part]:
        """Checks out the submodules of a part at the commits in `links`."""
        for number, submodule in enumerate(self._checkout.submodules):
            wanted = links.get(submodule.path[len(parent) :].lstrip("/"))
            if wanted is None or self._checkout.parent(submodule) != parent:  # None: the patch removes it
                continue
            files = folder / "repo" / submodule.path
            if not is_real_folder(folder / "repo", submodule.path):
                raise failed("verifier", f"submodule {submodule.path} has no folder in the tree for the checks")
            make = _Making(submodule.git_dir, files, folder / f"index-{number}", look)
            make.git("read-tree", "--reset", "-u", wanted)
            make.lay(self._checkout.store(submodule.path))
            inner = make.links(wanted)
            if unknown := inner.keys() - make.links(submodule.commit).keys():
                raise failed(
                    "verifier", f"submodule {submodule.path} has another one now, {min(unknown)}, which is not here"
                )
            yield Part(submodule.path, folder / f"index-{number}", submodule.git_dir, wanted)
            yield from self._submodules(submodule.path, inner, folder, look)

    def _look(self, deadline: float) -> None:
        self._check()
        if time.monotonic() >= deadline:
            raise failed("verifier", f"a working tree for the checks could not be made within {TREE_SECONDS:g} seconds")


class _Making:
    def __init__(self, git_dir: Path, files: Path, index: Path, check: Callable[[], None]) -> None:
        environment = {
            **bare_environment(os.environ, files.parent),
            "GIT_DIR": str(git_dir),
            "GIT_WORK_TREE": str(files),
            "GIT_INDEX_FILE": str(index),
            "GIT_LITERAL_PATHSPECS": "1",
        }
        self._files = files
        self._index = index
        self._git = Git(files, environment, check)

    def fill(self, tree: str, known: Path | None) -> None:
        """Checks out a tree. `known`: git's index of the files that are there already, which stay if the tree has them."""
        if known is None:
            self.git("read-tree", "--reset", "-u", tree)
            return
        shutil.copy2(known, self._index)  # with its time, by which git sees what may have changed after it was written
        self.git("-c", "core.trustctime=false", "read-tree", "--reset", "-u", tree)  # a move changes the ctime
        self._git.run("update-index", "-q", "--refresh")

    def links(self, tree: str) -> dict[str, str]:
        return recorded(self._git, tree)

    def lay(self, store: Store) -> None:
        """Replaces pointers to Git LFS by what they stand for."""
        store.lay(self._files, self._git, self._git.check)

    def complete(self, base: str) -> None:
        """Checks out what the patch adds or changes outside of the folders that --sparse chose."""
        names = self._git.run("diff", "--cached", "--name-only", "-z", "--no-renames", "--diff-filter=d", base).out
        if names:
            self.git("update-index", "--no-skip-worktree", "-z", "--stdin", given=names)
            self.git("checkout-index", "-f", "-u", "-z", "--stdin", given=names)

    def git(self, *arguments: str, given: bytes = b"") -> str:
        options = [word for setting in SETTINGS for word in ("-c", setting)]
        done = self._git.run(*options, *arguments, stdin=given)
        if done.code:
            raise failed(
                "verifier", f"a working tree for the checks could not be made: git {arguments[0]}: {done.error[-TOLD:]}"
            )
        return os.fsdecode(done.out).strip()
