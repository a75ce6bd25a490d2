"""A user's repository, and agents that change clones of it: their patches are cut as in the pod."""

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aideator_agent.checkout import Checkout
from aideator_agent.keys import Redactor
from aideator_agent.patch import Cutter
from aideator_agent.spec import Check, Repository, RunSpec, VariationSpec
from aideator_cli.domain.result import Result
from aideator_cli.workspace.applying import apply_result
from aideator_cli.workspace.pick import Applied, Way
from aideator_cli.workspace.target import working_tree
from aideator_cli.workspace.working import undo
from tests.fixtures.repositories import LocalRepository, git

Tree = dict[str, tuple[str, bytes]]
RUN = "k3v9x2q"
SPEC = RunSpec(
    RUN, "0" * 8, "2026-11-21T12:00:00Z", Repository("https://git.example/todo.git"), "Make it right.",
    tuple(VariationSpec(n, "gpt-5") for n in (1, 2, 3)), checks=(Check("pytest", "pytest -q"),),
)  # fmt: skip


def tree(folder: Path) -> Tree:
    """Every file outside .git: its kind with what git keeps of its mode, and its bytes."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        mode = path.lstat().st_mode
        if name.parts[0] == ".git" or stat.S_ISDIR(mode):
            continue
        kind = "link" if stat.S_ISLNK(mode) else "run" if mode & 0o100 else "file"
        found[str(name)] = (kind, os.fsencode(path.readlink()) if kind == "link" else path.read_bytes())
    return found


def folders(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_dir() and ".git" not in p.parts}


@dataclass
class Scene:
    folder: Path
    repository: LocalRepository

    @property
    def top(self) -> Path:
        return self.repository.path

    def agent(self, change: Callable[[Path], object], name: str = "agent", base: str | None = None) -> "Work":
        """What an agent makes of a clone, without anybody's configuration."""
        at = base or self.repository.git("rev-parse", "HEAD")
        clone = self.folder / name
        git(self.folder, "clone", "--quiet", "--no-checkout", str(self.top), str(clone))
        git(clone, "checkout", "--quiet", "--detach", at)
        git_dir = self.folder / f"{name}.git"
        shutil.copytree(clone / ".git", git_dir)
        change(clone)
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        cut = Cutter(Checkout(clone, git_dir, at), home, Redactor(()), lambda: None, lambda _: None).cut()
        return Work(clone, result(cut.data, at))

    def index(self) -> str:
        return self.repository.git("ls-files", "-s", "-v", "-z")

    def apply(self, made: Result, **way: object) -> Applied:
        return apply_result(SPEC, made, Way(**way), folder=self.top, origin=None)  # type: ignore[arg-type]

    def undo(self, name: str | None = None, *, force: bool = False) -> str:
        return undo(working_tree(self.top), name, force=force).name


@dataclass(frozen=True)
class Work:
    folder: Path
    result: Result


def result(patch: bytes, base: str | None, variation: int = 1, **more: object) -> Result:
    given = {"outcome": "succeeded", "base": base, "patch": patch, "summary": "Made it right."}
    return Result(variation, "gpt-5", **{**given, **more})  # type: ignore[arg-type]
