"""The routes of what a run's user says of it: its name, its note and its tags."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from aideator_cli.actions import remarking
from aideator_cli.actions.here import Here
from aideator_cli.errors import usage
from aideator_cli.server import bodies
from aideator_cli.server.acts import Acting
from aideator_cli.server.described import one
from aideator_cli.server.naming import the_run
from aideator_cli.server.runs import RunId, core_of

router = APIRouter(prefix="/api/v1", tags=["remarks"])


@router.put("/runs/{run}/name", summary="Name a run, or take its name away", responses=one("Name"))
async def rename(request: Request, _caller: Acting, run: RunId, body: bodies.Naming) -> Response:
    """No other run of the same user may have the name."""
    return JSONResponse(await core_of(request).act(_rename, run, body.name))


@router.put("/runs/{run}/note", summary="Write a note on a run, or remove it", responses=one("Note"))
async def note(request: Request, _caller: Acting, run: RunId, body: bodies.Noting) -> Response:
    return JSONResponse(await core_of(request).act(_note, run, body.note))


@router.post("/runs/{run}/tags", summary="Give tags to a run, or remove some", responses=one("Tags"))
async def tag(request: Request, _caller: Acting, run: RunId, body: bodies.Tagging) -> Response:
    """The body has either `add` or `remove`."""
    return JSONResponse(await core_of(request).act(_tag, run, body))


def _rename(here: Here, run: str, name: str | None) -> dict[str, Any]:
    the_run(here, run)
    return {"kind": "name", "run": run, "name": remarking.rename(here, run, name).name}


def _note(here: Here, run: str, text: str | None) -> dict[str, Any]:
    the_run(here, run)
    return {"kind": "note", "run": run, "note": remarking.note(here, run, text or "").note}


def _tag(here: Here, run: str, body: bodies.Tagging) -> dict[str, Any]:
    the_run(here, run)
    if bool(body.add) == bool(body.remove):
        raise usage("a request has either `add`, tags that the run gets, or `remove`")
    found = remarking.tag(here, run, body.add) if body.add else remarking.untag(here, run, body.remove)
    return {"kind": "tags", "run": run, "tags": list(found.tags)}
