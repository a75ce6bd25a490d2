"""The page's routes of teams."""

import secrets
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from aideator_cli.actions.here import Here
from aideator_cli.domain.teams import TeamRun, first_run
from aideator_cli.errors import AideatorError
from aideator_cli.server.access import Caller, caller_with
from aideator_cli.server.bodies import NewTeam
from aideator_cli.server.foreign import admissible
from aideator_cli.server.once import key_of
from aideator_cli.server.page import frame
from aideator_cli.server.page.acting import done
from aideator_cli.server.page.beginning import OLD, offer
from aideator_cli.server.page.forms import posted
from aideator_cli.server.page.ordering import Offer
from aideator_cli.server.page.routes import said
from aideator_cli.server.page.teams import listing, ordering, screen
from aideator_cli.server.page.teams.ordering import AskedTeam
from aideator_cli.server.page.troubles import PageRoute
from aideator_cli.server.problems import of_error
from aideator_cli.server.runs import core_of, followers_of
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
    found = await core_of(request).read(_teams, limit + 1, caller.sees)
    return frame.screen(request, "teams", listing.values(found, limit), here="teams", said=said(request))


@router.get("/teams/new")
async def new(request: Request, caller: Runner) -> Response:
    offered, local = await core_of(request).read(offer, caller.sees)
    return _form(request, caller, offered, ordering.newest(offered), local=local)


@router.post("/teams/new")
async def begin(request: Request, caller: Runner) -> Response:
    form = await posted(request, old=True)
    asked = ordering.read(form)
    if not caller.owns_machine:
        asked = replace(asked, shell=False)
    row, wrong, told = form.text("row"), None, ""
    if row:
        asked = asked.with_row(row)
    elif form.is_old:
        wrong = OLD
    else:
        try:
            if form.text("do") == "estimate":
                async with core_of(request).turn(caller.name):
                    told = _most(await core_of(request).act(acting.drawn, _checked(caller, asked), caller.name))
            else:
                key = key_of(caller.name, form.text("key") or None, b"team " + await request.body())
                async with core_of(request).turn(caller.name):
                    team = await core_of(request).act(acting.start, _checked(caller, asked), caller.name, key)
                request.state.target = team
                followers_of(request).look()
                return RedirectResponse(f"{frame.root(request)}/teams/{team}", HTTPStatus.SEE_OTHER)
        except AideatorError as error:
            wrong = error
    offered, local = await core_of(request).read(offer, caller.sees)
    return _form(request, caller, offered, asked, local=local, estimate=told, wrong=wrong)


@router.get("/teams/{team}")
async def team(request: Request, team: str, _caller: Reader) -> Response:
    values = await core_of(request).read(_shown, request.app.state.looks, team)
    return frame.screen(request, "team", values, here="teams", said=said(request))


@router.post("/teams/{team}/stop")
async def stop(request: Request, team: str, _caller: Runner) -> Response:
    await posted(request)
    was_at_work = await core_of(request).act(acting.cancel, team)
    return done(request, f"/teams/{team}", "stopping" if was_at_work else "ended")


def _form(
    request: Request,
    caller: Caller,
    offered: Offer,
    asked: AskedTeam,
    *,
    local: bool,
    estimate: str = "",
    wrong: AideatorError | None = None,
) -> Response:
    values = ordering.values(offered, asked, local=local and caller.owns_machine)
    values["key"] = secrets.token_hex(16)  # of this form: whoever posts it twice starts one team
    values["estimate"] = estimate
    values["wrong"] = None if wrong is None else of_error(wrong).told()
    status = HTTPStatus.OK if wrong is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return frame.screen(request, "new-team", values, here="new-team", status=status.value)


def _checked(caller: Caller, asked: AskedTeam) -> NewTeam:
    return admissible(caller, asked.body())


def _most(drawn: dict[str, Any]) -> str:
    most = drawn["most"]
    lacks = f" It can't be started yet: {drawn['lacks']}." if "lacks" in drawn else ""
    if most["cost"] is None:
        return f"At most {plural(most['agents'], 'agent')}. Nothing limits the cost: set US dollars.{lacks}"
    return f"At most {cost(most['cost'])}, for at most {plural(most['agents'], 'agent')} with every round.{lacks}"


def _teams(here: Here, limit: int, owner: str | None) -> list[TeamRun]:
    return here.store.teams(limit, owner=owner)


def _shown(here: Here, looks: Looks, team: str) -> dict[str, Any]:
    state, talk = looks.at(team).talk(here, the_team(here, team))
    first = here.store.run(first_run(team))
    return screen.values(state, talk, first.spec if first else None)
