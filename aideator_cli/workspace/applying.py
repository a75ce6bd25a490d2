"""Applies a patch to its destination: the files of a working tree, a new working tree, or a new branch."""

from collections.abc import Sequence
from pathlib import Path

from aideator_agent.spec import RunSpec
from aideator_cli.domain.result import Result
from aideator_cli.errors import usage
from aideator_cli.workspace.committing import apply_to_worktree, commit_to_branch, expect_branch
from aideator_cli.workspace.narrowing import narrowed
from aideator_cli.workspace.pick import Applied, Way, does_not_apply, pick_of
from aideator_cli.workspace.target import default_tree, working_tree
from aideator_cli.workspace.working import apply_to_files, why


def apply_result(
    spec: RunSpec,
    result: Result,
    way: Way,
    *,
    folder: Path | None,
    origin: Path | None,
    checks: Sequence[str] = (),
    begun: Sequence[bytes] = (),
) -> Applied:
    """Applies the result's patch to the working tree of `folder`, else of the current folder, else of `origin`, where the run began.

    `checks` has what each check says about the result, for the commit message. `begun` has the patches of the variations with whose work
    the run began: the files may be as one of these left them. Raises `AideatorError` for wrong usage, a missing
    repository, or a patch that does not apply; nothing has changed then.
    """
    _check(way)
    pick = pick_of(spec, result, checks, begun)
    target = working_tree(folder) if folder else default_tree(pick.base, origin)
    try:
        pick = narrowed(pick, target, way)
        if way.branch is not None:
            return commit_to_branch(pick, target, way)
        return apply_to_worktree(pick, target, way) if way.worktree else apply_to_files(pick, target, way)
    except OSError as error:
        raise does_not_apply(
            f"{pick.name} can't be applied: {why(target, error)}; the working tree is unchanged"
        ) from error


def expect_place(spec: RunSpec, way: Way, *, folder: Path | None, origin: Path | None) -> None:
    """Checks the destination before a run whose best result will be applied. Raises what `apply_result` would raise without a patch."""
    target = working_tree(folder) if folder else default_tree(spec.repository.base, origin)
    if way.branch is not None:
        expect_branch(target, way.branch)


def _check(way: Way) -> None:
    if way.three_way and (way.branch or way.worktree):
        raise usage(
            "--3way can't be combined with --branch or --worktree: they start at the run's base, where no merge is needed",
            hint="leave out --3way",
        )
    if not way.sign and way.branch is None:
        raise usage("--no-sign needs --branch, which makes a commit", hint="add --branch NAME, or leave out --no-sign")
