"""What is applied, how, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aideator_agent.spec import RunSpec
from aideator_cli.errors import AideatorError, ExitCode, usage
from aideator_cli.figures import changes, plural
from aideator_cli.invocation import command
from aideator_cli.result import Result


@dataclass(frozen=True)
class Pick:
    """A variation's result, with its patch."""

    name: str  # RUN/N
    patch: bytes
    base: str | None  # the commit it was made on, as the agent told it
    prompt: str
    checks: tuple[str, ...]  # names of those that were asked for
    result: Result


def pick_of(spec: RunSpec, result: Result) -> Pick:
    """Raises `AideatorError` (wrong usage) where there is nothing to apply."""
    name = f"{spec.id}/{result.variation}"
    if not result.patch:
        what = "changed nothing" if result.patch is not None or result.outcome == "no_changes" else "has no patch"
        raise usage(f"{name} {what} ({result.outcome}): there is nothing to apply", hint=command("compare", spec.id))
    checks = tuple(check.name for check in spec.checks)
    return Pick(name, result.patch, result.base or spec.repository.base, spec.prompt, checks, result)


@dataclass(frozen=True)
class Way:
    three_way: bool = False
    branch: str | None = None
    worktree: Path | None = None
    check: bool = False  # say whether it would, and leave everything as it is


@dataclass(frozen=True)
class Applied:
    pick: Pick
    way: Way
    folder: Path  # the working tree's top, the new one's with --worktree
    already: bool = False
    commit: str | None = None
    conflicts: Sequence[str] = ()  # files that now hold both sides

    @property
    def code(self) -> ExitCode:
        return ExitCode.DOES_NOT_APPLY if self.conflicts else ExitCode.OK

    def as_json(self) -> dict[str, Any]:
        run, _, number = self.pick.name.partition("/")
        return {
            "kind": "applied", "run": run, "variation": int(number), "folder": str(self.folder), "branch": self.way.branch,
            "commit": self.commit, "check": self.way.check, "already": self.already, "conflicts": list(self.conflicts),
        }  # fmt: skip

    def lines(self) -> list[str]:
        """What a person is told: what was done, each conflict, what to do next."""
        name, result, here = self.pick.name, self.pick.result, str(self.folder)
        told = f"{plural(result.files, 'file')}, {changes(result.additions, result.deletions)}"
        if self.already:
            return [f"{name} is applied to {here} already"]
        if self.conflicts:
            return [*(f"conflict in {path}" for path in self.conflicts), self._conflicting()]
        if self.way.check:
            return [f"{name} applies to {self.way.worktree or here}: {told}"]
        if self.commit and self.way.worktree:
            return [
                f"committed {name} as {self.commit[:7]} on the new branch {self.way.branch}, checked out in {here}: {told}"
            ]
        if self.commit:
            return [
                f"committed {name} as {self.commit[:7]} on the new branch {self.way.branch}: {told}.  git switch {self.way.branch}"
            ]
        return [f"applied {name} to {here}: {told}.  {self._undo()}"]

    def _conflicting(self) -> str:
        name, count = self.pick.name, plural(len(self.conflicts), "file")
        if self.way.check:
            return f"{name} would apply with conflicts in {count}"
        return (
            f"applied {name} to {self.folder} with conflicts in {count}: mend them and git add them, or {self._undo()}"
        )

    def _undo(self) -> str:
        here = Path.cwd().is_relative_to(self.folder)
        return command("undo") if here else command("undo", "-C", str(self.folder))


def does_not_apply(message: str, hint: str | None = None) -> AideatorError:
    return AideatorError(message, hint=hint, code=ExitCode.DOES_NOT_APPLY)


def some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
