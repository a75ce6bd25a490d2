"""One repository, brought here by git: all of its history, or what was asked for of it."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from aideator_agent.git import Done, Git
from aideator_agent.git_failures import classify, words
from aideator_agent.values import frozen

HASH: Final = re.compile(r"[0-9a-f]{4,64}", re.IGNORECASE)
CLONE: Final = ("clone", "--quiet", "--no-checkout", "--no-recurse-submodules", "--template=", "-c",
                "core.autocrlf=false")  # fmt: skip
UNFILTERED: Final = "filtering not recognized"


class CloneRefused(Exception):
    """Git could not bring the repository. Holds git's error output."""


@frozen
class Cloner:
    environment: dict[str, str]
    check: Callable[[], None]  # raises when it is time to stop
    tell: Callable[[str], None]  # for what a reader should know

    def git(self, folder: Path) -> Git:
        return Git(folder, self.environment, self.check)

    def whole(self, url: str, folder: Path, *options: str) -> Git:
        """Clones without a working tree's files. Raises `CloneRefused`."""
        done = self.git(folder.parent).run(*CLONE, *options, "--", url, str(folder))
        if done.code:
            raise CloneRefused(done.error)
        if UNFILTERED in done.error:
            self.tell(f"{url} can't leave out files that are not needed, so all of them were fetched.")
        return self.git(folder)

    def linked(self, source: Path, folder: Path) -> Git | None:
        """Clones a folder of this machine without copying its objects. Returns None if git can't."""
        if not source.is_dir() or self.git(folder.parent).run(*CLONE, "--", str(source), str(folder)).code:
            return None
        return self.git(folder)

    def shallow(self, url: str, folder: Path, depth: int, wanted: Sequence[str], *options: str) -> Git | None:
        """Fetches the newest `depth` commits of the first of `wanted` that the server gives. Returns None, with a notice, if it gives none.

        Raises `CloneRefused` if the server would give nothing else either.
        """
        git = self.git(folder)
        folder.mkdir(exist_ok=True)
        done = Done(1, b"", b"", whole=True)
        for arguments in (
            ("init", "--quiet", "--template="),
            ("config", "core.autocrlf", "false"),
            ("remote", "add", "origin", url),
        ):
            done = git.run(*arguments)
        for what in wanted if not done.code else ():
            done = git.run("fetch", "--quiet", "--no-recurse-submodules", f"--depth={depth}", *options, "origin", what)
            if not done.code:
                return git
        if classify(done.error) != "other":
            raise CloneRefused(done.error)
        self.tell(f"{url} can't be cloned with a part of its history ({words(done.error)}), so all of it is fetched.")
        return None


def commit(git: Git, name: str) -> str | None:
    """Returns the commit that a name stands for. None if there is none."""
    done = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return done.out.decode().strip() if done.code == 0 else None


def fetch(git: Git, what: str | None) -> bool:
    return what is not None and git.run("fetch", "--quiet", "--no-recurse-submodules", "origin", what).code == 0


def find_base(git: Git, ref: str | None, base: str | None) -> str | None:
    """Returns the commit to start from, fetched if a clone does not have it. None if the repository has no such commit."""
    if base is None:
        return commit(git, "HEAD") if ref is None else _find_ref(git, ref)
    for what in (ref, base):
        if found := commit(git, base):
            return found
        fetch(git, what)
    return commit(git, base)


def _find_ref(git: Git, ref: str) -> str | None:
    short = re.sub(r"^refs/(heads|tags)/", "", ref)
    names = [f"refs/remotes/origin/{short}", f"refs/tags/{short}", *([ref] if HASH.fullmatch(ref) else [])]
    for name in names:
        if found := commit(git, name):
            return found
    return commit(git, "FETCH_HEAD") if fetch(git, ref) else None
