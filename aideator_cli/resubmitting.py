"""Another attempt of variations that have ended, claimed so that of several processes one alone makes it."""

from collections.abc import Mapping
from threading import Event as Flag

from aideator_agent.spec import RunSpec
from aideator_cli.backend import Backend, Status
from aideator_cli.clock import now
from aideator_cli.errors import unavailable
from aideator_cli.events import Observation
from aideator_cli.store import Store


def resubmit(
    spec: RunSpec, submissions: Mapping[int, int], backend: Backend, store: Store, *, kind: str, text: str
) -> list[Observation] | None:
    """Starts these submissions (variation -> number) and says so of each; None: another process has claimed one of them.

    Raises `AideatorError` where the backend takes them not.
    """
    if not store.claim(spec.id, submissions):
        return None
    backend.resubmit(spec, submissions)
    seen = [Observation(spec.id, now(), kind, text, number) for number in submissions]
    store.record([], seen)
    store.reopen(spec.id, submissions, submissions)
    return seen


def newest_statuses(spec: RunSpec, backend: Backend) -> Mapping[int, Status]:
    """How each variation stands now, by its newest attempt. Raises `AideatorError` where the backend can't be asked."""
    stop = Flag()
    newest: dict[int, Status] = {}
    for told in backend.watch(spec, stop):
        if isinstance(told, Status):
            if not told.earlier:
                newest[told.variation] = told
        elif not told.back:
            raise unavailable(told.text)
        if len(newest) == len(spec.variations):
            stop.set()
    return newest
