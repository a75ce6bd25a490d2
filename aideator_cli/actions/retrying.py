"""`retry`: starts another attempt of variations that have ended. Earlier attempts stay as they are."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.finding import Named, find
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at, server_of
from aideator_cli.backends.base import Backend, Status
from aideator_cli.choice.status import status
from aideator_cli.domain.result import Result
from aideator_cli.errors import AideatorError, command, usage
from aideator_cli.intake.request import Where
from aideator_cli.intake.routing import privacy
from aideator_cli.stream.following import Past, following, look
from aideator_cli.stream.recording import RETRIED
from aideator_cli.stream.resubmitting import newest_statuses, resubmit
from aideator_cli.system.clock import now

if TYPE_CHECKING:
    from aideator_cli.backends.server import ServerBackend


@frozen
class Retried:
    """The variations that are tried again, and their backend. Follow them like any run."""

    run: str
    numbers: tuple[int, ...]
    spec: RunSpec  # has these variations and those that are still working
    backend: Backend
    past: Past  # earlier attempts, which are not shown again


def retry(here: Here, word: str, where: Where, *, force: bool, fresh: bool = False) -> Retried:
    """Retries RUN/N, or the variations of RUN that infrastructure failed. With `force`, the result does not matter.

    What infrastructure failed goes on from its last checkpoint, unless `fresh`.
    """
    named = find(here, word, where)
    backend = backend_at(named.run.place, here.settings)
    spec = named.run.spec
    if server := server_of(named.run, here.settings):
        return _at_server(here, named, server, force=force, fresh=fresh)
    known = here.store.submissions(spec.id)
    at_work = _catch_up(here, spec, backend)
    numbers = _chosen(named, at_work, {r.variation: r for r in here.store.results(spec.id)}, force=force)
    _check_private(here, named, numbers)
    held = backend.submissions(spec.id)
    submissions = {number: 1 + max(known[number], held.get(number, 0)) for number in numbers}
    past = Past(iter(()), here.store.newest(spec.id))
    _resubmit(here, spec, submissions, backend, fresh=fresh)
    followed = [v for v in spec.variations if v.number in (*numbers, *at_work)]
    # An explicit request overrides the run's own rules, and the time limit starts again with this attempt.
    watched = replace(spec, variations=tuple(followed), retries=0, first=None, created=now())
    return Retried(spec.id, tuple(numbers), watched, backend, past)


def _check_private(here: Here, named: Named, numbers: Collection[int]) -> None:
    """Raises `AideatorError` (usage) if the repository has become private, and one of them asks a model that may not get its text."""
    spec, on_cluster = named.run.spec, named.run.place.backend == "kubernetes"
    if spec.model_hosts is not None or spec.is_merge:
        return
    hosts = privacy.hosts_now(None, named.run.repository_path, here.settings.config_folder, on_cluster=on_cluster)
    if hosts is not None:
        privacy.check(hosts, [each for each in spec.variations if each.number in numbers], spec.mcp)


def _at_server(here: Here, named: Named, server: "ServerBackend", *, force: bool, fresh: bool) -> Retried:
    """The server decides, and tries again."""
    from aideator_cli.actions import at_server

    numbers = at_server.retry(here, named.run, server, named.variation, force=force, fresh=fresh)
    spec = named.run.spec
    working = {result.variation for result in here.store.results(spec.id) if not result.ended}
    past = Past(iter(()), here.store.newest(spec.id))
    watched = replace(spec, variations=tuple(v for v in spec.variations if v.number in working | set(numbers)))
    return Retried(spec.id, numbers, watched, server, past)


def _catch_up(here: Here, spec: RunSpec, backend: Backend) -> set[int]:
    """Stores how the backend's newest attempts ended, including attempts of other clients. Returns the variations still working."""
    store = here.store
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
        with following(replace(spec, variations=news), backend, store) as batches:
            for _ in batches:
                pass
    return at_work


def _is_known(status: Status, closed: set[str]) -> bool:
    """Returns whether the whole attempt has been read."""
    return status.attempt.id in closed if status.attempt else status.final


def _chosen(named: Named, at_work: set[int], results: Mapping[int, Result], *, force: bool) -> list[int]:
    run = named.run.spec.id
    ended = [number for number in named.numbers if number not in at_work]
    chosen = [number for number in ended if force or results[number].fault == "infrastructure"]
    if chosen:
        return chosen
    if named.variation in at_work or (named.variation is None and force):
        word = run if named.variation is None else f"{run}/{named.variation}"
        raise usage(
            f"{word} is still at work", hint=(command("watch", run), ", or ", command("cancel", word), " first")
        )
    if named.variation is not None:
        became = status(results[named.variation])
        text = f"{run}/{named.variation} ended as {became!r}; without --force, only infrastructure failures are retried"
        raise usage(text, hint=command("retry", f"{run}/{named.variation}", "--force"))
    working = f" ({len(at_work)} still at work)" if at_work else ""
    hint = (command("retry", f"{run}/N", "--force"), " retries a variation whatever its result is")
    raise usage(f"no variation of {run} failed because of infrastructure{working}", hint=hint)


def _resubmit(here: Here, spec: RunSpec, submissions: Mapping[int, int], backend: Backend, *, fresh: bool) -> None:
    again = resubmit(spec, submissions, backend, here.store, kind=RETRIED, text="retried by the user", resume=not fresh)
    if again is None:
        raise AideatorError(f"another process is already retrying {spec.id}", hint=command("watch", spec.id))
