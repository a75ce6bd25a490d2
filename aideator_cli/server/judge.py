"""The routes of a run's judge, which takes minutes: it is asked for, looked at, and stopped."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from aideator_cli.actions.here import Here
from aideator_cli.server import bodies
from aideator_cli.server.acts import ACCEPTED, Acting
from aideator_cli.server.described import one
from aideator_cli.server.foreign import check_judge
from aideator_cli.server.judged import judge_of
from aideator_cli.server.judges import Judges
from aideator_cli.server.problems import Problem
from aideator_cli.server.runs import Reading, RunId, core_of
from aideator_cli.store.serving import ServerStore

router = APIRouter(prefix="/api/v1", tags=["judge"])


@router.post(
    "/runs/{run}/judge",
    status_code=ACCEPTED,
    summary="Let a model compare the patches or answers that passed their checks",
    responses=one("Judge", status=202),
)
async def ask(request: Request, caller: Acting, run: RunId, body: bodies.Judging | None = None) -> Response:
    """Answers when it is known what the model will be asked, which then takes minutes: the `Location` says how it stands. The same
    again, while it works, begins nothing new."""
    asked = body or bodies.Judging()
    check_judge(caller, asked.model)
    judges: Judges = request.app.state.judges
    await core_of(request).act(judges.begin, caller, run, asked)
    told = await core_of(request).read(judge_of, run)
    return JSONResponse(told, ACCEPTED, {"Location": f"/api/v1/runs/{run}/judge"})


@router.get("/runs/{run}/judge", summary="How the run's last judge stands, and what it said", responses=one("Judge"))
async def look(request: Request, _caller: Reading, run: RunId) -> Response:
    """`places` is null until `state` is ended."""
    return JSONResponse(await core_of(request).read(judge_of, run))


@router.delete("/runs/{run}/judge", status_code=HTTPStatus.NO_CONTENT, summary="Ask the model nothing more")
async def stop(request: Request, _caller: Acting, run: RunId) -> Response:
    """What it has answered is stored. It counts once a judge of the same model has answered the rest."""
    await core_of(request).act(stop_judge, run)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def stop_judge(here: Here, run: str) -> None:
    store = ServerStore.of(here.store)
    judge_of(here, run)
    found = store.judge(run)
    if found is None or not store.end_judge(run, found.id, "stopped"):
        raise Problem(HTTPStatus.CONFLICT, f"no judge of run {run} is at work")
