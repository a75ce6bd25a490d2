"""Lists the stored runs, once or again after each change."""

import queue
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from aideator_cli.actions.here import Here
from aideator_cli.errors import AideatorError

if TYPE_CHECKING:
    from aideator_cli.domain.glance import Glance
    from aideator_cli.domain.result import Result
    from aideator_cli.domain.runs import StoredRun

LOOK_SECONDS = 2.0  # the interval between checks for runs that other processes started


class Listed(NamedTuple):
    """One run in a list."""

    run: "StoredRun"
    results: "list[Result]"  # the last result of each variation
    selected: int | None  # the selected variation's number


class Change(NamedTuple):
    """A list that has changed: the whole list, and the runs that changed."""

    rows: "list[Glance]"
    changed: list[Listed]


def glances(here: Here, limit: int) -> "list[Glance]":
    """Returns the runs as `listed` does, but only what a table shows of them."""
    found = here.store.glances(limit)
    at_work = [each.id for each in found if each.backend == "local" and each.state != "ended"]
    if not at_work:
        return found
    for run in at_work:
        _refreshed(here, here.store.run(run))
    return here.store.glances(limit)


def listed(here: Here, limit: int) -> list[Listed]:
    """Returns the newest run first. Local runs are shown as they are now, runs in a cluster as they were last seen."""
    runs = [_refreshed(here, run) if run.place.backend == "local" else run for run in here.store.runs(limit)]
    return _rows(here, [run for run in runs if run])


def changes(here: Here, limit: int) -> Iterator[Change]:
    """Yields the list now and after each change, without end. Follows every run that has not ended meanwhile."""
    from aideator_cli.actions.waiting import follow_all

    followed: set[str] = set()
    news: list[queue.SimpleQueue[Any]] = []
    before: list[Listed] = []
    while True:
        rows = _rows(here, here.store.runs(limit))
        fresh = [row.run for row in rows if row.run.state != "ended" and row.run.spec.id not in followed]
        if fresh:
            followed.update(run.spec.id for run in fresh)
            news.append(follow_all(here, fresh))
        if rows != before:
            yield Change(here.store.glances(limit), [row for row in rows if row not in before])
            before = rows
        _wait(news)


def _refreshed(here: Here, run: "StoredRun | None") -> "StoredRun | None":
    from aideator_cli.actions.finding import Named
    from aideator_cli.actions.refreshing import refresh

    return run and refresh(here, Named(run, None)).run


def _rows(here: Here, runs: "Sequence[StoredRun]") -> list[Listed]:
    rows: list[Listed] = []
    for run in runs:
        selection = here.store.selection(run.spec.id)
        results = here.store.results(run.spec.id, report=run.spec.verify_report is not None)
        rows.append(Listed(run, results, selection.variation if selection else None))
    return rows


def _wait(news: list["queue.SimpleQueue[Any]"]) -> None:
    """Waits until a run has changed, or until it is time to look for new runs."""
    for each in news[:-1]:
        while not each.empty():
            _raise_error(each.get())
    try:
        _raise_error((news[-1] if news else queue.SimpleQueue()).get(timeout=LOOK_SECONDS))
    except queue.Empty:
        return


def _raise_error(told: object) -> None:
    if isinstance(told, AideatorError):
        raise told
