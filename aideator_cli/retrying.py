"""`retry`: another attempt of variations that have ended. What they tried before stays as it is."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from aideator_agent.spec import RunSpec
from aideator_cli import terminal
from aideator_cli.backend import Backend, Status
from aideator_cli.backends import Wish, backend_at
from aideator_cli.clock import now
from aideator_cli.errors import AideatorError, ExitCode, usage
from aideator_cli.events import Item
from aideator_cli.finding import Named, find
from aideator_cli.invocation import command
from aideator_cli.resubmitting import newest_statuses, resubmit
from aideator_cli.result import Result
from aideator_cli.running import Manner, attend, leave_detached
from aideator_cli.settings import Settings
from aideator_cli.store import Store
from aideator_cli.stream.following import Past, follow_run, look
from aideator_cli.stream.recording import RETRIED


def retry(word: str, wish: Wish, manner: Manner, *, force: bool) -> int:
    """Tries RUN/N again, or what infrastructure has failed of RUN; with `force` whatever its result is. Then as `watch`."""
    settings = Settings()
    store = Store.open(settings.home)
    named = find(word, store, settings, wish)
    backend = backend_at(named.run.place, settings)
    spec = named.run.spec
    known = store.submissions(spec.id)
    at_work = _catch_up(spec, backend, store)
    numbers = _chosen(named, at_work, {r.variation: r for r in store.results(spec.id)}, force=force)
    held = backend.submissions(spec.id)
    submissions = {number: 1 + max(known[number], held.get(number, 0)) for number in numbers}
    shown = Past(iter(()), store.newest())  # what was before is not shown once more
    _resubmit(spec, submissions, backend, store)
    names = ", ".join(f"{spec.id}/{number}" for number in numbers)
    terminal.say(f"{names} once more, in {backend.where}")
    if manner.detach:
        leave_detached(spec, numbers, manner)
        return ExitCode.OK
    followed = [v for v in spec.variations if v.number in (*numbers, *at_work)]
    # The user's word counts for more than the run's rules; and the clock is this attempt's.
    watched = replace(spec, variations=tuple(followed), retries=0, first=None, created=now())
    return attend(watched, backend, store, manner, past=shown)


def _catch_up(spec: RunSpec, backend: Backend, store: Store) -> set[int]:
    """Stores how the backend's newest attempts have ended, whoever has started them; the variations that are still at work."""
    look(spec, backend, store)
    newest = newest_statuses(spec, backend)
    results = {result.variation: result for result in store.results(spec.id)}
    closed = {known.attempt.id for known in store.attempts(spec.id) if known.closed}
    at_work = {number for number, status in newest.items() if not status.final and not _is_known(status, closed)}
    tried_elsewhere = [number for number in at_work if results[number].ended]
    if tried_elsewhere:
        store.reopen(spec.id, backend.submissions(spec.id), tried_elsewhere)
    news = tuple(
        variation
        for variation in spec.variations
        if variation.number not in at_work
        and not (results[variation.number].ended and _is_known(newest[variation.number], closed))
    )
    if news:
        follow_run(replace(spec, variations=news), backend, store, _unseen)
    return at_work


def _is_known(status: Status, closed: set[str]) -> bool:
    """All of the attempt has been read."""
    return status.attempt.id in closed if status.attempt else status.final


def _unseen(_spec: RunSpec, batches: Iterator[list[Item]]) -> None:
    for _ in batches:
        pass


def _chosen(named: Named, at_work: set[int], results: Mapping[int, Result], *, force: bool) -> list[int]:
    run = named.run.spec.id
    ended = [number for number in named.numbers if number not in at_work]
    chosen = [number for number in ended if force or results[number].fault == "infrastructure"]
    if chosen:
        return chosen
    if named.variation in at_work or (named.variation is None and force):
        word = run if named.variation is None else f"{run}/{named.variation}"
        raise usage(f"{word} is still at work", hint=f"{command('watch', run)}, or {command('cancel', word)} first")
    if named.variation is not None:
        outcome = results[named.variation].outcome.replace("_", " ")
        text = f"{run}/{named.variation} ended as {outcome!r}; only what infrastructure has failed is tried again by itself"
        raise usage(text, hint=command("retry", f"{run}/{named.variation}", "--force"))
    working = f" ({len(at_work)} still at work)" if at_work else ""
    hint = f"{command('retry', f'{run}/N', '--force')} tries one again whatever its result is"
    raise usage(f"no variation of {run} was failed by infrastructure{working}", hint=hint)


def _resubmit(spec: RunSpec, submissions: Mapping[int, int], backend: Backend, store: Store) -> None:
    if resubmit(spec, submissions, backend, store, kind=RETRIED, text="tried again by the user") is None:
        raise AideatorError(f"{spec.id} is being tried again by another process", hint=command("watch", spec.id))
