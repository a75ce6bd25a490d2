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
RETRIED = "retried"
TAKEN = ("deleted", "evicted", "node_lost", "deadline")  # the backend's reasons for stopping an agent: nobody's cancel


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


def last_result(store: Store, spec: RunSpec, variation: int, attempt: str | None = None) -> Result:
    """A variation's last result with its patch, folded from the stored events; or what this attempt of it left."""
    known = next(r for r in store.results(spec.id) if r.variation == variation)
    attempts = [a.attempt for a in store.attempts(spec.id) if a.attempt.variation == variation]
    chosen = next((a for a in reversed(attempts) if attempt in (None, a.id)), None)
    if chosen is None or (attempt is None and known.ended and known.attempt != chosen.id):
        return known
    result = _begun(store, spec, chosen).result
    return replace(known, patch=result.patch) if known.ended and known.attempt == chosen.id else result


def _begun(store: Store, spec: RunSpec, attempt: Attempt) -> Folding:
    folding = Folding(Result(attempt.variation, spec.variation(attempt.variation).model, attempt.id))
    for event in store.events(attempt, FOLDED):
        folding.add(event)
    return folding


def _close(store: Store, spec: RunSpec, closed: Closed, result: Result) -> None:
    attempt = closed.attempt
    """Its verdict; and the variation's result, unless a later attempt has begun."""
    cancelled = _is_cancelled(store, spec.id, attempt.variation)
    taken = result.outcome == "cancelled" and closed.reason in TAKEN and not cancelled
    if result.ended and not taken:
        store.close_attempt(attempt.id)
    else:
        reason, text = closed.reason or LOST, closed.text or "the log ends without a word of why"
        reason = "cancelled" if cancelled else reason
        store.close_attempt(attempt.id, reason, text)
        result = infrastructure(result, reason, text)
    newest = [known.attempt.id for known in store.attempts(spec.id) if known.attempt.variation == attempt.variation][-1]
    if newest == attempt.id:
        store.save_result(spec.id, result)


def _end(store: Store, spec: RunSpec, ended: Ended) -> None:
    known = next(r for r in store.results(spec.id) if r.variation == ended.variation)
    if not known.ended:
        reason = "cancelled" if _is_cancelled(store, spec.id, ended.variation) else ended.reason
        store.save_result(spec.id, replace(infrastructure(known, reason, ended.text), cost=0.0))


def _is_cancelled(store: Store, run: str, variation: int) -> bool:
    """Whether the user has asked for its end, since it was tried again last."""
    asked = False
    for seen in store.observations(run):
        if seen.variation in (None, variation) and seen.kind in (CANCEL_ASKED, RETRIED):
            asked = seen.kind == CANCEL_ASKED
    return asked
