"""What the routes do: teams are checked, started and ended for a user of the server."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from aideator_cli.actions import keeping, places
from aideator_cli.actions.here import Here
from aideator_cli.actions.starting import unconfirmed
from aideator_cli.actions.teams import knowing, starting
from aideator_cli.domain.teams import Team
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.repository import is_url
from aideator_cli.intake.request import Request, Where
from aideator_cli.intake.teams import finding
from aideator_cli.server import keys, uploads
from aideator_cli.server.bodies import NewTeam
from aideator_cli.server.foreign import check_reached
from aideator_cli.server.once import Key, once
from aideator_cli.server.problems import Problem
from aideator_cli.server.teams.looking import the_team
from aideator_cli.system.configuration.repository import root_of

MARK = b"team "  # before a request's body in the digest of its key: the same body starts a run elsewhere
T = TypeVar("T")


def start(here: Here, asked: NewTeam, owner: str | None, key: Key | None) -> str:
    """Returns its id. Raises `AideatorError` for what can't be started; then nothing was."""

    def begin(stored: Callable[[str], object]) -> str:
        planned = planned_for(here, asked, owner)
        if planned.first.suspects:
            raise unconfirmed(planned.first.suspects)
        with keys.missing_told_to(owner):
            kept = uploads.keeping(here, planned.first.order.packed, lambda _: stored(planned.run.id))
            return starting.begin(here, planned, kept).id

    with here.store.owned_by(owner):
        return once(here, key, begin, here.store.team)


def planned_for(here: Here, asked: NewTeam, owner: str | None) -> starting.TeamPlan:
    """Returns what the server's user would start, with keys of that user alone. None: whoever runs the server."""
    return _asked(here, asked, owner, starting.plan)


def _asked(here: Here, asked: NewTeam, owner: str | None, plan: Callable[[Here, Team, Request, Where], T]) -> T:
    if owner is not None:
        check_reached(asked.repository)
    request, where = uploads.with_commits(here, asked.request(), asked.sent, owner), asked.where()
    backend = places.choose(where, here.settings).name
    with keeping.without_the_servers(backend, owner):
        return plan(here, team_of(asked), keeping.with_own_keys(here, request, where, owner), where)


def team_of(asked: NewTeam) -> Team:
    """Returns the team that is asked for. A repository's own is found only where the repository is a folder of this machine."""
    if asked.stages is not None:
        return finding.sent(asked.stages, asked.team)
    if is_url(asked.repository):
        return finding.find(asked.team, None)
    folder = Path(asked.repository).expanduser()
    return finding.find(asked.team, root_of(folder) if folder.is_dir() else None)


def drawn(here: Here, asked: NewTeam, owner: str | None) -> dict[str, Any]:
    """Returns the team as `run --team --dry-run --json` has it. Nothing is started."""
    from aideator_cli.views.json.teams import drawn_record

    with here.store.owned_by(owner):
        made = _asked(here, asked, owner, starting.draw)
    return drawn_record(made.run.team, made.most.agents, made.most.cost, made.lacks)


def shipped() -> list[dict[str, Any]]:
    from aideator_cli.views.json.teams import definition

    return [{**definition(team), "text": finding.source(team.name)} for team in finding.everyone(None)]


def cancel(here: Here, team: str) -> bool:
    """Returns whether it was still at work. Agents that could not be asked to stop are those of a backend that does not answer."""
    run = the_team(here, team)
    _, failed = knowing.cancel(here, run)
    if failed:
        text = f"team {team} begins no further step, but some agents were not asked to stop: {'; '.join(failed)}"
        raise AideatorError(text, hint="ask again", code=ExitCode.UNAVAILABLE)
    return run.state == "running"


def delete(here: Here, team: str, *, force: bool) -> None:
    run = the_team(here, team)
    if run.state == "running" and not force:
        raise Problem(HTTPStatus.CONFLICT, f"team {team} is still at work", "cancel it first, or send ?force=true")
    knowing.delete(here, run, force=force)
