"""The run that a request names, and what its caller may know of it."""

from aideator_cli.actions.finding import Named
from aideator_cli.actions.here import Here
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import not_found


def the_run(here: Here, run: str) -> StoredRun:
    """Raises `AideatorError` (not found). Only whole ids count."""
    found = here.store.run(run)
    if found is None:
        raise not_found(f"there is no run {run}", hint="GET /api/v1/runs lists the runs")
    return found


def named(here: Here, run: str, variation: int | None) -> Named:
    found = the_run(here, run)
    numbers = [each.number for each in found.spec.variations]
    if variation is not None and variation not in numbers:
        raise not_found(f"run {run} has no variation {variation}", hint=f"its variations are 1 to {len(numbers)}")
    return Named(found, variation)


def word(found: Named) -> str:
    """Returns the name that actions find it by."""
    run = found.run.spec.id
    return run if found.variation is None else f"{run}/{found.variation}"
