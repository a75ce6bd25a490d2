"""`logs`: events alone, from the store and, as long as agents are at work, from their logs."""

from collections.abc import Iterator
from functools import partial
from itertools import chain

from aideator_agent.spec import RunSpec
from aideator_cli.backends import backend_at
from aideator_cli.errors import ExitCode
from aideator_cli.events import Event, Item
from aideator_cli.finding import Named, find
from aideator_cli.settings import Settings
from aideator_cli.store import BATCH, Store
from aideator_cli.stream.following import follow_run, look, past_of, stored
from aideator_cli.stream.sieve import Sieve, is_over, variation_of


def show_logs(word: str, types: frozenset[str] | None, since: str | None, *, follow: bool, json: bool) -> int:
    settings = Settings()
    store = Store.open(settings.home)
    named = find(word, store, settings)
    spec = named.run.spec
    sieve = Sieve(frozenset(named.numbers), types, since)
    left = {
        number for number in named.numbers if number not in {r.variation for r in store.results(spec.id) if r.ended}
    }
    if not (follow and left):
        if left:
            look(spec, backend_at(named.run.place, settings), store)
        _show(spec, _past(spec, store, named, json=json), sieve, json)
        return ExitCode.OK
    past = past_of(store, spec, named.numbers)
    follow_run(spec, backend_at(named.run.place, settings), store, partial(_follow, left, sieve, json), past=past)
    return ExitCode.OK


def _past(spec: RunSpec, store: Store, named: Named, *, json: bool) -> Iterator[list[Item]]:
    """For people by time, over all agents; for programs one attempt after the other, as its own log has it."""
    if not json:
        return stored(store, spec, named.numbers)
    attempts = [a.attempt for a in store.attempts(spec.id) if a.attempt.variation in named.numbers]
    return _batches(chain.from_iterable(store.events(attempt) for attempt in attempts))


def _batches(events: Iterator[Event]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    for event in events:
        batch.append(event)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def _follow(left: set[int], sieve: Sieve, json: bool, spec: RunSpec, batches: Iterator[list[Item]]) -> None:
    _show(spec, _until_over(batches, left), sieve, json)


def _until_over(batches: Iterator[list[Item]], left: set[int]) -> Iterator[list[Item]]:
    for batch in batches:
        yield batch
        left -= {number for item in batch if is_over(item) and (number := variation_of(item)) is not None}
        if not left:
            return


def _show(spec: RunSpec, batches: Iterator[list[Item]], sieve: Sieve, json: bool) -> None:
    events = ([item for item in batch if isinstance(item, Event)] for batch in sieve.through(batches))
    if json:
        from aideator_cli.views.json_lines import show_raw

        show_raw(list(batch) for batch in events)
    else:
        from aideator_cli.views.lines import show_lines

        show_lines(spec, (list(batch) for batch in events), whole=True)
