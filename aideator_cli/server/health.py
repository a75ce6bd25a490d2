"""Whether the server lives, and whether it can do its work. Needs no token."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from aideator_cli import __version__
from aideator_cli.actions.here import Here
from aideator_cli.server.core import Core

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Whether the process lives")
async def healthz() -> Response:
    return JSONResponse({"status": "ok", "version": __version__})


@router.get("/readyz", summary="Whether the server can do its work: its database answers")
async def readyz(request: Request) -> Response:
    core: Core = request.app.state.core
    await core.read(_ask_the_store)
    return JSONResponse({"status": "ok", "version": __version__})


def _ask_the_store(here: Here) -> None:
    here.store.ping()
