"""The whole pipeline: backend → follow → store → the caller, who pulls the next batch."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from operator import itemgetter
from threading import Event as Flag

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.backends.base import Backend, Line, LogBroken, LogGone, LogNotReady, Status
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Closed, Ended, Event, Item, Joined, Observation, Opened
from aideator_cli.domain.runs import StoredAttempt
from aideator_cli.store import ALL_ROWS, BATCH, Store
from aideator_cli.stream.follow import Again, follow, says_stopped
from aideator_cli.stream.glimpse import statuses_now
from aideator_cli.stream.recording import recording, resume
from aideator_cli.stream.sequence import Sequence
from aideator_cli.stream.sieve import variation_of

Batches = Iterator[list[Item]]
Rule = Callable[[Iterator[list[Item]], Again], Iterator[list[Item]]]  # acts on what is stored, and reports it there
_Timed = tuple[str, Item]  # time: RFC 3339, UTC


@frozen
class Past:
    """What the store held for a run at one moment."""

    batches: Iterator[list[Item]]
    upto: int  # row of the newest event at that moment


NOTHING = Past(iter(()), 0)


@contextmanager
def following(
    spec: RunSpec,
    backend: Backend,
    store: Store,
    *,
    past: Past = NOTHING,
    rule: Rule | None = None,
    stop: Flag | None = None,
) -> Iterator[Batches]:
    """Yields a run's items until it ends or the block is left, with `past` before the live ones.

    `stop`: another thread sets it to end this early.

    Each item is on disk before it is yielded. A run whose variations have all ended is stored as ended.
    """
    stop = stop or Flag()
    between: dict[str, Iterator[Event]] = {}  # what others have stored since, by attempt, so that no log is read twice
    over = {known.attempt.id for known in store.attempts(spec.id) if known.closed}

    def join(attempt: Attempt) -> Sequence | None:
        with store.moment():
            between[attempt.id] = store.events(attempt, rows=(past.upto, store.newest(spec.id)))
            return resume(store, attempt)

    again: Again = {}
    if backend.name == "server":
        from aideator_cli.stream.mirroring import mirrored  # as for all of HTTP, only for who needs it

        rule = None  # the server keeps it
        items = mirrored(spec, backend, store, join, stop)
    else:
        items = follow(spec, backend, join, stop, again=again, ticks=rule is not None)
    live = recording(store, spec, items)
    if rule is not None:
        live = rule(live, again)
    try:
        yield chain(past.batches, _with_missed(live, between, over))
    finally:
        stop.set()
    if all(result.ended for result in store.results(spec.id)):
        store.set_state(spec.id, "ended")


def _with_missed(
    live: Iterator[list[Item]], between: dict[str, Iterator[Event]], over: set[str]
) -> Iterator[list[Item]]:
    """Adds what others stored meanwhile. Leaves out items that repeat that an attempt in `over` still exists."""
    for batch in live:
        for opened in [item for item in batch if isinstance(item, Opened)]:
            yield from _batches(between.pop(opened.attempt.id))
        yield [item for item in batch if not _is_of(over, item)] if over else batch


def _is_of(attempts: set[str], item: Item) -> bool:
    if isinstance(item, Opened):
        return item.attempt.id in attempts
    return isinstance(item, Observation) and item.attempt in attempts


def past_of(store: Store, spec: RunSpec, numbers: list[int] | None = None) -> Past:
    upto = store.newest(spec.id)
    return Past(stored(store, spec, numbers, upto), upto)


def tail(batches: Iterator[list[Item]], count: int) -> Iterator[list[Item]]:
    """Yields only the last `count` items of each variation, and who has joined."""
    kept: dict[int | None, deque[tuple[int, Item]]] = {}
    joined: list[tuple[int, Item]] = []
    for index, item in enumerate(item for batch in batches for item in batch):
        if isinstance(item, Joined):
            joined.append((index, item))
        else:
            kept.setdefault(variation_of(item), deque(maxlen=count)).append((index, item))
    last = sorted((pair for items in (joined, *kept.values()) for pair in items), key=lambda pair: pair[0])
    yield [item for _, item in last]


def stored(
    store: Store, spec: RunSpec, numbers: list[int] | None = None, upto: int = ALL_ROWS[1]
) -> Iterator[list[Item]]:
    """Yields the stored items of a run, or of some of its variations.

    Each attempt keeps its own order and ends with its end. Attempts are interleaved by time.
    """
    wanted = [v.number for v in spec.variations if numbers is None or v.number in numbers]
    seen = [o for o in store.observations(spec.id) if o.variation is None or o.variation in wanted]
    ended = {result.variation: result for result in store.results(spec.id) if result.ended}
    attempts = [known for known in store.attempts(spec.id) if known.attempt.variation in wanted]
    newest = {known.attempt.variation: known.attempt.id for known in attempts}
    streams: list[Iterator[_Timed]] = [iter([(o.time, o) for o in seen])]
    for known in attempts:
        last = newest[known.attempt.variation] == known.attempt.id and known.attempt.variation in ended
        streams.append(_lived(store, known, upto, last, _latest(seen, known.attempt.id)))
    for number in ended.keys() & set(wanted) - newest.keys():
        over = Ended(number, ended[number].reason, ended[number].summary)
        streams.append(iter([(max((o.time for o in seen if o.variation == number), default=""), over)]))
    return _batches(item for _, item in heapq.merge(*streams, key=itemgetter(0)))


def _lived(store: Store, known: StoredAttempt, upto: int, last: bool, latest: str) -> Iterator[_Timed]:
    """Yields one attempt's items. Its end comes no earlier than `latest`, the time of the last observation about it."""
    time = ""
    for event in store.events(known.attempt, rows=(0, upto)):
        time = event.time
        yield time, event
    if known.closed:
        yield max(time, latest), Closed(known.attempt, known.verdict, known.verdict_text, last=last)


def _latest(seen: Iterable[Observation], attempt: str) -> str:
    return max((o.time for o in seen if o.attempt == attempt), default="")


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def look(spec: RunSpec, backend: Backend, store: Store) -> bool:
    """Stores what is known about a run now, without waiting for more. Returns whether all of it has ended."""
    for _ in recording(store, spec, _present(spec, backend, store)):
        pass
    ended = all(result.ended for result in store.results(spec.id))
    if ended:
        store.set_state(spec.id, "ended")
    return ended


def _present(spec: RunSpec, backend: Backend, store: Store) -> Iterator[list[Item]]:
    if backend.name == "server":
        from aideator_cli.stream.mirroring import glanced

        return glanced(spec, backend, store, partial(resume, store))
    return _glance(spec, backend, store)


def _glance(spec: RunSpec, backend: Backend, store: Store) -> Iterator[list[Item]]:
    """Yields each attempt's log as it is now, and the backend's reports about it."""
    wanted = {variation.number for variation in spec.variations}
    statuses = statuses_now(spec, backend, lambda told: wanted <= {each.variation for each in told})
    known = {attempt.attempt.variation for attempt in store.attempts(spec.id)}
    for status in statuses:
        if status.attempt is not None:
            yield from _whole(status, status.attempt, backend, store)
        elif status.final and status.variation not in known:
            yield [Ended(status.variation, status.reason, status.text)]


def _whole(status: Status, attempt: Attempt, backend: Backend, store: Store) -> Iterator[list[Item]]:
    sequence = resume(store, attempt)
    if sequence is None or not (status.readable or status.state == "ended"):
        return
    yield [Opened(attempt)]
    stopped = False
    try:
        for piece in backend.read_log(attempt, follow=False):
            events = [event for line in piece if isinstance(line, Line) and (event := sequence.take(line)) is not None]
            stopped |= any(says_stopped(event) for event in events)
            yield list(events)
    except (LogNotReady, LogGone, LogBroken):
        return
    if sequence.complete and (not stopped or status.final or status.earlier):  # else the backend will soon report why
        reason, text = (status.reason, status.text) if status.state == "ended" else (None, None)
        yield [Closed(attempt, reason, text, last=not status.earlier)]
    elif status.state == "ended" and not sequence.ended:
        yield [Closed(attempt, status.reason, status.text)]
