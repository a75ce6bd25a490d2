"""A variation's patch, and how it differs from another variation's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aideator_agent.values import frozen
from aideator_cli.actions.finding import Named, expect_patches
from aideator_cli.actions.here import Here
from aideator_cli.actions.selecting import named_or_selected
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import command, not_found, usage
from aideator_cli.stream.recording import last_result
from aideator_cli.workspace import diffing
from aideator_cli.workspace.diffing import Call, Difference, Side
from aideator_cli.workspace.target import Target


@frozen
class Made:
    """A variation's result with its patch, which may be empty."""

    run: StoredRun
    result: Result

    @property
    def name(self) -> str:
        return f"{self.run.spec.id}/{self.result.variation}"

    @property
    def base(self) -> str | None:
        return self.result.base or self.run.spec.repository.base

    @property
    def patch(self) -> bytes:
        return self.result.patch or b""

    @property
    def side(self) -> Side:
        return Side(self.name, self.patch, self.base)


def made(here: Here, named: Named) -> Made:
    """Returns the named variation, else the selected one, else the only one with a patch.

    Raises `AideatorError` if the choice is not clear, or the variation has no patch.
    """
    expect_patches(named.run.spec)
    result = named_or_selected(here, named) or last_result(here.store, named.run.spec, _only(here, named.run))
    if result.patch is None and result.outcome != "no_changes":
        name = f"{named.run.spec.id}/{result.variation}"
        raise not_found(f"{name} has no patch: {result.outcome}", hint=command("logs", name))
    return Made(named.run, result)


def difference(old: Made, new: Made, folder: Path | None = None) -> Difference:
    """Returns what `new` has and `old` lacks. Uses a clone if there is one; `folder` can name it."""
    return diffing.difference(old.side, new.side, _clone([old, new], folder))


@contextmanager
def tool(new: Made, old: Made | None = None, folder: Path | None = None) -> Iterator[Call]:
    """Yields the call of git's difftool on the two trees, or on the base and the new tree. The trees exist until this is closed."""
    sides = [new] if old is None else [old, new]
    with diffing.tool(old.side if old else None, new.side, _clone(sides, folder)) as call:
        yield call


def _clone(sides: list[Made], folder: Path | None) -> Target | None:
    return diffing.clone_with([side.base for side in sides], folder, sides[0].run.repository_path)


def _only(here: Here, run: StoredRun) -> int:
    numbers = [variation.number for variation in run.spec.variations]
    patched = [result.variation for result in here.store.results(run.spec.id) if result.files]
    for only in (numbers, patched):
        if len(only) == 1:
            return only[0]
    name = run.spec.id
    raise usage(f"{name} has {len(numbers)} variations; name one", hint=f"{name}/1 to {name}/{len(numbers)}")
