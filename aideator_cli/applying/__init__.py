"""A variation's patch into the user's repository, and back out of it."""

from pathlib import Path

from aideator_agent.spec import RunSpec
from aideator_cli.applying.committing import apply_to_worktree, commit_to_branch, expect_branch
from aideator_cli.applying.pick import Applied, Way, does_not_apply, pick_of
from aideator_cli.applying.target import default_tree, working_tree
from aideator_cli.applying.working import apply_to_files, undo, why
from aideator_cli.errors import usage
from aideator_cli.result import Result

__all__ = ["Applied", "Way", "apply_result", "default_tree", "expect_place", "undo", "working_tree"]


def apply_result(spec: RunSpec, result: Result, way: Way, *, folder: Path | None, origin: Path | None) -> Applied:
    """The result's patch to the working tree of `folder`, else of where we are, else of `origin`, which the run began with.

    Raises `AideatorError`: wrong usage, no repository, or it does not apply; everything is as it was then.
    """
    if way.three_way and (way.branch or way.worktree):
        raise usage(
            "--3way merges into your files; --branch and --worktree begin at the run's base, where it applies as it is",
            hint="leave out --3way",
        )
    pick = pick_of(spec, result)
    target = working_tree(folder) if folder else default_tree(pick.base, origin)
    try:
        if way.branch is not None:
            return commit_to_branch(pick, target, way)
        return apply_to_worktree(pick, target, way) if way.worktree else apply_to_files(pick, target, way)
    except OSError as error:
        raise does_not_apply(
            f"{pick.name} can't be applied: {why(target, error)}; the working tree is as it was"
        ) from error


def expect_place(spec: RunSpec, way: Way, *, folder: Path | None, origin: Path | None) -> None:
    """Before a run begins whose best is to be applied: raises what `apply_result` would raise without any patch."""
    target = working_tree(folder) if folder else default_tree(spec.repository.base, origin)
    if way.branch is not None:
        expect_branch(target, way.branch)
