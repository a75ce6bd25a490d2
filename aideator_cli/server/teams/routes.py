"""The routes of teams."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import JSONResponse, Response

from aideator_cli.actions import finding
from aideator_cli.actions.here import Here
from aideator_cli.actions.sharing import reporting
from aideator_cli.actions.teams import knowing
from aideator_cli.domain.ids import is_id
from aideator_cli.server import runs
from aideator_cli.server.access import being_deleted
from aideator_cli.server.acts import Acting, begun_answer
from aideator_cli.server.answers import patch_answer, report_answer, stream_answer
from aideator_cli.server.bodies import NewTeam
from aideator_cli.server.described import OR_NULL, one, other, several
from aideator_cli.server.foreign import admissible
from aideator_cli.server.naming import the_run
from aideator_cli.server.once import Again, key_of
from aideator_cli.server.problems import Problem
from aideator_cli.server.runs import FIRST_PAGE, LARGEST_PAGE, Reading, core_of, followers_of
from aideator_cli.server.teams import acting
from aideator_cli.server.teams.looking import Looks, the_team
from aideator_cli.server.teams.telling import END, Watches, told_of

router = APIRouter(prefix="/api/v1", tags=["teams"])
TeamId = Annotated[str, Path(pattern="^[a-z][a-z0-9]{0,20}$", description="The team's id, such as t8d2m4x.")]
STATES = ("", "running", "succeeded", "failed", "cancelled")


def looks_of(request: Request) -> Looks:
    looks: Looks = request.app.state.looks
    return looks


@router.post(
    "/teams", status_code=HTTPStatus.ACCEPTED, summary="Start a team", responses=one("StartedTeam", status=202)
)
async def start(
    request: Request,
    caller: Acting,
    body: NewTeam,
    key: Again = None,
) -> Response:
    """Answers as soon as its first step has begun. The server then moves it on."""
    asked = admissible(caller, body)
    reserved = key_of(caller.name, key, acting.MARK + await request.body())
    async with core_of(request).turn(caller.name):
        team = await core_of(request).act(acting.start, asked, caller.name, reserved)
    return await begun_answer(request, "teams", team, lambda here: shown(here, looks_of(request), team))


@router.post("/teams/dry-run", summary="Check a team, and say what it may take at most", responses=one("TeamFile"))
async def dry_run(request: Request, caller: Acting, body: NewTeam) -> Response:
    """Takes what starts a team, and starts nothing."""
    async with core_of(request).turn(caller.name):
        return JSONResponse(await core_of(request).act(acting.drawn, admissible(caller, body), caller.name))


@router.get("/teams/shipped", summary="The teams that every server has", responses=several("teams", "TeamFile"))
async def shipped(_request: Request, _caller: Reading) -> Response:
    return JSONResponse({"teams": acting.shipped()})


@router.get("/teams", summary="The teams, newest first", responses=several("teams", "ListedTeam", next=OR_NULL))
async def list_teams(
    request: Request,
    caller: Reading,
    state: Annotated[str, Query(description="running, succeeded, failed or cancelled")] = "",
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Teams in one answer")] = FIRST_PAGE,
    cursor: Annotated[str | None, Query(description="`next` of the answer before, with the same state")] = None,
) -> Response:
    if state not in STATES:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{state[:40]!r} is no state of a team", ", ".join(STATES[1:]))
    return JSONResponse(await core_of(request).read(page, caller.sees, state or None, limit, cursor))


@router.get("/teams/{team}", summary="One team, with its plan and its steps", responses=one("StartedTeam"))
async def show(request: Request, _caller: Reading, team: TeamId) -> Response:
    return JSONResponse(await core_of(request).read(shown, looks_of(request), team))


@router.get(
    "/teams/{team}/messages",
    summary="What its roles have handed and said to each other, and people to them",
    responses=several("messages", "TeamMessage"),
)
async def messages(request: Request, _caller: Reading, team: TeamId) -> Response:
    return JSONResponse({"messages": await core_of(request).read(_messages, looks_of(request), team)})


@router.get(
    "/teams/{team}/events",
    summary="How a team goes on, as server-sent events, until it is over",
    responses=other("text/event-stream", "events named after the kind of their object"),
)
async def events(
    request: Request,
    _caller: Reading,
    team: TeamId,
    last: Annotated[str | None, Header(alias="Last-Event-ID", description="A browser sends it.")] = None,
) -> Response:
    """`team` comes whole whenever something about it has changed, and `team_message` once for each message. Both come again after a
    reconnect. The events of a step are those of its run."""
    run = await core_of(request).read(the_team, team)
    if run.state != "running" and last == f"{team}-{END}":
        return Response(status_code=204)
    followers_of(request).look()
    watches: Watches = request.app.state.watches
    return stream_answer(request, told_of(core_of(request), watches.at(team), request.app.state.hub))


@router.get(
    "/teams/{team}/patch",
    summary="The patch of the team's result, for git apply",
    responses=other("text/x-patch", "the patch"),
)
async def patch(request: Request, _caller: Reading, team: TeamId) -> Response:
    return patch_answer(team, await core_of(request).read(patch_of, team))


@router.get(
    "/teams/{team}/report",
    summary="The team as one HTML page that loads nothing",
    responses=other("text/html", "the page"),
)
async def report(request: Request, _caller: Reading, team: TeamId) -> Response:
    return report_answer(await core_of(request).read(_report, looks_of(request), team))


@router.post(
    "/teams/{team}/cancel",
    status_code=HTTPStatus.ACCEPTED,
    summary="End a team, and stop its agents; their work so far is kept",
    responses=one("StartedTeam", status=202),
)
async def cancel(request: Request, _caller: Acting, team: TeamId) -> Response:
    await core_of(request).act(acting.cancel, team)
    return JSONResponse(await core_of(request).read(shown, looks_of(request), team), HTTPStatus.ACCEPTED)


@router.delete("/teams/{team}", status_code=HTTPStatus.NO_CONTENT, summary="Delete a team with all its runs")
async def delete(
    request: Request,
    _caller: Acting,
    team: TeamId,
    force: Annotated[bool, Query(description="Also while its agents work. They are killed.")] = False,
) -> Response:
    with being_deleted(request, team):
        await core_of(request).act(acting.delete, team, force=force)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def shown(here: Here, looks: Looks, team: str) -> dict[str, Any]:
    """Returns the record of `show TEAM --json`."""
    from aideator_cli.views.json.teams import team_record

    return team_record(looks.at(team).state(here, the_team(here, team)))


def _messages(here: Here, looks: Looks, team: str) -> list[dict[str, Any]]:
    from aideator_cli.views.json.teams import message_record

    _, found = looks.at(team).talk(here, the_team(here, team))
    return [message_record(team, each) for each in found]


def page(here: Here, owner: str | None, state: str | None, limit: int, cursor: str | None) -> dict[str, Any]:
    """Returns one page of the list. `owner`: whose teams; None: everybody's. Raises `Problem` for a cursor that is gone."""
    from aideator_cli.views.json.teams import listed_record

    after = None
    if cursor is not None:
        after = here.store.team(cursor) if is_id(cursor) else None
        if after is None or (owner is not None and after.owner != owner):
            raise Problem(HTTPStatus.GONE, "the team where the cursor stood is not there", "begin the list again")
    found = here.store.teams(limit + 1, state, owner=owner, after=after)
    return {
        "teams": [listed_record(run) for run in found[:limit]],
        "next": found[limit - 1].id if len(found) > limit else None,
    }


def patch_of(here: Here, team: str) -> bytes:
    """Returns the patch of the team's result. Raises `AideatorError` if it has none."""
    run, _, number = finding.result_of(the_team(here, team)).partition("/")
    return runs.patch_of(here, run, int(number))


def _report(here: Here, looks: Looks, team: str) -> str:
    from aideator_cli.views.html import report, timeline

    known = the_team(here, team)
    state, talk = looks.at(team).talk(here, known)
    made = reporting.report(here, the_run(here, knowing.run_to_report(here, known)), timeline.TYPES, state, talk)
    return report.html(made)
