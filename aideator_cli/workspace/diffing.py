"""The difference between two variations: that of the trees that their patches produce."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, not_found
from aideator_cli.workspace import patches_alone
from aideator_cli.workspace.target import Target, expect_base, working_tree
from aideator_cli.workspace.trees import Scratch, scratch

FORM: Final = ("-r", "-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color",
               "--src-prefix=a/", "--dst-prefix=b/", "-U3")  # fmt: skip


@frozen
class Side:
    name: str  # RUN/N
    patch: bytes
    base: str | None


@frozen
class Difference:
    """The difference from one side to the other, as `git apply` takes it on top of the first."""

    patch: bytes
    alone: bool = False  # made from the two patches, without the files that they change
    left_out: tuple[str, ...] = ()  # files that differ in a way that the patches alone do not show


@frozen
class Call:
    """A call of one of the user's programs, which the user sees and closes."""

    words: list[str]
    folder: Path
    environment: Mapping[str, str]


def difference(old: Side, new: Side, target: Target | None) -> Difference:
    """Raises `AideatorError` if a patch does not fit its base, or if a clone is needed and there is none."""
    if target is None:
        if old.base != new.base:
            raise not_found(
                f"{old.name} and {new.name} started from different commits, and no clone here has both",
                hint="run it in a clone of the repository, or name one with -C DIR",
            )
        patch, left_out = patches_alone.difference(old.patch, new.patch, FORM)
        return Difference(patch, alone=True, left_out=left_out)
    with scratch(target, keep=False) as room:
        return Difference(room.git.need("diff-tree", *FORM, _tree(room, old), _tree(room, new)))


def clone_with(bases: list[str | None], folder: Path | None, origin: Path | None) -> Target | None:
    """Returns a local clone that has these commits: `folder` if given (it must have them), else the current one, else where the run
    began."""
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


@contextmanager
def tool(old: Side | None, new: Side, target: Target | None) -> Iterator[Call]:
    """Prepares `git difftool` for the two trees, or for the base and `new` without `old`. Raises `AideatorError` if there is no clone."""
    if target is None:
        raise not_found(
            f"there is no clone here with commit {(new.base or 'unknown')[:12]}, which git difftool needs",
            hint="run it in a clone of the run's repository, or name one with -C DIR",
        )
    with scratch(target, keep=False) as room:
        left = _tree(room, old) if old else expect_base(target, new.base, new.name)
        git = replace(room.git, settings=())
        words = git.words("difftool", "--dir-diff", "--no-prompt", left, _tree(room, new))
        yield Call(words, room.folder, git.environment())


def _tree(room: Scratch, side: Side) -> str:
    base = expect_base(room.target, side.base, side.name)
    return room.patched(base, side.patch, side.name) if side.patch else base
