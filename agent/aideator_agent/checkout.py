"""What the attempt works in: the checked-out repository with its submodules, large and carried files."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Final

from aideator_agent.carried import Carried
from aideator_agent.lfs import Store
from aideator_agent.values import frozen

NOTHING: Final = Store(Path())


@frozen
class Submodule:
    """A submodule that is checked out, at any depth."""

    path: str  # from the top of the checkout
    git_dir: Path  # as of the checkout
    commit: str
    url: str


@frozen
class Checkout:
    folder: Path  # the working tree, shared with the model's commands
    git_dir: Path  # a copy of its `.git` from before the first command
    base: str  # commit
    start: str | None = None  # the commit with what was done before, on top of the base; None: nothing was
    submodules: tuple[Submodule, ...] = ()  # each after the one that it lies in
    sparse: bool = False  # whether only some folders are checked out
    large: Mapping[str, Store] = field(default_factory=dict)  # Git LFS by the path of a repository: empty for the top
    carried: Carried | None = None

    def store(self, path: str = "") -> Store:
        return self.large.get(path, NOTHING)

    def inner(self, parent: str = "") -> list[Submodule]:
        """Returns the submodules of the repository at `parent`, the top or a submodule, without theirs."""
        return [s for s in self.submodules if s.path.startswith(_prefix(parent)) and self.parent(s) == parent]

    def parent(self, submodule: Submodule) -> str:
        """Returns the path of the submodule in which this one lies. Empty for the top."""
        outer = [s.path for s in self.submodules if submodule.path.startswith(f"{s.path}/")]
        return max(outer, key=len, default="")


def _prefix(path: str) -> str:
    return f"{path}/" if path else ""
