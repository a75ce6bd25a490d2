"""Runs the tests that the variations of a run have written on each other's patches, once, and stores what came of it.

A referee does that where the run's agents worked. It outlives this process: who asks next resumes it, or finds its outcome.
"""

from collections.abc import Generator, Iterator
from threading import Event as Flag
from typing import Final

from aideator_agent.spec import RunSpec
from aideator_cli.actions.comparing import comparison_of
from aideator_cli.actions.crossing.planning import Planned, planned, referee_of, seconds_of
from aideator_cli.actions.crossing.told import Announced, Doing, Failed, Told
from aideator_cli.actions.fetching import fetch
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.backends import parcel
from aideator_cli.backends.base import Backend
from aideator_cli.domain.crossing import Crossing, fold
from aideator_cli.domain.events import Closed, Ended, Event, Observation
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import AideatorError
from aideator_cli.stream.follow import follow
from aideator_cli.stream.sequence import Sequence

TRIES: Final = 2  # referees: one that another process left behind may be gone
TIME_UP: Final = "time"  # the reason of a referee that reached its limit


def cross_test(here: Here, run: StoredRun) -> Iterator[Told]:
    """Yields nothing if there is nothing to learn, and only the outcome if it is known. Raises nothing that a referee could not do."""
    comparison = comparison_of(run, here.store)
    plan = None if comparison.running or run.spec.answer else planned(comparison)
    if plan is None:
        return
    known = here.store.crossing(run.spec.id, plan.key)
    if known is not None:
        yield known
        return
    try:
        yield from _refereed(here, run, plan)
    except AideatorError as error:
        yield Failed(error.message)


def _refereed(here: Here, run: StoredRun, plan: Planned) -> Iterator[Told]:
    backend = backend_at(run.place, here.settings)
    if backend.name == "server":
        from aideator_cli.actions.crossing.there import cross_there
        from aideator_cli.backends.server import ServerBackend

        assert isinstance(backend, ServerBackend)
        yield from cross_there(here, run, backend)
        return
    for last in range(1, TRIES + 1):
        pending = here.store.pending_crossing(run.spec.id, plan.key)
        about, most = seconds_of(run.spec, plan)
        yield Announced(plan.authors, tuple(plan.patches), about, most, resumed=pending is not None)
        referee = pending or _started(here, run, plan, backend)
        crossing = yield from _followed(referee, plan, backend)
        if crossing.problem in ("", TIME_UP):
            here.store.end_crossing(run.spec.id, plan.key, crossing)
            _forget(here, referee, backend)
            yield crossing
            return
        here.store.forget_crossing(run.spec.id, plan.key, referee.id)
        _forget(here, referee, backend)
        if pending is None or last == TRIES:
            yield Failed(crossing.problem)
            return


def _started(here: Here, run: StoredRun, plan: Planned, backend: Backend) -> RunSpec:
    """Returns the referee that now is at work: this process' own, or that of one that was quicker."""
    runs = here.settings.home / "runs"
    fetch(here, run.spec)
    spec = referee_of(run, plan, runs, to_cluster=backend.name == "kubernetes")
    begun = here.store.begin_crossing(run.spec.id, plan.key, spec)
    if begun.id != spec.id:
        parcel.forget(runs, spec.id)
        return begun
    try:
        backend.submit(spec)
    except BaseException:
        here.store.forget_crossing(run.spec.id, plan.key, spec.id)
        parcel.forget(runs, spec.id)
        raise
    return spec


def _followed(spec: RunSpec, plan: Planned, backend: Backend) -> Generator[Told, None, Crossing]:
    """Returns the outcome; its `problem` says why there is none. Yields what happens meanwhile."""
    events: dict[str, list[Event]] = {}
    problem = "it left no result"
    told = ""
    for batch in follow(spec, backend, Sequence, Flag()):
        for item in batch:
            if isinstance(item, Event) and item.type in ("cross", "end"):
                events.setdefault(item.attempt, []).append(item)
            elif isinstance(item, Closed | Ended):
                problem = item.text or item.reason or problem
            text = _doing(item)
            if text and text != told:
                told = text
                yield Doing(text)
    start = Crossing(plan.patches, problem=problem, left_out=plan.left_out)
    return fold(list(events.values())[-1] if events else (), start)


def _doing(item: object) -> str:
    if isinstance(item, Observation) and item.kind not in ("running", "completed", "ended"):
        return item.text
    if isinstance(item, Event) and item.type == "notice" and item.data.get("level") in ("info", "warning"):
        return str(item.data.get("text") or "")
    return ""


def _forget(here: Here, spec: RunSpec, backend: Backend) -> None:
    """Removes the referee's objects: all that it found out is stored."""
    try:
        backend.delete(spec.id)
    except AideatorError:
        return  # they go away by themselves, or with the run
    parcel.forget(here.settings.home / "runs", spec.id)
