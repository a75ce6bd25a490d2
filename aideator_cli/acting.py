"""What a person does to a run from within a view, and which commands come next."""

from collections.abc import Sequence
from pathlib import Path

from aideator_agent.spec import RunSpec
from aideator_cli.backend import Backend
from aideator_cli.choice.axes import varying
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
        store.select(spec.id, selection_of(spec, store, number, note))

    return Actions(
        cancel=cancel if backend is not None else None,
        select=select,
        patch=lambda number: last_result(Store.open(home), spec, number).patch,
        results=lambda: _of(spec, Store.open(home)),
        next_steps=lambda results: next_steps(spec, results),
    )


def ask_to_stop(spec: RunSpec, backend: Backend, store: Store, numbers: Sequence[int]) -> None:
    backend.cancel(spec.id, numbers)
    store.record([], [Observation(spec.id, now(), CANCEL_ASKED, "cancelled by the user", number) for number in numbers])


def selection_of(spec: RunSpec, store: Store, number: int, note: str | None) -> Selection:
    """Not stored yet. Raises `AideatorError` (usage) for a variation without a patch."""
    result = last_result(store, spec, number)
    if not result.patch or result.attempt is None:
        raise usage(
            f"{spec.id}/{number} can't be selected: it has no patch ({result.outcome})", hint=command("show", spec.id)
        )
    return Selection(number, result.attempt, now(), note)


def next_steps(spec: RunSpec, results: Sequence[Result]) -> list[str]:
    """Commands to paste, for the first that succeeded, else for the first that left a patch."""
    taken = next((r for r in results if r.succeeded), None) or next((r for r in results if r.files), None)
    if taken is None:
        return [command("logs", spec.id), command("show", spec.id)]
    name = f"{spec.id}/{taken.variation}"
    of_a_matrix = [axis for axis in varying(spec) if axis != "model"]
    compared = [command("compare", spec.id, "--by", axis) for axis in of_a_matrix]
    return [*compared, command("diff", name), command("select", name), command("apply", spec.id)]


def _of(spec: RunSpec, store: Store) -> list[Result]:
    numbers = {variation.number for variation in spec.variations}
    return [result for result in store.results(spec.id) if result.variation in numbers]
