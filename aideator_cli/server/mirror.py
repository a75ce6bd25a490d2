"""What the command line asks when it is a client: who it is, and all that its own store has to know of a run."""

import json
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from aideator_cli import __version__
from aideator_cli.actions import stats as counting
from aideator_cli.actions.here import Here
from aideator_cli.server.access import Caller, counted
from aideator_cli.server.described import OR_NULL, PREFIX, TEXT, answered, short
from aideator_cli.server.naming import the_run
from aideator_cli.server.runs import Reading, RunId, core_of
from aideator_cli.server.teams.looking import the_team
from aideator_cli.server.teams.routes import TeamId, looks_of, shown

router = APIRouter(prefix="/api/v1", tags=["command line"])
OBJECT: Final = {"type": "object"}
OBJECTS: Final = {"type": "array", "items": OBJECT}
WHO: Final = short(
    version=TEXT, user={"type": ["string", "null"]}, scopes={"type": "array", "items": TEXT}, token={"type": ["string", "null"]}
)  # fmt: skip
RECORD: Final = short(
    version=TEXT, spec=OBJECT, name=OR_NULL, note=OR_NULL, tags={"type": "array", "items": TEXT}, state=TEXT, ended=OR_NULL,
    last={"type": "integer"}, observations={"type": "integer"},
    submissions=OBJECT,
    attempts=OBJECTS, results=OBJECTS, selection={"type": ["object", "null"]}, judgements=OBJECTS, crossing={"type": ["object", "null"]},
)  # fmt: skip
TEAM_RECORD: Final = short(version=TEXT, document=OBJECT, team={"$ref": f"{PREFIX}StartedTeam"})


@router.get("/whoami", summary="Whose token this is, and what it allows", responses=answered(WHO))
async def whoami(_request: Request, caller: Annotated[Caller, Depends(counted)]) -> Response:
    """Without a token, on the server's own machine, `user` and `token` are null."""
    told = {"version": __version__, "user": caller.name, "scopes": sorted(caller.scopes), "token": caller.token}
    return JSONResponse(told)


@router.get(
    "/runs/{run}/record",
    summary="All about a run but its log, for programs that keep a copy",
    responses=answered(RECORD),
)
async def record(request: Request, _caller: Reading, run: RunId) -> Response:
    """`spec` is of the same version of AIdeator as the server. `last` is the newest event's place in `id`s of the run's stream."""
    return JSONResponse(await core_of(request).read(_record, run))


@router.get(
    "/teams/{team}/record",
    summary="All about a team but its runs, for programs that keep a copy",
    responses=answered(TEAM_RECORD),
)
async def team_record(request: Request, _caller: Reading, team: TeamId) -> Response:
    """`document` is what was asked for, as the server's version of AIdeator has it; `team` is how far it is."""
    core, looks = core_of(request), looks_of(request)
    document = json.loads((await core.read(the_team, team)).document())
    told = await core.read(shown, looks, team)
    return JSONResponse({"version": __version__, "document": document, "team": told})


@router.get(
    "/stats", summary="The results of all runs, by model or another group", responses=answered(short(groups=OBJECTS))
)
async def stats(
    request: Request,
    caller: Reading,
    by: Annotated[str, Query(description="model, agent, role, prompt, temperature or repo")] = "model",
    since: Annotated[str, Query(description="Only runs since this time; RFC 3339, UTC")] = "",
    repo: Annotated[str, Query(description="A part of the repository's URL or path")] = "",
    answers: Annotated[bool, Query(description="The runs that ask for an answer, not those for patches")] = False,
) -> Response:
    counted = counting.Counting(by, since or None, repo or None, answers, caller.sees)
    return JSONResponse(await core_of(request).read(_stats, counted))


def _record(here: Here, run: str) -> dict[str, Any]:
    with here.store.moment():  # no attempt is told as closed that has events behind `last`
        return _told(here, run)


def _told(here: Here, run: str) -> dict[str, Any]:
    store = here.store
    _, last = store.span(run)
    observations = len(store.observations(run))
    found = the_run(here, run)
    selection = store.selection(run)
    attempts = [
        {**asdict(known.attempt), "closed": known.closed, "verdict": known.verdict, "verdict_text": known.verdict_text}
        for known in store.attempts(run)
    ]
    return {
        "version": __version__,
        "spec": json.loads(found.spec.to_json()),
        "name": found.name,
        "note": found.note,
        "tags": list(found.tags),
        "state": found.state,
        "ended": found.ended,
        "last": last,
        "observations": observations,
        "submissions": {str(number): count for number, count in store.submissions(run).items()},
        "attempts": attempts,
        "results": [result.as_json() for result in store.results(run)],
        "selection": None if selection is None else asdict(selection),
        "crossing": store.outcome(run),
        "judgements": [asdict(each) for each in store.judgements(run)],
    }


def _stats(here: Here, counted: counting.Counting) -> dict[str, Any]:
    return {"groups": [group.as_json() for group in counting.stats(here, counted)]}
