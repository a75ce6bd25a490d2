"""The routes that read: runs, their results, comparisons, patches and reports."""

import base64
import json
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import JSONResponse, Response

from aideator_cli.actions import comparing, diffing, listing, showing
from aideator_cli.actions.here import Here
from aideator_cli.actions.sharing import reporting
from aideator_cli.domain.glance import Wanted
from aideator_cli.server.access import Caller, caller_with
from aideator_cli.server.answers import patch_answer, report_answer
from aideator_cli.server.core import Core
from aideator_cli.server.described import OR_NULL, one, other, several
from aideator_cli.server.followers import Followers
from aideator_cli.server.naming import named, the_run
from aideator_cli.server.problems import Problem

router = APIRouter(prefix="/api/v1", tags=["runs"])

Reading = Annotated[Caller, Depends(caller_with("read"))]
RunId = Annotated[str, Path(pattern="^[a-z][a-z0-9]{0,20}$", description="The run's id, such as k3v9x2q.")]
Number = Annotated[int, Path(ge=1, description="The variation's number.")]
FIRST_PAGE: Final = 50
LARGEST_PAGE: Final = 200


def core_of(request: Request) -> Core:
    core: Core = request.app.state.core
    return core


def followers_of(request: Request) -> Followers:
    followers: Followers = request.app.state.followers
    return followers


@router.get(
    "/runs", summary="The runs, newest first unless sort says otherwise", responses=several("runs", "Run", next=OR_NULL)
)
async def list_runs(
    request: Request,
    caller: Reading,
    state: Annotated[str, Query(description="submitting, running or ended")] = "",
    outcome: Annotated[str, Query(description="Only runs with such a variation, such as succeeded")] = "",
    repo: Annotated[str, Query(description="A part of the repository's URL or path")] = "",
    search: Annotated[str, Query(description="A part of the prompt or the note")] = "",
    tag: Annotated[list[str] | None, Query(description="Only runs with all of these tags")] = None,
    sort: Annotated[str, Query(description="newest, oldest, cost or state")] = "newest",
    steps: Annotated[bool, Query(description="Also the runs that are steps of teams")] = True,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="Runs in one answer")] = FIRST_PAGE,
    cursor: Annotated[str | None, Query(description="`next` of the answer before, with the same filters")] = None,
) -> Response:
    asked = Wanted(state, outcome, repo, search, tuple(tag or ()), sort, owner=caller.sees, alone=not steps)
    wanted = listing.checked(asked)
    return JSONResponse(await core_of(request).read(page_of, wanted, limit, cursor))


@router.get("/runs/{run}", summary="One run, with its variations and what was seen of it", responses=one("Run"))
async def show_run(request: Request, _caller: Reading, run: RunId) -> Response:
    return JSONResponse(await core_of(request).read(shown, run))


@router.get("/runs/{run}/results", summary="The last result of each variation", responses=several("results", "Result"))
async def results(request: Request, _caller: Reading, run: RunId) -> Response:
    return JSONResponse(await core_of(request).read(_results, run))


@router.get("/runs/{run}/compare", summary="The variations, the best first", responses=one("Comparison"))
async def compare(request: Request, _caller: Reading, run: RunId) -> Response:
    return JSONResponse(await core_of(request).read(compared, run))


@router.get(
    "/runs/{run}/variations/{number}/patch",
    summary="A variation's patch, for git apply",
    responses=other("text/x-patch", "the patch"),
)
async def patch(request: Request, _caller: Reading, run: RunId, number: Number) -> Response:
    return patch_answer(f"{run}-{number}", await core_of(request).read(patch_of, run, number))


@router.get(
    "/runs/{run}/report",
    summary="The run as one HTML page that loads nothing",
    responses=other("text/html", "the page"),
)
async def report(request: Request, _caller: Reading, run: RunId) -> Response:
    return report_answer(await core_of(request).read(report_of, run))


def shown(here: Here, run: str) -> dict[str, Any]:
    """Returns the record of `show --json`."""
    from aideator_cli.views.json_lines import observation, run_record

    told = showing.shown(here, named(here, run, None))
    selected = told.selection.variation if told.selection else None
    judged = told.judged.as_json() if told.judged else None
    more = {"judged": judged, "observations": [observation(seen) for seen in told.observations]}
    return {**run_record(told.named.run, told.results, selected), **more}


def page_of(here: Here, wanted: Wanted, limit: int, cursor: str | None) -> dict[str, Any]:
    from aideator_cli.views.json_lines import run_record

    order = here.store.order(wanted)
    first = 0 if cursor is None else _place(order, wanted, cursor)
    ids = order[first : first + limit]
    rows = [run_record(row.run, row.results, row.selected) for row in listing.rows(here, here.store.these(ids))]
    more = len(order) > first + limit
    return {"runs": rows, "next": _cursor(wanted, ids[-1]) if more else None}


def _cursor(wanted: Wanted, run: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([run, *wanted]).encode()).decode()


def _place(order: list[str], wanted: Wanted, cursor: str) -> int:
    try:
        run, *filters = json.loads(base64.urlsafe_b64decode(cursor))
    except (ValueError, TypeError, RecursionError):
        raise _wrong(f"{cursor[:80]!r} is no cursor") from None
    if filters != json.loads(json.dumps(list(wanted))):
        raise _wrong("the cursor is of a list with other filters")
    if run not in order:
        raise Problem(
            HTTPStatus.GONE, "the run where the cursor stood is no longer in the list", "begin the list again"
        )
    return order.index(run) + 1


def _wrong(text: str) -> Problem:
    hint = "send `next` of the answer before, with the same filters, or no cursor"
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, text, hint)


def _results(here: Here, run: str) -> dict[str, Any]:
    from aideator_cli.views.json_lines import result_record

    found = showing.shown(here, named(here, run, None))
    return {"results": [{"kind": "result", "run": run, **result_record(result)} for result in found.results]}


def compared(here: Here, run: str) -> dict[str, Any]:
    from aideator_cli.views.text.comparison import comparison_record

    made = comparing.compare_run(here, the_run(here, run))
    return comparison_record(made.run.spec, made.comparison, made.selection)


def patch_of(here: Here, run: str, number: int) -> bytes:
    return diffing.made(here, named(here, run, number)).patch


def report_of(here: Here, run: str) -> str:
    from aideator_cli.views.html import report, timeline

    return report.html(reporting.report(here, the_run(here, run), timeline.TYPES))
