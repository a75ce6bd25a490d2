"""`logs`: events only, from the store and, while agents are working, from their logs."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.finding import Named, find
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.domain.events import Event, Item
from aideator_cli.store import BATCH
from aideator_cli.stream.following import Batches, following, look, past_of, stored
from aideator_cli.stream.sieve import Sieve, is_over, variation_of


@frozen
class Wanted:
    """Which events to read. None means all."""

    types: frozenset[str] | None = None
    since: str | None = None  # RFC 3339, UTC
    follow: bool = False  # until the agents have ended
    by_attempt: bool = False  # one attempt after the other, in the order of its log; else all agents' events by time


@contextmanager
def logs(here: Here, word: str, wanted: Wanted) -> Iterator[tuple[RunSpec, Iterator[list[Event]]]]:
    """Yields the run and the wanted events."""
    named = find(here, word)
    spec = named.run.spec
    sieve = Sieve(frozenset(named.numbers), wanted.types, wanted.since)
    ended = {result.variation for result in here.store.results(spec.id) if result.ended}
    left = set(named.numbers) - ended
    if not (wanted.follow and left):
        if left:
            look(spec, backend_at(named.run.place, here.settings), here.store)
        yield spec, _events(sieve.through(_past(here, named, by_attempt=wanted.by_attempt)))
        return
    past = past_of(here.store, spec, named.numbers)
    with following(spec, backend_at(named.run.place, here.settings), here.store, past=past) as batches:
        yield spec, _events(sieve.through(_until_over(batches, left)))


def _events(batches: Batches) -> Iterator[list[Event]]:
    for batch in batches:
        yield [item for item in batch if isinstance(item, Event)]


def _past(here: Here, named: Named, *, by_attempt: bool) -> Batches:
    spec = named.run.spec
    if not by_attempt:
        return stored(here.store, spec, named.numbers)
    attempts = [a.attempt for a in here.store.attempts(spec.id) if a.attempt.variation in named.numbers]
    return _batches(chain.from_iterable(here.store.events(attempt) for attempt in attempts))


def _batches(events: Iterator[Event]) -> Batches:
    batch: list[Item] = []
    for event in events:
        batch.append(event)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _until_over(batches: Batches, left: set[int]) -> Batches:
    for batch in batches:
        yield batch
        left -= {number for item in batch if is_over(item) and (number := variation_of(item)) is not None}
        if not left:
            return
