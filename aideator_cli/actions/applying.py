"""Applies a variation's patch to the user's repository, and takes it back."""

from contextlib import suppress
from pathlib import Path
from typing import Final

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.finding import Named, expect_patches
from aideator_cli.actions.here import Here
from aideator_cli.actions.selecting import misgiving, named_or_selected
from aideator_cli.actions.snapshots import bring_snapshot
from aideator_cli.choice.verdicts import told_checks
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import Selection, StoredRun
from aideator_cli.errors import AideatorError, ExitCode, command, usage
from aideator_cli.stream.recording import last_result
from aideator_cli.system.clock import now
from aideator_cli.workspace import working
from aideator_cli.workspace.applying import apply_result
from aideator_cli.workspace.pick import Applied, Way
from aideator_cli.workspace.target import working_tree

PLACES: Final = 50  # runs whose repositories are looked through for the last apply


@frozen
class Picked:
    """The variation to apply."""

    run: StoredRun
    result: Result
    misgiving: str | None  # a reason against taking it


@frozen
class Undone:
    name: str  # RUN/N
    folder: Path  # the working tree that was restored


def pick(here: Here, named: Named) -> Picked:
    """Picks the named variation, else the selected one. Raises `AideatorError` (usage) if nothing is selected, or it is no patch."""
    spec = named.run.spec
    expect_patches(spec)
    result = named_or_selected(here, named)
    if result is None and not any(each.files for each in here.store.results(spec.id)):
        raise usage(f"run {spec.id} has no patch to apply", hint=command("show", spec.id))
    if result is None:
        raise usage(
            f"run {spec.id} has no selected variation",
            hint=(command("select", spec.id), " N, or ", command("apply"), f" {spec.id}/N"),
        )
    return Picked(named.run, result, misgiving(spec, result) if result.patch else None)


def apply(here: Here, picked: Picked, way: Way, folder: Path | None = None) -> Applied:
    """Applies the patch to the working tree of `folder`, else of the current folder, else of the run's repository.

    If the run has no selection, this selects the variation. If it raises `AideatorError`, nothing has changed.
    """
    run, result = picked.run, picked.result
    bring_snapshot(here, run.spec, folder or run.repository_path)
    applied = apply_result(
        run.spec,
        result,
        way,
        folder=folder,
        origin=run.repository_path,
        checks=_checks(run.spec, result),
        begun=_begun(here, run.spec),
    )
    if not way.check and result.attempt is not None and here.store.selection(run.spec.id) is None:
        here.store.select(run.spec.id, Selection(result.variation, result.attempt, now(), "applied"))
    return applied


def undo_last(here: Here, folder: Path | None, name: str | None = None, *, force: bool = False) -> Undone:
    """As `undo` in `folder`, else in the current folder. If nothing was applied there, the error names the place of the last apply."""
    try:
        return undo(folder or Path.cwd(), name, force=force)
    except AideatorError as error:
        place = _applied_last(here, name) if folder is None and error.code == ExitCode.NOT_FOUND else None
        if place is None:
            raise
        words = [*([name] if name else []), "-C", str(place)]
        hint = (command("undo", *words), " undoes what was applied there")
        raise AideatorError(error.message, hint=hint, code=error.code) from error


def applied_last(folder: Path | None, name: str) -> bool:
    """Whether this patch (RUN/N) was applied to the files of a run's repository, and not undone."""
    with suppress(AideatorError):
        return folder is not None and working.applied_last(working_tree(folder), name) is not None
    return False


def _applied_last(here: Here, name: str | None) -> Path | None:
    """Returns the newest runs' working tree to which a patch was applied last: `apply` falls back to the one of its run."""
    found: dict[Path, float] = {}
    for folder in {run.repository_path for run in here.store.runs(PLACES)}:
        with suppress(AideatorError):
            if folder is not None and (time := working.applied_last(tree := working_tree(folder), name)) is not None:
                found[tree.top] = time
    return max(found, key=lambda top: found[top], default=None)


def undo(folder: Path, name: str | None = None, *, force: bool = False) -> Undone:
    """Undoes the last apply to the working tree of `folder`, or that of `name` (RUN/N). `force` overwrites changes made since."""
    target = working_tree(folder)
    return Undone(working.undo(target, name, force=force).name, target.top)


def _begun(here: Here, spec: RunSpec) -> list[bytes]:
    """Returns the patches of the variations with whose work the run began, as far as they are stored here."""
    found = []
    for name in spec.origin.variations if spec.origin else ():
        run, _, number = name.partition("/")
        stored = here.store.run(run)
        if stored is not None and number.isdecimal():
            found.append(last_result(here.store, stored.spec, int(number)).patch or b"")
    return found


def _checks(spec: RunSpec, result: Result) -> list[str]:
    return told_checks([check.name for check in spec.checks], result)
