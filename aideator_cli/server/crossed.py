"""The route that lets each variation's new tests run on the other patches that passed."""

import asyncio
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from aideator_cli.actions.here import Here
from aideator_cli.server.access import Caller
from aideator_cli.server.acts import ACCEPTED, Acting
from aideator_cli.server.crossings import Crossings
from aideator_cli.server.described import OR_NULL, TEXT, answered, short
from aideator_cli.server.foreign import check_place
from aideator_cli.server.naming import the_run
from aideator_cli.server.problems import Problem
from aideator_cli.server.runs import RunId, core_of

router = APIRouter(prefix="/api/v1", tags=["acts"])
NEWS_SECONDS: Final = 2.0  # for which an answer waits for something to tell
LOOK_SECONDS: Final = 0.05
_NUMBERS: Final = {"type": "array", "items": {"type": "integer"}}
_SECONDS: Final = {"type": ["number", "null"]}
STANDS: Final = short(
    kind=TEXT, run=TEXT, state=TEXT, authors=_NUMBERS, patches=_NUMBERS, about=_SECONDS, most=_SECONDS, resumed={"type": "boolean"},
    text=OR_NULL,
)  # fmt: skip


@router.post(
    "/runs/{run}/cross-tests",
    status_code=ACCEPTED,
    summary="Run each variation's new tests on the other patches that passed, and say how that stands",
    responses=answered(STANDS, status=202),
)
async def cross(request: Request, caller: Acting, run: RunId) -> Response:
    """The same again, until `state` is ended or failed, begins nothing new. `compare` then says what came of it."""
    crossings: Crossings = request.app.state.crossings
    attempts = await core_of(request).read(checked, caller, run)
    work = crossings.at(run, caller.name, attempts)
    end = asyncio.get_running_loop().time() + NEWS_SECONDS
    while not work.told.is_set() and asyncio.get_running_loop().time() < end:
        await asyncio.sleep(LOOK_SECONDS)
    return JSONResponse(work.as_json(), ACCEPTED)


def checked(here: Here, caller: Caller, run: str) -> tuple[str, ...]:
    """Returns the run's attempts. Raises `Problem` for a referee that may not begin: not for this caller, or not yet."""
    check_place(caller, the_run(here, run).place.backend)
    if not all(result.ended for result in here.store.results(run)):
        raise Problem(HTTPStatus.CONFLICT, f"agents of run {run} are still at work", "ask again when they have ended")
    return tuple(known.attempt.id for known in here.store.attempts(run))
