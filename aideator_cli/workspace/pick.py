"""What to apply, how to apply it, and the outcome."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.domain.result import Result
from aideator_cli.errors import AideatorError, ExitCode, Hint, command, usage


@frozen
class Pick:
    """A variation's result, with its patch."""

    name: str  # RUN/N
    patch: bytes
    base: str | None  # the commit it was made on, as the agent reported it
    prompt: str
    checks: tuple[str, ...]  # what each check says about it, for the commit message
    result: Result
    begun: tuple[bytes, ...] = ()  # patches that it holds: one of them may have been applied already
    left_out: tuple[str, ...] = ()  # paths of the patch that are not to be applied
    snapshot: bool = False  # the base holds changes that were not committed when the run began


def pick_of(spec: RunSpec, result: Result, checks: Sequence[str] = (), begun: Sequence[bytes] = ()) -> Pick:
    """Raises `AideatorError` (wrong usage) if there is nothing to apply."""
    name = f"{spec.id}/{result.variation}"
    if not result.patch:
        idle = result.patch is not None or result.outcome == "no_changes"
        what = "changed nothing" if idle else f"has no patch ({result.outcome})"
        raise usage(f"{name} {what}: there is nothing to apply", hint=command("compare", spec.id))
    base = result.base or spec.repository.base
    snapshot = spec.sent is not None and spec.sent.snapshot and base == spec.repository.base
    return Pick(name, result.patch, base, spec.prompt, tuple(checks), result, tuple(begun), snapshot=snapshot)


@frozen
class Way:
    three_way: bool = False
    branch: str | None = None
    worktree: Path | None = None
    check: bool = False  # only report whether it would apply; change nothing
    sign: bool = True  # sign the commit, if the user's git is configured to
    only: tuple[str, ...] = ()  # pathspecs of what to apply; empty: everything
    tidy: bool = False  # leave out what does not belong into a repository


@frozen
class Applied:
    pick: Pick
    way: Way
    folder: Path  # top of the working tree; of the new one with --worktree
    already: bool = False
    commit: str | None = None
    conflicts: Sequence[str] = ()  # files that now contain both sides

    @property
    def code(self) -> ExitCode:
        return ExitCode.DOES_NOT_APPLY if self.conflicts else ExitCode.OK

    def as_json(self) -> dict[str, Any]:
        run, _, number = self.pick.name.partition("/")
        return {
            "kind": "applied", "run": run, "variation": int(number), "folder": str(self.folder), "branch": self.way.branch,
            "commit": self.commit, "check": self.way.check, "already": self.already, "conflicts": list(self.conflicts),
            "left_out": list(self.pick.left_out),
        }  # fmt: skip


def does_not_apply(message: str, hint: Hint | None = None) -> AideatorError:
    return AideatorError(message, hint=hint, code=ExitCode.DOES_NOT_APPLY)


def some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
