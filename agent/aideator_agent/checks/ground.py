"""Where a tree is put, and its commands run: with a HOME and a folder for temporary files that nobody has used before."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from aideator_agent import files
from aideator_agent.channel import ChannelShell
from aideator_agent.checks import copying
from aideator_agent.checks.trees import Tree
from aideator_agent.keys import scrubbed
from aideator_agent.local_shell import QUIET, LocalShell
from aideator_agent.settings import CheckContainer
from aideator_agent.shell import Shell
from aideator_agent.verdict import failed

REPO: Final = "repo"
# Where tools that are installed in the user's HOME look for themselves, and would find nothing in a new one
TOOLCHAINS: Final = {"RUSTUP_HOME": ".rustup", "PYENV_ROOT": ".pyenv", "ASDF_DATA_DIR": ".asdf", "NVM_DIR": ".nvm"}


@dataclass(frozen=True)
class Site:
    """A tree that is ready for its commands."""

    repo: Path  # as the agent sees it: code that nobody trusts may run there
    shell: Shell


class Ground(Protocol):
    def site(self, tree: Tree, check: Callable[[], None], *, trusted: bool) -> AbstractContextManager[Site]:
        """One at a time. At its end all that the commands started is ended. Raises `Ended` (failed/verifier), or what `check` raises.

        `trusted`: nothing of the model's is in the tree.
        """


class LocalGround:
    """On this machine a tree stays where it was made; it goes with the attempt's other folders."""

    @contextmanager
    def site(self, tree: Tree, check: Callable[[], None], *, trusted: bool) -> Iterator[Site]:  # noqa: ARG002
        folder = tree.files.parent
        _with_git(tree, tree.files, check)
        places = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}
        for place in places.values():
            Path(place).mkdir()
        kept = {name: value for name, value in scrubbed(os.environ).items() if not name.startswith("XDG_")}
        shell = LocalShell(tree.files, {**_toolchains(), **kept, **QUIET, **places})
        try:
            yield Site(tree.files, shell)
        finally:
            shell.end()


def _toolchains() -> dict[str, str]:
    home = Path(os.environ.get("HOME") or os.devnull)
    return {name: str(home / folder) for name, folder in TOOLCHAINS.items() if (home / folder).is_dir()}


class PodGround:
    """The container for checks. It may write its volumes whenever it likes, so nothing there is believed or followed.

    It is ended after code of the model's has run in it, and comes back empty; kubelet takes 10 s for the second time.
    """

    def __init__(self, container: CheckContainer) -> None:
        self._container = container
        self._shell: ChannelShell | None = None

    @contextmanager
    def site(self, tree: Tree, check: Callable[[], None], *, trusted: bool) -> Iterator[Site]:
        folder = self._container.folder
        self._shell = self._shell or ChannelShell(folder / "channel", self._container.seen / REPO)
        try:
            for name in ("workspace", "home", "tmp"):
                files.empty(folder / name)
            repo = folder / "workspace" / REPO
            _move(tree, folder / "workspace", check)
        except (OSError, RecursionError) as error:
            raise failed("verifier", f"a tree to be checked could not be put in its place: {error}") from error
        try:
            yield Site(repo, self._shell)
        finally:
            self._leave(self._shell, trusted=trusted)

    def _leave(self, shell: ChannelShell, *, trusted: bool) -> None:
        if trusted:
            shell.sweep()
            return
        self._shell = None
        if not shell.end():
            raise failed("verifier", "what a check started could not be ended")


def _move(tree: Tree, workspace: Path, check: Callable[[], None]) -> None:
    top = os.open(workspace, files.FOLDER)
    try:
        repo = copying.make_folder(REPO, top)
    finally:
        os.close(top)
    try:
        copying.copy(tree.files, repo, check)
        _add_git(tree, repo, check)
    finally:
        os.close(repo)
    shutil.rmtree(tree.files.parent, ignore_errors=True)


def _with_git(tree: Tree, repo: Path, check: Callable[[], None]) -> None:
    fd = os.open(repo, files.FOLDER)
    try:
        _add_git(tree, fd, check)
    finally:
        os.close(fd)


def _add_git(tree: Tree, repo: int, check: Callable[[], None]) -> None:
    git = copying.make_folder(".git", repo)
    try:
        copying.copy(tree.git_dir, git, check, without=("index", "index.lock"))
        copying.copy_file(tree.index, git, "index")
    finally:
        os.close(git)
