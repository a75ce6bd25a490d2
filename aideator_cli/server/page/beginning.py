"""The routes of the form for a new run."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from aideator_cli.actions.estimating import Estimate
from aideator_cli.actions.here import Here
from aideator_cli.server.access import Caller, caller_with
from aideator_cli.server.acts import start_run
from aideator_cli.server.dry_runs import drawn
from aideator_cli.server.foreign import admissible
from aideator_cli.server.once import Key
from aideator_cli.server.page import ordering
from aideator_cli.server.page.ordering import Asked
from aideator_cli.server.page.starting import Starter, begun, blank
from aideator_cli.server.page.troubles import PageRoute
from aideator_cli.views.text.estimate import dollars, times

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Runner = Annotated[Caller, Depends(caller_with("run"))]


@router.get("/runs/new")
async def new(request: Request, caller: Runner) -> Response:
    return await blank(request, caller, STARTER)


@router.post("/runs/new")
async def begin(request: Request, caller: Runner) -> Response:
    return await begun(request, caller, STARTER)


def _estimate(here: Here, caller: Caller, asked: Asked) -> str:
    return _told(drawn(here, admissible(caller, asked.body()), caller).estimate)


def _start(here: Here, caller: Caller, asked: Asked, key: Key | None) -> str:
    return start_run(here, admissible(caller, asked.body()), caller.name, key)


def _told(made: Estimate) -> str:
    unknown = [part.model for part in made.parts if part.sample == 0]
    if unknown:
        return f"Nothing is known of {', '.join(unknown)} yet: no earlier attempt is stored here."
    return f"Estimate: {dollars(made.cost)}, {times(made.seconds)}"


STARTER: Final = Starter(
    "new", "runs", b"", lambda offered: offered.newest, ordering.read, ordering.values, _estimate, _start
)
