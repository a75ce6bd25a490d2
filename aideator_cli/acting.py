"""What a person does to a run from within a view, and which commands come next."""

from collections.abc import Sequence
from pathlib import Path

from aideator_agent.spec import RunSpec
from aideator_cli.backend import Backend
from aideator_cli.choice.axes import varying
from aideator_cli.choice.comparison import candidates
from aideator_cli.choice.ranking import ranked
from aideator_cli.choice.verdicts import check_names
from aideator_cli.clock import now
from aideator_cli.errors import usage
from aideator_cli.events import Observation
from aideator_cli.invocation import command
from aideator_cli.result import Result
from aideator_cli.store import Selection, Store
from aideator_cli.stream.recording import CANCEL_ASKED, last_result
from aideator_cli.views.actions import Actions


def actions_on(spec: RunSpec, home: Path, backend: Backend | None) -> Actions:
    """Each with a store of its own: they are done in other threads. Without a backend nothing can be cancelled."""

    def cancel(numbers: Sequence[int]) -> None:
        assert backend is not None
        ask_to_stop(spec, backend, Store.open(home), numbers)

    def select(number: int, note: str | None) -> None:
        store = Store.open(home)
        store.select(spec.id, selection_of(spec, last_result(store, spec, number), note))

    return Actions(
        cancel=cancel if backend is not None else None,
        select=select,
        patch=lambda number: last_result(Store.open(home), spec, number).patch,
        results=lambda: _of(spec, Store.open(home)),
        next_steps=lambda results: next_steps(spec, results, Store.open(home).selection(spec.id)),
    )


def ask_to_stop(spec: RunSpec, backend: Backend, store: Store, numbers: Sequence[int]) -> None:
    backend.cancel(spec.id, numbers)
    store.record([], [Observation(spec.id, now(), CANCEL_ASKED, "cancelled by the user", number) for number in numbers])


def selection_of(spec: RunSpec, result: Result, note: str | None) -> Selection:
    """Of a result with its patch; not stored yet. Raises `AideatorError` (usage) where there is no patch."""
    if not result.patch or result.attempt is None:
        name = f"{spec.id}/{result.variation}"
        raise usage(f"{name} can't be selected: it has no patch ({result.outcome})", hint=command("show", spec.id))
    return Selection(result.variation, result.attempt, now(), note)


def next_steps(spec: RunSpec, results: Sequence[Result], selection: Selection | None = None) -> list[str]:
    """Commands to paste: to take what was selected, else what passed; where nothing did, only to look into it."""
    if selection is not None:
        return [command("apply", spec.id)]
    order = ranked(candidates(results, check_names([check.name for check in spec.checks], results)))
    passed = [each for each in order if each.passes]
    first = passed[0] if passed else next((each for each in order if each.has_patch), None)
    if first is None:
        return [command("logs", spec.id), command("show", spec.id)]
    name = f"{spec.id}/{first.number}"
    if not passed:
        return [*_comparing(spec, len(order)), command("diff", name), command("logs", name)]
    return [*_comparing(spec, len(passed)), command("diff", name), command("apply", name)]


def _comparing(spec: RunSpec, count: int) -> list[str]:
    """Along the axes of a matrix, else as a whole where there are several to compare."""
    axes = [axis for axis in varying(spec) if axis != "model"]
    if axes:
        return [command("compare", spec.id, "--by", axis) for axis in axes]
    return [command("compare", spec.id)] if count > 1 else []


def _of(spec: RunSpec, store: Store) -> list[Result]:
    numbers = {variation.number for variation in spec.variations}
    return [result for result in store.results(spec.id) if result.variation in numbers]
