"""Deletes old runs and everything that they hold here and on their clusters, or only a part of it. What is kept stays true: events are
deleted with their run alone, because `logs` and `replay` would lie without them."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from aideator_agent.values import frozen
from aideator_cli.actions.deleting import delete
from aideator_cli.actions.finding import Named
from aideator_cli.actions.here import Here
from aideator_cli.actions.holdings import held
from aideator_cli.actions.places import backend_at
from aideator_cli.backends import local_disk
from aideator_cli.backends.base import Status
from aideator_cli.domain.events import Observation
from aideator_cli.domain.glance import Wanted
from aideator_cli.domain.held import Held
from aideator_cli.errors import AideatorError, usage
from aideator_cli.stream.following import look
from aideator_cli.stream.resubmitting import newest_statuses
from aideator_cli.system.clock import now, parse

PRUNED: Final = {
    "objects": ("pruned_objects", "the user has deleted its objects in the cluster"),
    "files": ("pruned_files", "the user has deleted its files on this machine"),
}  # the stable word that is kept of it, and the text
PARTS: Final = tuple(PRUNED)
KEEP: Final = "keep"  # the tag of runs that stay


@frozen
class Order:
    """Which runs to prune: those that meet all of it. At least one part is given."""

    older_than: float | None = None  # seconds since the run ended
    keep: int | None = None  # leave the newest runs, so many
    part: str | None = None  # one of PARTS; None: the whole run


class Left(NamedTuple):
    """A run that stays although the order covers it."""

    held: Held
    why: str


class Plan(NamedTuple):
    doomed: list[Held]  # the oldest first
    left: list[Left]
    part: str | None = None  # one of PARTS; None: the whole runs


def plan(here: Here, order: Order) -> Plan:
    """Says what `prune` would do. First looks at runs that had not ended, or were not read whole. Raises `AideatorError` (usage)."""
    if order.part is not None and order.part not in PARTS:
        raise usage(f"--only takes {' or '.join(PARTS)}, not {order.part}")
    if order.older_than is None and order.keep is None:
        raise usage("prune needs --older-than or --keep", hint="--older-than 30d, for example")
    for each in _covered(here.store.held(), order):
        run = None if each.drained or not each.own else here.store.run(each.run)
        if run is not None:
            with suppress(AideatorError):  # it stays then
                look(run.spec, backend_at(run.place, here.settings), here.store)
    found = [each for each in reversed(_covered(held(here), order)) if _has(here, each, order.part)]
    spared = _spared(here) if order.part is None else {}
    left = [Left(each, why) for each in found if (why := _reason(each) or spared.get(each.run)) is not None]
    kept = {each.held.run for each in left}
    return Plan([each for each in found if each.run not in kept], left, order.part)


def prune(here: Here, planned: Plan) -> Iterator[Left | Held]:
    """Yields each run after its end: as `Left` if it could not be deleted, or if its agents turn out to be at work."""
    for each in planned.doomed:
        try:
            why = _delete(here, each, planned.part)
        except AideatorError as error:
            why = error.message
        yield each if why is None else Left(each, why)


def _covered(runs: list[Held], order: Order) -> list[Held]:
    """`runs`: the newest first."""
    rest = runs[order.keep or 0 :]
    if order.older_than is None:
        return rest
    before = datetime.now(UTC) - timedelta(seconds=order.older_than)
    return [each for each in rest if parse(each.ended or each.created) < before]


def _reason(each: Held) -> str | None:
    if each.state != "ended":
        return "it may still be at work"
    if not each.drained:
        return "its events could not be read to their end"
    return None if each.own else "another machine has started it"


def _spared(here: Here) -> dict[str, str]:
    """Returns the runs that a tag keeps, and why: with a run of a team, those of its other steps."""
    found: dict[str, str] = {}
    for each in here.store.glances(-1, Wanted(tags=(KEEP,), everyone=True)):
        step = here.store.step_of_run(each.id)
        for other in here.store.steps(step.team) if step else ():
            found.setdefault(other.run, f"run {each.id} of its team has the tag {KEEP}")
        found[each.id] = f"it has the tag {KEEP}"
    return found


def _has(here: Here, each: Held, part: str | None) -> bool:
    """Returns whether the run has something of this part, as far as is known here."""
    if part == "files":
        return each.file_bytes > 0
    return part is None or (
        each.backend == "kubernetes" and all(seen.kind != PRUNED[part][0] for seen in here.store.observations(each.run))
    )


def _delete(here: Here, each: Held, part: str | None) -> str | None:
    """Returns why the run was not deleted. Asks the backend once more: another client may have tried the run again."""
    run = here.store.run(each.run)
    if run is None:
        return None
    statuses = newest_statuses(run.spec, backend_at(run.place, here.settings))
    over = {
        each.attempt.id for each in here.store.attempts(each.run) if each.closed
    }  # though their pods may take seconds to end
    if any(not _is_over(status, over) for status in statuses.values()):
        return "its agents are at work again"
    if part is None:
        delete(here, Named(run, None))
        return None
    for id_ in (*here.store.referees(each.run), each.run):
        if part == "objects":
            backend_at(run.place, here.settings).delete(id_)
        else:
            local_disk.remove(here.settings.home, id_)
    kind, text = PRUNED[part]
    here.store.record([], [Observation(each.run, now(), kind, text)])
    return None


def _is_over(status: Status, over: Collection[str]) -> bool:
    return status.final or status.state == "ended" or (status.attempt is not None and status.attempt.id in over)
