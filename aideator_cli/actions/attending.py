"""Follows a run from its first event until it ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event as Flag

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.applied import is_applied
from aideator_cli.actions.finding import Named, find_run
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.actions.works import with_work
from aideator_cli.backends.base import Backend
from aideator_cli.domain.events import Item
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import Selection, StoredRun
from aideator_cli.errors import Command
from aideator_cli.intake.request import Where
from aideator_cli.stream.follow import Again
from aideator_cli.stream.following import NOTHING, Batches, Past, following, look, past_of, tail
from aideator_cli.stream.policies import Policy
from aideator_cli.stream.sieve import Sieve
from aideator_cli.stream.slots import Slots


@frozen
class Window:
    """How much of the past is shown. None means all of it."""

    since: str | None = None  # the earliest time to show; RFC 3339, UTC
    tail: int | None = None  # only the last items: the number for each variation


ALL = Window()


@frozen
class Watched:
    """A run that is about to be followed."""

    spec: RunSpec
    past: Past
    backend: Backend | None  # None: the run has ended, and `past` is all there is


@frozen
class Standing:
    """The state of a run: the last result of each variation, and the selection."""

    spec: RunSpec
    results: list[Result]
    selection: Selection | None
    applied: bool = False  # the selected patch was applied here already

    def next_steps(self) -> list[Command]:
        from aideator_cli.actions.next_steps import next_steps  # slow to import

        steps = next_steps(self.spec, self.results, self.selection)
        return [step for step in steps if not (self.applied and step.words[0] == "apply")]


def watch(here: Here, word: str, where: Where, window: Window = ALL) -> Watched:
    """Raises `AideatorError` if there is no such run, or its backend can't be asked."""
    return watched(here, find_run(here, word, where).run, window)


def watched(here: Here, run: StoredRun, window: Window = ALL) -> Watched:
    """As `watch`, for a run that is stored here."""
    spec = run.spec
    if run.state == "ended":
        return Watched(spec, past_in(here, spec, window), None)
    backend = backend_at(run.place, here.settings)
    backend.mend(spec)
    if backend.name == "server":
        return Watched(spec, past_in(here, spec, window), backend)
    if window != ALL:
        look(spec, backend, here.store)
    Policy(spec, backend, here.store).catch_up()
    return Watched(spec, past_in(here, spec, window), backend)


@contextmanager
def attend(
    here: Here, spec: RunSpec, backend: Backend, past: Past = NOTHING, stop: Flag | None = None
) -> Iterator[Batches]:
    """Yields the run's items; each is stored first. The run's own rules (--first, --retries, --max-parallel) apply meanwhile.

    `stop`: another thread sets it to end this early.
    """
    policy, slots = Policy(spec, backend, here.store), Slots(spec, backend, here.store)

    def rule(batches: Iterator[list[Item]], again: Again) -> Iterator[list[Item]]:
        return slots.through(policy.through(batches, again))

    with following(spec, backend, here.store, past=past, rule=rule, stop=stop) as batches:
        yield batches


@contextmanager
def course(here: Here, watched: Watched, stop: Flag | None = None) -> Iterator[Batches]:
    """Yields all that `watch` shows: the past first, then live items. `stop`: as for `attend`."""
    if watched.backend is None:
        yield watched.past.batches
        return
    with attend(here, watched.spec, watched.backend, watched.past, stop) as batches:
        yield batches


def standing(here: Here, spec: RunSpec) -> Standing:
    """Covers the variations of `spec`, which may be only some of the run's."""
    numbers = {variation.number for variation in spec.variations}
    results = [result for result in here.store.results(spec.id) if result.variation in numbers]
    if spec.answer:
        results = with_work(here.store, spec.id, results)
    selection, run = here.store.selection(spec.id), here.store.run(spec.id)
    applied = selection is not None and run is not None and is_applied(run, selection.variation)
    return Standing(spec, results, selection, applied)


def only(named: Named) -> RunSpec:
    """Returns the spec with only the named variations."""
    spec = named.run.spec
    return replace(spec, variations=tuple(v for v in spec.variations if v.number in named.numbers))


def past_in(here: Here, spec: RunSpec, window: Window) -> Past:
    past = past_of(here.store, spec)
    return Past(within(window, past.batches), past.upto)


def within(window: Window, past: Batches) -> Batches:
    items = Sieve(since=window.since).through(past)
    return items if window.tail is None else tail(items, window.tail)
