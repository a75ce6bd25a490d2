"""The page's routes that show something."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from aideator_cli import __version__
from aideator_cli.actions import finding, listing
from aideator_cli.actions.comparing import Compared, compare_run
from aideator_cli.actions.here import Here
from aideator_cli.domain.glance import STATES, Wanted
from aideator_cli.server.access import Caller, caller_with
from aideator_cli.server.judged import record
from aideator_cli.server.page import comparing, frame, running
from aideator_cli.server.page import listing as shown_list
from aideator_cli.server.page.troubles import PageRoute
from aideator_cli.server.runs import core_of
from aideator_cli.store.serving import ServerStore
from aideator_cli.system.clock import now

SAID: Final = {  # after a form has posted and the browser was sent back
    "told": "The agent has the message.",
    "stopping": "The agents were asked to stop. Their work so far is kept.",
    "ended": "All agents had ended already.",
    "selected": "Selected.",
    "retried": "They are tried again.",
    "judging": "The judge is at work.",
    "judge-stopped": "The judge is asked nothing more.",
    "stored": "The key is stored.",
    "deleted": "The key is deleted here. It stays valid at its provider.",
    "noted": "The note is kept.",
    "rejected": "It is not proposed again.",
    "forgotten": "The note is forgotten.",
    "revoked": "The token no longer counts.",
}

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Reader = Annotated[Caller, Depends(caller_with("read"))]


def said(request: Request) -> str:
    return SAID.get(request.query_params.get("said", ""), "")


@router.get("/")
async def runs(request: Request, caller: Reader) -> Response:
    asked = {"q": request.query_params.get("q", "").strip(), "state": request.query_params.get("state", "")}
    if asked["state"] not in STATES:
        asked["state"] = ""
    given = request.query_params.get("limit", "")
    limit = min(int(given), shown_list.MOST) if given.isdecimal() and len(given) < 6 else shown_list.SHOWN
    filtered = any(asked.values())
    wanted = Wanted(text=asked["q"], state=asked["state"], owner=caller.sees, alone=not filtered)
    rows = await core_of(request).read(listing.listed, limit + 1, wanted)
    return frame.screen(request, "list", shown_list.values(rows, asked, limit), here="runs", said=said(request))


@router.get("/runs/{run}")
async def run(request: Request, run: str, _caller: Reader) -> Response:
    material = await core_of(request).read(_material, run)
    return frame.screen(request, "run", running.values(material), said=said(request))


@router.get("/runs/{run}/compare")
async def compare(request: Request, run: str, _caller: Reader) -> Response:
    compared, judge = await core_of(request).read(_judged, run)
    shown = request.query_params.get("show", "")
    return frame.screen(request, "compare", comparing.values(compared, judge, shown), said=said(request))


@router.get("/page/edition")
async def edition() -> Response:
    """What an open page compares with its own, to know of an upgrade. Needs no login."""
    return JSONResponse({"edition": frame.edition(), "version": __version__}, headers={"Cache-Control": "no-store"})


@router.get("/page/{asked}/{name}")
async def asset(asked: str, name: str) -> Response:
    """Needs no login."""
    return frame.asset(asked, name) or Response("There is no such file.", 404, media_type="text/plain")


def _compared(here: Here, word: str) -> Compared:
    return compare_run(here, finding.find_run(here, word).run)


def _judged(here: Here, word: str) -> tuple[Compared, dict[str, Any] | None]:
    compared = _compared(here, word)
    known = ServerStore.of(here.store).judge(compared.run.spec.id)
    return compared, record(here, known) if known else None


def _material(here: Here, word: str) -> running.Material:
    compared = _compared(here, word)
    results = [each.result for each in compared.comparison.order]
    return running.Material(compared.run, results, compared.comparison, compared.selection, now())
