"""`logs`: events only, from the store and, while agents are working, from their logs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.finding import Named, find
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.domain.events import Event, Item, Joined
from aideator_cli.domain.teams import TeamRun
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
def logs(here: Here, word: str, wanted: Wanted) -> Iterator[tuple[RunSpec, Batches]]:
    """Yields the run, or what stands for the whole team, and the wanted events. Between a team's events is who joins it."""
    from aideator_cli.actions.teams.knowing import meant

    team = meant(here, word)
    if team is not None:
        with _of_team(here, team, wanted) as found:
            yield found
        return
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


@contextmanager
def _of_team(here: Here, team: TeamRun, wanted: Wanted) -> Iterator[tuple[RunSpec, Batches]]:
    """Reads the runs of all its steps. `follow` moves the team on, as `watch` does: else it would never end."""
    from aideator_cli.actions.teams.attending import attend
    from aideator_cli.actions.teams.replaying import find_stored_team

    sieve = Sieve(types=wanted.types, since=wanted.since)
    if wanted.follow and team.state == "running":
        with attend(here, team, numbered=not wanted.by_attempt) as attended:
            yield attended.spec, _events(sieve.through(attended.batches))
        return
    runs = [run for step in here.store.steps(team.id) if (run := here.store.run(step.run))]
    for run in runs:
        if run.state == "running":
            look(run.spec, backend_at(run.place, here.settings), here.store)
    stored_team = find_stored_team(here, team)
    of_runs = chain.from_iterable(_by_attempt(here, run.spec, None) for run in runs)
    yield stored_team.spec, _events(sieve.through(of_runs if wanted.by_attempt else stored_team.batches(here)))


def _events(batches: Batches) -> Batches:
    for batch in batches:
        yield [item for item in batch if isinstance(item, Event | Joined)]


def _past(here: Here, named: Named, *, by_attempt: bool) -> Batches:
    spec = named.run.spec
    return _by_attempt(here, spec, named.numbers) if by_attempt else stored(here.store, spec, named.numbers)


def _by_attempt(here: Here, spec: RunSpec, numbers: Sequence[int] | None) -> Batches:
    """`numbers`: the variations; None: all."""
    attempts = [a.attempt for a in here.store.attempts(spec.id) if numbers is None or a.attempt.variation in numbers]
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
