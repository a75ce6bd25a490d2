"""The files of the base as git has them: which there are, and how many lines they have. Nothing that the agent changed counts."""

import os
import posixpath
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from aideator_agent.checkout import Checkout
from aideator_agent.git import Git, bare_environment
from aideator_agent.spec import Repository

COUNTED: Final = 300  # files whose lines are counted
POINTER: Final = b"version https://git-lfs"  # what stands in a commit for a file of Git LFS
SAME: Final = 20  # files with the same end of their paths that are looked at


class BaseTree:
    """`also`: other commits whose files count too. `check` is called constantly and may raise to stop it."""

    def __init__(
        self,
        checkout: Checkout,
        repository: Repository,
        home: Path,
        check: Callable[[], None],
        also: Sequence[str] = (),
    ) -> None:
        self._checkout = checkout
        self._repository = repository
        self._home = home
        self._check = check
        self._commits = (checkout.base, *also)
        self._counts: dict[str, int | None] = {}

    def named(self, path: str) -> list[str]:
        """Returns the files that a text may mean: a path from the top, from where commands start, or of a diff; or the end of a path."""
        folder = f"{self._checkout.folder}/"
        path = path.removeprefix(folder)
        for way in (self._repository.from_top(path), path, _without_side(path)):
            plain = posixpath.normpath(way)
            if plain in self._files or plain in self._folders:
                return [plain]
        plain = posixpath.normpath(path).lstrip("/")
        ends = self._by_name.get(plain.rpartition("/")[2], [])
        return [file for file in ends if f"/{file}".endswith(f"/{plain}")][:SAME]

    def has_name(self, name: str) -> bool:
        return name in self._by_name

    def lines(self, path: str) -> int | None:
        if path not in self._counts:
            self._counts[path] = self._counted(path) if len(self._counts) < COUNTED else None
        return self._counts[path]

    def _counted(self, path: str) -> int | None:
        found = [self._content(commit, git_dir, inner) for commit, git_dir, inner in self._places(path)]
        texts = [text for text in found if text is not None]
        if not texts or any(text.startswith(POINTER) for text in texts):
            return None
        return max(text.count(b"\n") + (not text.endswith(b"\n") and text != b"") for text in texts)

    def _places(self, path: str) -> list[tuple[str, Path, str]]:
        """Returns where a file may stand: commit, git folder, and path from the top of that repository."""
        inside = [s for s in self._checkout.submodules if path.startswith(f"{s.path}/")]
        if inside:
            part = max(inside, key=lambda submodule: len(submodule.path))
            return [(part.commit, part.git_dir, path.removeprefix(f"{part.path}/"))]
        return [(commit, self._checkout.git_dir, path) for commit in self._commits]

    def _content(self, commit: str, git_dir: Path, path: str) -> bytes | None:
        done = self._git(git_dir).run("cat-file", "blob", f"{commit}:{path}")
        return done.out if done.code == 0 and done.whole else None

    @cached_property
    def _files(self) -> frozenset[str]:
        found = {path for commit in self._commits for path in self._listed(self._checkout.git_dir, commit)}
        for part in self._checkout.submodules:
            found.update(f"{part.path}/{path}" for path in self._listed(part.git_dir, part.commit))
        return frozenset(found | (self._checkout.carried.paths if self._checkout.carried else frozenset()))

    @cached_property
    def _folders(self) -> frozenset[str]:
        return frozenset(str(parent) for path in self._files for parent in Path(path).parents)

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for path in sorted(self._files):
            names.setdefault(path.rpartition("/")[2], []).append(path)
        return names

    def _listed(self, git_dir: Path, commit: str) -> list[str]:
        done = self._git(git_dir).run("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
        return [os.fsdecode(path) for path in done.out.split(b"\0") if path] if done.code == 0 else []

    def _git(self, git_dir: Path) -> Git:
        environment = {**bare_environment(os.environ, self._home), "GIT_DIR": str(git_dir), "GIT_NO_LAZY_FETCH": "1"}
        return Git(git_dir, environment, self._check)


def _without_side(path: str) -> str:
    """Returns the path without the `a/` or `b/` that stands before it in a diff."""
    return path[2:] if path.startswith(("a/", "b/")) else path
