"""Stores the stream on its way to the views: every item is on disk before it is passed on."""

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Series
from dataclasses import replace

from aideator_agent.spec import RunSpec
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Closed, Ended, Event, Item, Observation, Opened
from aideator_cli.domain.result import Folding, Result, infrastructure
from aideator_cli.store import Store
from aideator_cli.stream.reader import LOST
from aideator_cli.stream.sequence import Sequence

FOLDED = (
    "start",
    "phase",
    "resumed",
    "usage",
    "check",
    "patch",
    "answer",
    "end",
)  # the event types that make up a result
PROGRESS = ("usage", "phase", "check")  # after these, progress is worth reporting
CANCEL_ASKED = "cancel_asked"
RETRIED = "retried"
TRIED_AGAIN = "tried_again"
NOT_TRIED_AGAIN = "not_tried_again"
TAKEN = ("deleted", "evicted", "node_lost", "deadline", "preempted")  # the backend stopped the agent without a `cancel`


def recording(store: Store, spec: RunSpec, batches: Iterator[list[Item]]) -> Iterator[list[Item]]:
    """Yields the same batches, each after its commit. Stores an attempt's result as soon as the attempt is closed."""
    foldings: dict[str, Folding] = {}
    seen = {_subject(known): known for known in store.observations(spec.id)}
    for batch in batches:
        events = [item for item in batch if isinstance(item, Event)]
        others = [] if len(events) == len(batch) else [item for item in batch if not isinstance(item, Event)]
        for item in others:
            if isinstance(item, Opened):
                store.open_attempt(item.attempt)
                foldings[item.attempt.id] = _begun(store, spec, item.attempt)
        store.record(events, _news(others, seen))
        for attempt in _fold(events, foldings):
            _save(store, spec, foldings[attempt].result)
        for item in others:
            if isinstance(item, Closed):
                batch[batch.index(item)] = _close(store, spec, item, foldings.pop(item.attempt.id))
            elif isinstance(item, Ended):
                _end(store, spec, item)
        yield batch


def _fold(events: list[Event], foldings: Mapping[str, Folding]) -> set[str]:
    """Folds the events. Returns the attempts whose progress they report."""
    for event in {event.attempt: event for event in reversed(events)}.values():
        foldings[event.attempt].pass_by(event.time)
    telling = [event for event in events if event.type in FOLDED]
    for event in telling:
        foldings[event.attempt].add(event)
    for event in {event.attempt: event for event in events}.values():
        foldings[event.attempt].pass_by(event.time)
    return {event.attempt for event in telling if event.type in PROGRESS}


def resume(store: Store, attempt: Attempt) -> Sequence | None:
    """Returns where the store's copy of an attempt's log ends. None means that it was read to its end."""
    if any(known.closed for known in store.attempts(attempt.run) if known.attempt.id == attempt.id):
        return None
    cursor = store.cursor(attempt.id)
    strays = (event for event in store.events(attempt, ("stray",)) if event.seq is None)
    return Sequence(attempt, cursor.next_seq, cursor.missing, cursor.mark, cursor.end, strays)


def last_result(store: Store, spec: RunSpec, variation: int, attempt: str | None = None) -> Result:
    """Returns a variation's last result with its patch or answer, folded from the stored events, or the result of the given attempt."""
    known = next(r for r in store.results(spec.id) if r.variation == variation)
    attempts = [a.attempt for a in store.attempts(spec.id) if a.attempt.variation == variation]
    chosen = next((a for a in reversed(attempts) if attempt in (None, a.id)), None)
    if chosen is None or (attempt is None and known.ended and known.attempt != chosen.id):
        return known
    result = _begun(store, spec, chosen).result
    if known.ended and known.attempt == chosen.id:
        return replace(known, patch=result.patch, answer=result.answer)
    return replace(result, baseline=result.baseline or known.baseline, report=known.report)


def _begun(store: Store, spec: RunSpec, attempt: Attempt) -> Folding:
    asked = spec.variation(attempt.variation)
    folding = Folding(Result(attempt.variation, asked.model, attempt.id, agent=asked.agent_name))
    for event in store.events(attempt, FOLDED):
        folding.add(event)
    return folding


def _close(store: Store, spec: RunSpec, closed: Closed, folding: Folding) -> Closed:
    """Stores the verdict, and the variation's result unless a later attempt has begun. Keeps the reason only if it is the verdict."""
    attempt, result = closed.attempt, folding.result
    cancelled = _is_cancelled(store, spec.id, attempt.variation)
    taken = result.outcome == "cancelled" and closed.reason in TAKEN and not cancelled
    if result.ended and not taken:
        closed = replace(closed, reason=None, text=None)
    else:
        reason, text = closed.reason or LOST, closed.text or "the log ends without a reason"
        closed = replace(closed, reason="cancelled" if cancelled else reason, text=text)
        for event in store.events(attempt, ("sent",)):
            folding.add(event)
        result = folding.lost(closed.reason or LOST, text)
    store.close_attempt(attempt.id, closed.reason, closed.text)
    _save(store, spec, result)
    return closed


def _save(store: Store, spec: RunSpec, result: Result) -> None:
    """Stores the result as the variation's, unless a later attempt has begun. Its cost counts in either case."""
    newest = [known.attempt.id for known in store.attempts(spec.id) if known.attempt.variation == result.variation][-1]
    if newest == result.attempt:
        store.save_result(spec.id, result)
    else:
        store.save_usage(spec.id, result)


def _news(batch: Series[Item], seen: dict[tuple[int | None, str | None], Observation]) -> list[Observation]:
    """Returns the observations that differ from the last one seen: every follower reports the current state when it begins."""
    news = []
    for item in batch:
        if isinstance(item, Observation):
            before, seen[_subject(item)] = seen.get(_subject(item)), item
            if before is None or (before.kind, before.text) != (item.kind, item.text):
                news.append(item)
    return news


def _subject(item: Observation) -> tuple[int | None, str | None]:
    return item.variation, item.attempt


def _end(store: Store, spec: RunSpec, ended: Ended) -> None:
    known = next(r for r in store.results(spec.id) if r.variation == ended.variation)
    if not known.ended:
        reason = "cancelled" if _is_cancelled(store, spec.id, ended.variation) else ended.reason
        store.save_result(spec.id, replace(infrastructure(known, reason, ended.text), cost=0.0))


def _is_cancelled(store: Store, run: str, variation: int) -> bool:
    """Whether the user cancelled the variation since it was last tried again."""
    asked = False
    for seen in store.observations(run):
        if seen.variation in (None, variation) and seen.kind in (CANCEL_ASKED, RETRIED):
            asked = seen.kind == CANCEL_ASKED
    return asked
