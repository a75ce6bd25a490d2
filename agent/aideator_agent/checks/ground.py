"""Where a tree is placed and its commands run: with a fresh HOME and a fresh folder for temporary files."""

import os
import shlex
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from aideator_agent import files
from aideator_agent.channel import ChannelShell, Patience
from aideator_agent.checks import copying
from aideator_agent.checks.trees import Part, Tree
from aideator_agent.files import FileRefused
from aideator_agent.keys import scrubbed
from aideator_agent.local_shell import LocalShell
from aideator_agent.repository import borrow_objects
from aideator_agent.settings import CheckContainer
from aideator_agent.shell import Shell
from aideator_agent.spec import Repository
from aideator_agent.surroundings import QUIET
from aideator_agent.values import frozen
from aideator_agent.verdict import failed

REPO: Final = "repo"
EMPTIED: Final = (
    "workspace",
    "home",
    "tmp",
    "shm",
)  # of the container for checks, before each tree; the last is its /dev/shm
USUAL: Final = Patience()
GIVEN: Final = "answer.md"
PYTESTS: Final = "aideator-pytest.xml"  # pytest's own report, in the folder for temporary files; a --junitxml of the check's replaces it
# In the container, that folder is /tmp
COUNTED: Final = f'export PYTEST_ADDOPTS="${{PYTEST_ADDOPTS-}} --junitxml=/tmp/{PYTESTS}"\n'
# Tools in the user's HOME look for themselves here, and would find nothing in a fresh HOME
TOOLCHAINS: Final = {"RUSTUP_HOME": ".rustup", "PYENV_ROOT": ".pyenv", "ASDF_DATA_DIR": ".asdf", "NVM_DIR": ".nvm"}


@frozen
class Site:
    """A tree that is ready for commands."""

    repo: Path  # as the agent sees it; untrusted code may run there
    tmp: Path  # the folder for temporary files, likewise
    shell: Shell
    seen: Path  # the folder of `repo`, as commands see it

    def reading(self, command: str, given: bytes) -> str:
        """Returns the command with `given` on its standard input. The text lies beside `repo`, written anew for each command.

        Raises `Ended` (failed/verifier).
        """
        try:
            files.remove(self.repo.parent, GIVEN)
            files.write(self.repo.parent, GIVEN, given)
        except FileRefused as error:
            raise failed("verifier", f"the answer could not be handed to a check: {error}") from error
        return f"exec <{shlex.quote(str(self.seen / GIVEN))}; {command}"


class Ground(Protocol):
    at_rest: bool  # whether everything that the last site's commands started has ended

    def site(self, tree: Tree, check: Callable[[], None], *, trusted: bool) -> AbstractContextManager[Site]:
        """Yields one site at a time, and ends everything that its commands started. Raises `Ended` (failed/verifier), or what `check`
        raises.

        `trusted`: the tree contains nothing from the model, or `clear` comes before any tree whose results it must not touch.
        """

    def clear(self) -> None:
        """Ends all that may be left of trusted trees. Raises `Ended` (failed/verifier) if that can't be."""


class LocalGround:
    """On this machine a tree stays where it was made, and is removed with the attempt's other folders.

    `environment` is what the user gives every command.
    """

    def __init__(self, repository: Repository, environment: Mapping[str, str]) -> None:
        self._repository = repository
        self._environment = environment
        self.at_rest = True

    @contextmanager
    def site(self, tree: Tree, check: Callable[[], None], *, trusted: bool) -> Iterator[Site]:  # noqa: ARG002
        folder = tree.files.parent
        for part in tree.parts:
            _lend_git(tree, part, check)
        places = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}
        for place in places.values():
            Path(place).mkdir()
        own = {"PYTEST_ADDOPTS": _with_report(self._environment.get("PYTEST_ADDOPTS", ""), folder / "tmp")}
        kept = {name: value for name, value in scrubbed(os.environ).items() if not name.startswith("XDG_")}
        shell = LocalShell(
            self._repository.start(tree.files), {**_toolchains(), **kept, **QUIET, **self._environment, **own, **places}
        )
        try:
            yield Site(tree.files, folder / "tmp", shell, folder)
        finally:
            self.at_rest = shell.end()

    def clear(self) -> None:
        """Does nothing: each tree's shell has ended with it."""


def _with_report(options: str, tmp: Path) -> str:
    return f"{options} --junitxml={shlex.quote(str(tmp / PYTESTS))}".strip()


def _toolchains() -> dict[str, str]:
    home = Path(os.environ.get("HOME") or os.devnull)
    return {name: str(home / folder) for name, folder in TOOLCHAINS.items() if (home / folder).is_dir()}


class PodGround:
    """The container for checks. It may write to its volumes at any time, so nothing there is trusted or followed.

    It is ended after the model's code has run in it, and restarts empty. kubelet takes 10 s for the second restart. So after a trusted tree
    it is ended only if a process is left that can't be stopped otherwise.
    """

    def __init__(self, container: CheckContainer, repository: Repository, patience: Patience = USUAL) -> None:
        self._patience = patience
        self._container = container
        self._repository = repository
        self._shell: ChannelShell | None = None
        self.at_rest = True  # a site that can't be brought to rest raises

    @contextmanager
    def site(self, tree: Tree, check: Callable[[], None], *, trusted: bool) -> Iterator[Site]:
        folder = self._container.folder
        start = self._repository.start(self._container.seen / REPO)
        self._shell = self._shell or ChannelShell(folder / "channel", start, self._patience, COUNTED)
        try:
            for name in EMPTIED:
                if (folder / name).is_dir():  # an older command line gave it no `shm`
                    files.empty(folder / name)
            repo = folder / "workspace" / REPO
            _move(tree, folder / "workspace", check)
        except (OSError, RecursionError) as error:
            raise failed("verifier", f"a working tree for the checks could not be put in place: {error}") from error
        try:
            yield Site(repo, folder / "tmp", self._shell, self._container.seen)
        finally:
            self._leave(self._shell, trusted=trusted)

    def _leave(self, shell: ChannelShell, *, trusted: bool) -> None:
        if not (trusted and shell.sweep()):
            self.clear()

    def clear(self) -> None:
        shell, self._shell = self._shell, None
        if shell is not None and not shell.end():
            raise failed("verifier", "processes that a check started could not be stopped")


def _move(tree: Tree, workspace: Path, check: Callable[[], None]) -> None:
    top = os.open(workspace, files.FOLDER)
    try:
        repo = copying.make_folder(REPO, top)
    finally:
        os.close(top)
    try:
        copying.copy(tree.files, repo, check)
        for part in tree.parts:
            with _inside(repo, part.path) as place:
                _add_git(part, place, check)
    finally:
        os.close(repo)
    shutil.rmtree(tree.files.parent, ignore_errors=True)


def _lend_git(tree: Tree, part: Part, check: Callable[[], None]) -> None:
    """Lets the part's git borrow objects from the private GIT_DIR."""
    repo = os.open(tree.files / part.path, files.FOLDER)
    try:
        _add_git(part, repo, check, without=("objects",))
    finally:
        os.close(repo)
    borrow_objects(tree.files / part.path / ".git", part.git_dir)


@contextmanager
def _inside(folder: int, path: str) -> Iterator[int]:
    """Yields the descriptor of a folder inside the folder of another, and follows no link on the way."""
    place = os.dup(folder)
    try:
        for name in path.split("/") if path else ():
            inner = os.open(name, files.FOLDER, dir_fd=place)
            os.close(place)
            place = inner
        yield place
    finally:
        os.close(place)


def _add_git(part: Part, repo: int, check: Callable[[], None], without: Collection[str] = ()) -> None:
    git = copying.make_folder(".git", repo)
    try:
        copying.copy(
            part.git_dir, git, check, without=("index", "index.lock", *(["HEAD"] if part.head else []), *without)
        )
        copying.copy_file(part.index, git, "index")
        if part.head:
            copying.write_file(f"{part.head}\n", git, "HEAD")
    finally:
        os.close(git)
