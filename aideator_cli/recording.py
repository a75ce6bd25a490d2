"""The stream on its way to the views: every item is on disk before it is passed on."""

from collections.abc import Iterator
from dataclasses import replace

from aideator_agent.spec import RunSpec
from aideator_cli.backend import Attempt
from aideator_cli.events import Closed, Ended, Event, Item, Observation, Opened
from aideator_cli.reader import LOST
from aideator_cli.result import Folding, Result, infrastructure
from aideator_cli.sequence import Sequence
from aideator_cli.store import Store

FOLDED = ("start", "phase", "usage", "check", "patch", "end")  # the types that a result is made of
CANCEL_ASKED = "cancel_asked"


def recording(store: Store, spec: RunSpec, batches: Iterator[list[Item]]) -> Iterator[list[Item]]:
    """The same batches, each after its commit; an attempt's result is stored as soon as it is closed."""
    foldings: dict[str, Folding] = {}
    for batch in batches:
        for item in batch:
            if isinstance(item, Opened):
                store.open_attempt(item.attempt)
                foldings[item.attempt.id] = _begun(store, spec, item.attempt)
        events = [item for item in batch if isinstance(item, Event)]
        store.record(events, [item for item in batch if isinstance(item, Observation)])
        for event in events:
            foldings[event.attempt].add(event)
        for item in batch:
            if isinstance(item, Closed):
                _close(store, spec, item, foldings.pop(item.attempt.id).result)
            elif isinstance(item, Ended):
                _end(store, spec, item)
        yield batch


def resume(store: Store, attempt: Attempt) -> Sequence | None:
    """Where the store stands with an attempt; None: it was read to its end."""
    if any(known.closed for known in store.attempts(attempt.run) if known.attempt.id == attempt.id):
        return None
    cursor = store.cursor(attempt.id)
    return Sequence(attempt, cursor.next_seq, cursor.missing, cursor.mark, end=cursor.end)


def last_result(store: Store, spec: RunSpec, variation: int) -> Result:
    """A variation's last result with its patch, folded from the stored events."""
    known = next(r for r in store.results(spec.id) if r.variation == variation)
    attempts = [a.attempt for a in store.attempts(spec.id) if a.attempt.variation == variation]
    if not attempts:
        return known
    result = _begun(store, spec, attempts[-1]).result
    return result if result.ended else replace(known, patch=result.patch, attempt=result.attempt)


def _begun(store: Store, spec: RunSpec, attempt: Attempt) -> Folding:
    folding = Folding(Result(attempt.variation, spec.variation(attempt.variation).model, attempt.id))
    for event in store.events(attempt, FOLDED):
        folding.add(event)
    return folding


def _close(store: Store, spec: RunSpec, closed: Closed, result: Result) -> None:
    attempt = closed.attempt
    if result.ended:
        store.close_attempt(attempt.id)
    else:
        reason, text = closed.reason or LOST, closed.text or "the log ends without a word of why"
        reason = _asked(store, spec.id, attempt.variation, reason)
        store.close_attempt(attempt.id, reason, text)
        result = infrastructure(result, reason, text)
    store.save_result(spec.id, result)


def _end(store: Store, spec: RunSpec, ended: Ended) -> None:
    known = next(r for r in store.results(spec.id) if r.variation == ended.variation)
    if not known.ended:
        store.save_result(
            spec.id,
            replace(infrastructure(known, _asked(store, spec.id, ended.variation, ended.reason), ended.text), cost=0.0),
        )


def _asked(store: Store, run: str, variation: int, reason: str) -> str:
    """`cancelled` when the user asked for it."""
    asked = any(o.kind == CANCEL_ASKED and o.variation in (None, variation) for o in store.observations(run))
    return "cancelled" if asked else reason
