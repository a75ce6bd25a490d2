"""The page's routes of teams."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from aideator_cli.actions.here import Here
from aideator_cli.domain.teams import TeamRun, first_run
from aideator_cli.server.access import Caller, caller_with
from aideator_cli.server.foreign import admissible
from aideator_cli.server.once import Key
from aideator_cli.server.page import frame
from aideator_cli.server.page.acting import done
from aideator_cli.server.page.forms import posted
from aideator_cli.server.page.routes import said
from aideator_cli.server.page.starting import Starter, begun, blank
from aideator_cli.server.page.teams import listing, ordering, screen
from aideator_cli.server.page.teams.ordering import AskedTeam
from aideator_cli.server.page.troubles import PageRoute
from aideator_cli.server.runs import core_of
from aideator_cli.server.teams import acting
from aideator_cli.server.teams.looking import Looks, the_team
from aideator_cli.text.figures import cost, plural

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Caller, Depends(caller_with("read"))]
Runner = Annotated[Caller, Depends(caller_with("run"))]


@router.get("/teams")
async def teams(request: Request, caller: Reader) -> Response:
    given = request.query_params.get("limit", "")
    limit = min(int(given), listing.MOST) if given.isdecimal() and 0 < len(given) < 6 else listing.SHOWN
    found, lost = await core_of(request).read(_teams, limit + 1, caller.sees)
    return frame.screen(request, "teams", listing.values(found, limit, lost), here="teams", said=said(request))


@router.get("/teams/new")
async def new(request: Request, caller: Runner) -> Response:
    return await blank(request, caller, STARTER)


@router.post("/teams/new")
async def begin(request: Request, caller: Runner) -> Response:
    return await begun(request, caller, STARTER)


@router.get("/teams/{team}")
async def team(request: Request, team: str, _caller: Reader) -> Response:
    values = await core_of(request).read(_shown, request.app.state.looks, team)
    return frame.screen(request, "team", values, here="teams", said=said(request))


@router.post("/teams/{team}/stop")
async def stop(request: Request, team: str, _caller: Runner) -> Response:
    await posted(request)
    was_at_work = await core_of(request).act(acting.cancel, team)
    return done(request, f"/teams/{team}", "stopping" if was_at_work else "ended")


def _estimate(here: Here, caller: Caller, asked: AskedTeam) -> str:
    return _most(acting.drawn(here, admissible(caller, asked.body()), caller.name))


def _start(here: Here, caller: Caller, asked: AskedTeam, key: Key | None) -> str:
    return acting.start(here, admissible(caller, asked.body()), caller.name, key)


def _most(drawn: dict[str, Any]) -> str:
    most = drawn["most"]
    lacks = f" It can't be started yet: {drawn['lacks']}." if "lacks" in drawn else ""
    if most["cost"] is None:
        return f"At most {plural(most['agents'], 'agent')}. Nothing limits the cost: set US dollars.{lacks}"
    return f"At most {cost(most['cost'])}, for at most {plural(most['agents'], 'agent')} with every round.{lacks}"


def _teams(here: Here, limit: int, owner: str | None) -> tuple[list[TeamRun], set[str]]:
    return here.store.teams(limit, owner=owner), here.store.lost_results()


def _shown(here: Here, looks: Looks, team: str) -> dict[str, Any]:
    state, talk = looks.at(team).talk(here, the_team(here, team))
    first = here.store.run(first_run(team))
    return screen.values(state, talk, first.spec if first else None)


STARTER: Final = Starter(
    "new-team", "teams", acting.MARK, ordering.newest, ordering.read, ordering.values, _estimate, _start
)
