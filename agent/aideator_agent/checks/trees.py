"""Trees to be checked: the base, with or without a patch, made with the private GIT_DIR where no command has ever run."""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aideator_agent.git import Git, bare_environment
from aideator_agent.patch import SETTINGS
from aideator_agent.repository import Checkout
from aideator_agent.spec import TREE_SECONDS
from aideator_agent.verdict import failed

TOLD: Final = 1000  # characters of git's words


@dataclass(frozen=True)
class Tree:
    files: Path  # what git checked out, and nothing else
    index: Path  # git's, for these files: they differ from it in nothing, and it from HEAD in the patch
    git_dir: Path  # of which the tree's own `.git` is to be a copy


class Trees:
    """Makes each in a folder of its own in `room`. `check` is called all the time and may raise to end it."""

    def __init__(self, checkout: Checkout, room: Path, check: Callable[[], None]) -> None:
        self._checkout = checkout
        self._room = room
        self._check = check

    def make(self, name: str, patch: bytes = b"", restored: Sequence[str] = ()) -> Tree:
        """The base with the patch, but for the paths in `restored`. Raises `Ended`: failed/verifier, or what `check` raises."""
        folder = self._room / name
        shutil.rmtree(folder, ignore_errors=True)
        files, index = folder / "repo", folder / "index"
        files.mkdir(parents=True)
        deadline = time.monotonic() + TREE_SECONDS
        make = _Making(self._checkout, files, index, lambda: self._look(deadline))
        make.git("read-tree", self._checkout.base)
        if patch:
            make.git("apply", "--cached", "--whitespace=nowarn", "-", given=patch)
        if restored:
            paths = b"\0".join(map(os.fsencode, restored))
            make.git(
                "reset", "--quiet", self._checkout.base, "--pathspec-from-file=-", "--pathspec-file-nul", given=paths
            )
        tree = make.git("write-tree")
        index.unlink()  # git would take for there what it holds
        make.git("read-tree", "--reset", "-u", tree)
        return Tree(files, index, self._checkout.git_dir)

    def _look(self, deadline: float) -> None:
        self._check()
        if time.monotonic() >= deadline:
            raise failed("verifier", f"a tree to be checked could not be made within {TREE_SECONDS:g} seconds")


class _Making:
    def __init__(self, checkout: Checkout, files: Path, index: Path, check: Callable[[], None]) -> None:
        environment = {
            **bare_environment(os.environ, files.parent),
            "GIT_DIR": str(checkout.git_dir),
            "GIT_WORK_TREE": str(files),
            "GIT_INDEX_FILE": str(index),
            "GIT_LITERAL_PATHSPECS": "1",
        }
        self._git = Git(files, environment, check)

    def git(self, *arguments: str, given: bytes = b"") -> str:
        options = [word for setting in SETTINGS for word in ("-c", setting)]
        done = self._git.run(*options, *arguments, stdin=given)
        if done.code:
            raise failed("verifier", f"a tree to be checked cannot be made: git {arguments[0]}: {done.error[-TOLD:]}")
        return done.out.decode().strip()
