"""The routes of the form for a new run."""

import secrets
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from aideator_cli.actions import estimating, places
from aideator_cli.actions.estimating import Estimate
from aideator_cli.actions.here import Here
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake.request import Where
from aideator_cli.server.access import Caller, caller_with
from aideator_cli.server.acts import planned_for, start_run
from aideator_cli.server.bodies import NewRun
from aideator_cli.server.foreign import admissible
from aideator_cli.server.once import key_of
from aideator_cli.server.page import frame, ordering
from aideator_cli.server.page.forms import posted
from aideator_cli.server.page.ordering import Asked, Offer
from aideator_cli.server.page.troubles import PageRoute
from aideator_cli.server.problems import of_error
from aideator_cli.server.runs import core_of, followers_of
from aideator_cli.views.text.estimate import dollars, times

OLD: Final = usage(
    "the server was upgraded since this page was loaded, so nothing was started", "look the form over, and start again"
)

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Runner = Annotated[Caller, Depends(caller_with("run"))]


@router.get("/runs/new")
async def new(request: Request, caller: Runner) -> Response:
    offered, local = await core_of(request).read(offer, caller.sees)
    return _form(request, caller, offered, offered.newest, local=local)


@router.post("/runs/new")
async def begin(request: Request, caller: Runner) -> Response:
    form = await posted(request, old=True)
    asked = ordering.read(form)
    if not caller.owns_machine:
        asked = replace(asked, shell=False)
    row, verb = form.text("row"), form.text("do")
    wrong: AideatorError | None = None
    told = ""
    if row:
        asked = asked.with_row(row)
    elif form.is_old:
        wrong = OLD
    else:
        try:
            if verb == "estimate":
                async with core_of(request).turn(caller.name):
                    told = _told(await core_of(request).act(_estimate, _checked(caller, asked), caller.name))
            else:
                key = key_of(caller.name, form.text("key") or None, await request.body())
                async with core_of(request).turn(caller.name):
                    run = await core_of(request).act(start_run, _checked(caller, asked), caller.name, key)
                followers_of(request).look()
                return RedirectResponse(f"{frame.root(request)}/runs/{run}", HTTPStatus.SEE_OTHER)
        except AideatorError as error:
            wrong = error
    offered, local = await core_of(request).read(offer, caller.sees)
    return _form(request, caller, offered, asked, local=local, estimate=told, wrong=wrong)


def _form(
    request: Request,
    caller: Caller,
    offered: Offer,
    asked: Asked,
    *,
    local: bool,
    estimate: str = "",
    wrong: AideatorError | None = None,
) -> Response:
    values = ordering.values(offered, asked, local=local and caller.owns_machine)
    values["key"] = secrets.token_hex(16)  # of this form: whoever posts it twice starts one run
    values["estimate"] = estimate
    values["wrong"] = None if wrong is None else of_error(wrong).told()
    status = HTTPStatus.OK if wrong is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return frame.screen(request, "new", values, here="new", status=status.value)


def offer(here: Here, owner: str | None) -> tuple[Offer, bool]:
    """What the form offers, and whether agents would be processes on this machine."""
    try:
        local = places.choose(Where(), here.settings).name == "local"
    except AideatorError:  # it is told when somebody starts a run
        local = False
    return ordering.offer(here, owner), local


def _checked(caller: Caller, asked: Asked) -> NewRun:
    return admissible(caller, asked.body())


def _estimate(here: Here, body: NewRun, owner: str | None) -> Estimate:
    return estimating.estimate(here, planned_for(here, body, owner).spec)


def _told(made: Estimate) -> str:
    unknown = [part.model for part in made.parts if part.sample == 0]
    if unknown:
        return f"Nothing is known of {', '.join(unknown)} yet: no earlier attempt is stored here."
    return f"Estimate: {dollars(made.cost)}, {times(made.seconds)}"
