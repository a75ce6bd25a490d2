"""What one variation has that another lacks: the difference of the two trees that their patches make."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from aideator_cli import patches_alone
from aideator_cli.applying.target import Target, expect_base, working_tree
from aideator_cli.applying.trees import Scratch, scratch
from aideator_cli.errors import AideatorError, ExitCode, not_found

FORM: Final = ("-r", "-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color",
               "--src-prefix=a/", "--dst-prefix=b/", "-U3")  # fmt: skip


@dataclass(frozen=True)
class Side:
    name: str  # RUN/N
    patch: bytes
    base: str | None


@dataclass(frozen=True)
class Difference:
    """From one side to the other; as `git apply` takes it on top of the first."""

    patch: bytes
    alone: bool = False  # made of the two patches, without the files that they were made on
    left_out: tuple[str, ...] = ()  # files that differ, and the patches alone don't tell how


def difference(old: Side, new: Side, target: Target | None) -> Difference:
    """Raises `AideatorError`: a patch does not fit its base, or there is no clone and one is needed."""
    if target is None:
        if old.base != new.base:
            raise not_found(
                f"{old.name} and {new.name} began at different commits, and no clone here has both",
                hint="call it in a clone of the repository, or name one with -C DIR",
            )
        patch, left_out = patches_alone.difference(old.patch, new.patch, FORM)
        return Difference(patch, alone=True, left_out=left_out)
    with scratch(target, keep=False) as room:
        return Difference(room.git.need("diff-tree", *FORM, _tree(room, old), _tree(room, new)))


def clone_with(bases: list[str | None], folder: Path | None, origin: Path | None) -> Target | None:
    """A local clone that has these commits: the one that is named, which must, else where we are, else where the run began."""
    if folder is not None:
        target = working_tree(folder)
        for base in bases:
            expect_base(target, base, "the patch")
        return target
    for place in (Path.cwd(), origin):
        if place is None:
            continue
        try:
            target = working_tree(place)
        except AideatorError:
            continue
        if all(target.has_commit(base) for base in bases):
            return target
    return None


def show_in_tool(old: Side | None, new: Side, target: Target | None) -> None:
    """`git difftool` over the two trees; without `old` over the base and the new one. Raises `AideatorError`: no clone, or it failed."""
    import subprocess

    if target is None:
        raise not_found(
            f"there is no clone here with commit {(new.base or 'unknown')[:12]}, which a tool needs",
            hint="call it in a clone of the run's repository, or name one with -C DIR",
        )
    with scratch(target, keep=False) as room:
        left = _tree(room, old) if old else expect_base(target, new.base, new.name)
        git = replace(room.git, settings=())
        words = git.words("difftool", "--dir-diff", "--no-prompt", left, _tree(room, new))
        if subprocess.run(words, cwd=room.folder, env=git.environment(), check=False).returncode:
            raise AideatorError("git difftool has failed", hint="git difftool --tool-help", code=ExitCode.FAILED)


def _tree(room: Scratch, side: Side) -> str:
    base = expect_base(room.target, side.base, side.name)
    return room.patched(base, side.patch, side.name) if side.patch else base
