"""The list of runs that a server has, once or again after each change."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from aideator_cli.actions.here import Here
from aideator_cli.actions.places import server_at
from aideator_cli.domain.glance import Glance, Wanted
from aideator_cli.domain.ids import is_id
from aideator_cli.domain.teams import Team, TeamRun
from aideator_cli.errors import AideatorError, ExitCode, unavailable
from aideator_cli.system.clock import parse

LOOK_SECONDS: Final = 2.0
PATIENCE: Final = 150.0  # seconds without an answer, after which the server counts as gone

Records = list[dict[str, Any]]  # runs as `list --json` has them


class ServersChange(NamedTuple):
    """A list that has changed: the whole list, and what changed. `trouble`: why it can't be asked now; it is asked again."""

    runs: Records
    changed: Records
    teams: Sequence[TeamRun] = ()
    changed_teams: Sequence[TeamRun] = ()
    trouble: str | None = None


def of_server(here: Here, limit: int, wanted: Wanted) -> Records:
    """Raises `AideatorError` if it can't be asked."""
    server = server_at(here.settings.server or "", here.settings)
    return server.page(
        limit, state=wanted.state, outcome=wanted.outcome, repo=wanted.repository, search=wanted.text, tag=wanted.tags,
        sort=wanted.sort, steps="false" if wanted.alone else None,
    )  # fmt: skip


def teams_of_server(here: Here, limit: int) -> list[TeamRun]:
    """Returns the server's newest teams, without their stages. Raises `AideatorError` if it can't be asked."""
    server = server_at(here.settings.server or "", here.settings)
    found = server.teams(limit)
    with server.client.understanding():
        if not all(is_id(row["team"]) and parse(row["created"]) for row in found):
            raise ValueError("a team has no id")
        return [
            TeamRun(
                row["team"], str(row["created"]), Team(str(row["name"]), "", ()), str(row["prompt"]), state=row["state"],
                result=row["result"], server=server.context,
            )
            for row in found
        ]  # fmt: skip


def with_teams(here: Here, limit: int, wanted: Wanted, *, teams: bool, steps: bool) -> tuple[Records, list[TeamRun]]:
    """Returns the runs, and the teams if they are wanted. Without `steps`, the teams' runs are left out if there is a team.

    Raises `AideatorError` if the server can't be asked.
    """
    found = teams_of_server(here, limit) if teams else []
    return of_server(here, limit, wanted._replace(alone=wanted.alone or (bool(found) and not steps))), found


def changes_there(
    here: Here, limit: int, wanted: Wanted, *, teams: bool = False, steps: bool = True
) -> Iterator[ServersChange]:
    """Yields the list now and after each change, without end. Survives a server that does not answer for a while.

    `teams` and `steps` are those of `with_teams`.
    """
    before, before_teams = with_teams(here, limit, wanted, teams=teams, steps=steps)
    heard, trouble = time.monotonic(), False
    yield ServersChange(before, before, before_teams, before_teams)
    while True:
        time.sleep(LOOK_SECONDS)
        try:
            now, now_teams = with_teams(here, limit, wanted, teams=teams, steps=steps)
        except AideatorError as error:
            if error.code != ExitCode.UNAVAILABLE or time.monotonic() > heard + PATIENCE:
                raise
            if not trouble:
                trouble = True
                yield ServersChange(before, [], trouble=error.message)
            continue
        heard, trouble = time.monotonic(), False
        if now != before or now_teams != before_teams:
            changed = [team for team in now_teams if team not in before_teams]
            yield ServersChange(now, [row for row in now if row not in before], now_teams, changed)
            before, before_teams = now, now_teams


def glance_of(record: Mapping[str, Any]) -> Glance:
    """Returns what a list shows of a run that a server tells of. Raises `AideatorError` for the record of another version."""
    try:
        parse(record["created"])
        results, origin = record["variations"], record.get("origin") or {}
        costs = [result["cost"] for result in results]
        return Glance(
            _id_in(record), record["created"], record["state"], record["backend"], record["where"], record["prompt"],
            sum(result["status"] == "succeeded" for result in results), len(results),
            None if None in costs else float(sum(costs)), tuple(origin.get("variations", ())), origin.get("kind") == "merged",
            record["note"], tuple(record["tags"]), None, record["name"], record["cluster_user"], record["repository"]["url"],
        )  # fmt: skip
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise unavailable(
            f"the server tells of a run what this version does not understand: {type(error).__name__} {error}",
            hint="use the server's version here",
        ) from error


def _id_in(record: Mapping[str, Any]) -> str:
    if not is_id(record["run"]):
        raise ValueError("the run has no id")
    return str(record["run"])
