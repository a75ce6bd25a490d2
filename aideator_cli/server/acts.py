"""The routes that change something: they start runs, stop, retry, judge, tell, select and delete."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from aideator_cli.actions import cancelling, deleting, keeping, places, retrying, selecting, starting, telling
from aideator_cli.actions.here import Here
from aideator_cli.actions.retrying import Retried
from aideator_cli.errors import AideatorError, ExitCode, usage
from aideator_cli.intake.request import Request as NewRequest
from aideator_cli.intake.request import Where
from aideator_cli.server import bodies, contract, keys, uploads
from aideator_cli.server.access import Caller, being_deleted, caller_with
from aideator_cli.server.described import either, one, several
from aideator_cli.server.foreign import admissible, check_place, check_reached
from aideator_cli.server.naming import named, the_run, word
from aideator_cli.server.once import Again, Key, key_of, once
from aideator_cli.server.problems import Problem
from aideator_cli.server.runs import RunId, core_of, followers_of, shown

router = APIRouter(prefix="/api/v1", tags=["acts"])
Acting = Annotated[Caller, Depends(caller_with("run"))]
ACCEPTED = HTTPStatus.ACCEPTED
STARTED = either("Run", contract.STARTED, status=202)


@router.post("/runs", status_code=ACCEPTED, summary="Start a run", responses=STARTED)
async def start(
    request: Request,
    caller: Acting,
    body: bodies.AnyRun,
    key: Again = None,
) -> Response:
    """Answers as soon as the agents are accepted. They go on without the server; while it lives, it follows them."""
    asked = body.full() if isinstance(body, bodies.ShortRun) else body
    asked = admissible(caller, asked)
    reserved = key_of(caller.name, key, await request.body())
    async with core_of(request).turn(caller.name):
        run = await core_of(request).act(start_run, asked, caller.name, reserved)
    told = contract.started if isinstance(body, bodies.ShortRun) else shown
    return await begun_answer(request, "runs", run, lambda here: told(here, run))


async def begun_answer(request: Request, of: str, begun: str, told: Callable[[Here], Any]) -> Response:
    """Answers with what has begun, as `told` has it, and lets a follower of this server take it. `of`: runs or teams."""
    request.state.target = begun
    followers_of(request).look()
    record = await core_of(request).read(told)
    return JSONResponse(record, ACCEPTED, {"Location": f"/api/v1/{of}/{begun}"})


@router.post(
    "/runs/{run}/select",
    summary="Select a variation as the run's winner",
    responses=either("Selection", contract.SELECTED),
)
async def select(request: Request, _caller: Acting, run: RunId, body: bodies.AnySelection) -> Response:
    if isinstance(body, bodies.ShortSelecting):
        return JSONResponse(await core_of(request).act(contract.select, run, body.winning_variation_id))
    return JSONResponse(await core_of(request).act(selection_of, run, body))


@router.post(
    "/runs/{run}/cancel",
    status_code=ACCEPTED,
    summary="Stop agents, and keep their work so far",
    responses=one("Run", status=202),
)
async def cancel(request: Request, _caller: Acting, run: RunId, body: bodies.Stopping | None = None) -> Response:
    """Answers when they are asked to stop. Their last events and results come in the run's stream."""
    await core_of(request).act(stop, run, body.variation if body else None)
    return JSONResponse(await core_of(request).read(shown, run), ACCEPTED)


@router.post(
    "/runs/{run}/retry", status_code=ACCEPTED, summary="Try variations again", responses=one("Run", status=202)
)
async def retry(request: Request, caller: Acting, run: RunId, body: bodies.Retrying | None = None) -> Response:
    retried = await core_of(request).act(_retry, caller, run, body or bodies.Retrying())
    followers_of(request).retried(retried)
    return JSONResponse(await core_of(request).read(shown, run), ACCEPTED)


@router.post(
    "/runs/{run}/tell",
    summary="Tell agents at work something, which they get before their next turn",
    responses=several("told", "Told"),
)
async def tell(request: Request, _caller: Acting, run: RunId, body: bodies.Telling) -> Response:
    return JSONResponse(await core_of(request).act(_tell, run, body))


@router.delete("/runs/{run}", status_code=HTTPStatus.NO_CONTENT, summary="Delete a run and everything stored about it")
async def delete(
    request: Request,
    _caller: Acting,
    run: RunId,
    force: Annotated[bool, Query(description="Also while its agents work. They are killed.")] = False,
) -> Response:
    with being_deleted(request, run):
        await core_of(request).act(_delete, run, force=force)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def start_run(here: Here, asked: bodies.NewRun, owner: str | None, key: Key | None) -> str:
    """Returns its id. Raises `AideatorError` for what can't be started; then nothing was."""

    def start(stored: Callable[[str], object]) -> str:
        planned = planned_for(here, uploads.request_of(here, asked, owner), asked.where(), owner)
        if planned.suspects:
            raise starting.unconfirmed(planned.suspects)
        if planned.is_large and not asked.many:
            raise usage(
                f"the matrix would start {len(planned.spec.variations)} agents", "send many: true to start them all"
            )
        with keys.missing_told_to(owner):
            return starting.start(here, planned, uploads.keeping(here, planned.order.packed, stored)).spec.id

    with here.store.owned_by(owner):
        return once(here, key, start)


def planned_for(here: Here, request: NewRequest, where: Where, owner: str | None) -> starting.Plan:
    """Returns what the server's user would start, with keys of that user alone. None: whoever runs the server."""
    if owner is not None:
        check_reached(request.repo)
    backend = places.choose(where, here.settings).name
    with keeping.without_the_servers(backend, owner):
        return starting.plan(here, keeping.with_own_keys(here, request, where, owner), where)


def selection_of(here: Here, run: str, body: bodies.Selecting) -> dict[str, Any]:
    if body.best == (body.variation is not None) or (body.best and body.note):
        raise usage("a selection takes either `variation`, and perhaps `note`, or `best`")
    if body.best:
        selected = selecting.select_best(here, the_run(here, run))
    else:
        selected = selecting.select(here, named(here, run, body.variation), body.note)
    chosen = selected.selection
    return {
        "kind": "selection", "run": run, "variation": chosen.variation, "attempt": chosen.attempt, "time": chosen.time,
        "note": chosen.note,
    }  # fmt: skip


def stop(here: Here, run: str, variation: int | None) -> None:
    cancelling.cancel(here, word(named(here, run, variation)), Where(), wait=False)


def _retry(here: Here, caller: Caller, run: str, body: bodies.Retrying) -> Retried:
    check_place(caller, the_run(here, run).place.backend)
    return retrying.retry(here, word(named(here, run, body.variation)), Where(), force=body.force, fresh=body.fresh)


def _tell(here: Here, run: str, body: bodies.Telling) -> dict[str, Any]:
    told = telling.tell(here, word(named(here, run, body.variation)), body.text, Where())
    return {
        "told": [
            {
                "kind": "told", "run": run, "variation": number, "message": told.message,
                "arrived": number in told.arrived, "why": told.missed.get(number),
            }
            for number in sorted((*told.arrived, *told.missed))
        ]
    }  # fmt: skip


def _delete(here: Here, run: str, *, force: bool) -> None:
    the_run(here, run)
    try:
        found = deleting.deletable(here, run, force=force)
    except AideatorError as error:
        if error.code != ExitCode.USAGE:
            raise
        raise Problem(HTTPStatus.CONFLICT, error.message, "cancel it first, or send ?force=true") from error
    deleting.delete(here, found)
