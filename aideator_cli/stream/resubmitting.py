"""Starts another attempt for variations that have ended. A claim ensures that only one process does so."""

from collections.abc import Collection, Iterable, Mapping

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Backend, Status
from aideator_cli.domain.events import Observation
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.store import Store
from aideator_cli.stream.glimpse import statuses_now
from aideator_cli.stream.handover import failures
from aideator_cli.system.clock import now
from aideator_cli.text.figures import cost


def resubmit(
    spec: RunSpec,
    submissions: Mapping[int, int],
    backend: Backend,
    store: Store,
    *,
    kind: str,
    text: str,
    resume: bool = True,
) -> list[Observation] | None:
    """Starts these submissions (variation -> number) and returns an observation for each.

    With `resume`, attempts that follow one that infrastructure has ended go on from its last checkpoint.

    Returns None if another process has claimed one of them. Raises `AideatorError` if the backend refuses them, or if one has spent its
    share of the run's budget.
    """
    costs = _costs_left(spec, submissions, store)
    if not store.claim(spec.id, submissions):
        return None
    from aideator_cli.stream.inheriting import inheritance

    failed = {number: told for number in submissions if (told := failures(spec, store, number))}
    backend.resubmit(spec, submissions, costs, failed, inheritance(store, spec, submissions) if resume else {})
    seen = [Observation(spec.id, now(), kind, text, number) for number in submissions]
    store.record([], seen)
    store.reopen(spec.id, submissions, submissions)
    return seen


def _costs_left(spec: RunSpec, numbers: Iterable[int], store: Store) -> dict[int, float]:
    """Returns the USD that each of these variations may still spend. Empty if the run has no budget."""
    if spec.share is None:
        return {}
    spent = store.spent(spec.id)
    left = {number: spec.share - _known(spent.get(number, 0.0), spec, number) for number in numbers}
    for number, dollars in left.items():
        if dollars <= 0:
            raise AideatorError(
                f"{spec.id}/{number} has spent its share of the budget, {cost(spec.share)}, so it is not retried",
                code=ExitCode.LIMIT,
            )
    return {number: min(dollars, spec.limits.cost or dollars) for number, dollars in left.items()}


def _known(spent: float | None, spec: RunSpec, number: int) -> float:
    if spent is None:
        raise AideatorError(
            f"the cost of {spec.id}/{number} so far is unknown, so its share of the budget, {cost(spec.share)}, can't be enforced: "
            "it is not retried",
            code=ExitCode.LIMIT,
        )
    return spent


def newest_statuses(spec: RunSpec, backend: Backend) -> Mapping[int, Status]:
    """Returns the status of each variation's newest attempt. Raises `AideatorError` if the backend can't be reached."""

    def newest(told: Collection[Status]) -> Mapping[int, Status]:
        return {each.variation: each for each in told if not each.earlier}

    return newest(statuses_now(spec, backend, lambda told: len(newest(told)) == len(spec.variations)))
