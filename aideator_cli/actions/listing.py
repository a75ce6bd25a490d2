"""Lists the stored runs, once or again after each change."""

import queue
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from aideator_cli.actions.here import Here
from aideator_cli.domain.glance import OUTCOMES, SORTS, STATES, Wanted
from aideator_cli.errors import usage

if TYPE_CHECKING:
    from aideator_cli.domain.glance import Glance
    from aideator_cli.domain.result import Result
    from aideator_cli.domain.runs import StoredRun
    from aideator_cli.domain.teams import TeamRun

ALL = Wanted()
LOOK_SECONDS = 2.0  # the interval between checks for runs that other processes started


class Listed(NamedTuple):
    """One run in a list."""

    run: "StoredRun"
    results: "list[Result]"  # the last result of each variation
    selected: int | None  # the selected variation's number


class Change(NamedTuple):
    """A list that has changed: the whole list, and the runs and teams that changed."""

    rows: "list[Glance]"
    changed: list[Listed]
    teams: "Sequence[TeamRun]" = ()
    changed_teams: "Sequence[TeamRun]" = ()


def checked(wanted: Wanted) -> Wanted:
    """Raises `AideatorError` (usage) for a word that no run can have."""
    for option, word, words in (
        ("--state", wanted.state, STATES), ("--outcome", wanted.outcome, OUTCOMES), ("--sort", wanted.sort, SORTS)
    ):  # fmt: skip
        if word and word not in words:
            raise usage(f"{option} takes {', '.join(words[:-1])} or {words[-1]}, not {word}")
    if not wanted.tags:
        return wanted
    from aideator_cli.actions.remarking import checked_tag

    return wanted._replace(tags=tuple(map(checked_tag, wanted.tags)))


def glances(here: Here, limit: int, wanted: Wanted = ALL) -> "list[Glance]":
    """Returns the runs as `listed` does, but only what a table shows of them."""
    _refresh(here)
    return here.store.glances(limit, wanted)


def listed(here: Here, limit: int, wanted: Wanted = ALL) -> list[Listed]:
    """Local runs are shown as they are now, runs in a cluster as they were last seen."""
    _refresh(here)
    return rows(here, here.store.runs(limit, wanted))


def changes(
    here: Here, limit: int, wanted: Wanted = ALL, *, teams: bool = False, steps: bool = True
) -> Iterator[Change]:
    """Yields the list now and after each change, without end. Follows every run that has not ended meanwhile, also one that the list
    leaves out: it may come in. `teams`: with the teams; without `steps`, their runs are left out then."""
    from aideator_cli.actions.waiting import follow_all

    followed: set[str] = set()
    news: list[queue.SimpleQueue[Any]] = []
    before: list[Listed] = []
    before_teams: list[TeamRun] = []
    while True:
        now_teams = here.store.teams(limit) if teams else []
        shown = wanted._replace(alone=wanted.alone or (bool(now_teams) and not steps))
        now = rows(here, here.store.runs(limit, shown))
        known = here.store.runs(limit, Wanted(everyone=wanted.everyone))
        fresh = [run for run in known if run.state != "ended" and run.spec.id not in followed]
        if fresh:
            followed.update(run.spec.id for run in fresh)
            news.append(follow_all(here, fresh))
        if now != before or now_teams != before_teams:
            yield Change(
                here.store.glances(limit, shown), [row for row in now if row not in before],
                now_teams, [team for team in now_teams if team not in before_teams],
            )  # fmt: skip
            before, before_teams = now, now_teams
        _wait(news)


def _refresh(here: Here) -> None:
    """Looks at every local run at work: a filter may ask for what it has become."""
    at_work = here.store.at_work("local")
    if not at_work:
        return
    from aideator_cli.actions.finding import Named
    from aideator_cli.actions.refreshing import refresh

    for id_ in at_work:
        if run := here.store.run(id_):
            refresh(here, Named(run, None))


def rows(here: Here, runs: "Sequence[StoredRun]") -> list[Listed]:
    """Returns these runs as they are stored."""
    results, selected = here.store.results_of(runs), here.store.selected([run.spec.id for run in runs])
    return [Listed(run, results[run.spec.id], selected.get(run.spec.id)) for run in runs]


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
    if isinstance(told, Exception):
        raise told
