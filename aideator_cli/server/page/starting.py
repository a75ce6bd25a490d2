"""A form that starts something: shown, changed by a row, estimated, and sent once."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from aideator_agent.values import frozen
from aideator_cli.actions import places
from aideator_cli.actions.here import Here
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake.request import Where
from aideator_cli.server.access import Caller
from aideator_cli.server.once import Key, key_of
from aideator_cli.server.page import frame, ordering
from aideator_cli.server.page.forms import Form, posted
from aideator_cli.server.page.ordering import Filled, Offer
from aideator_cli.server.problems import of_error
from aideator_cli.server.runs import core_of, followers_of

OLD: Final = usage(
    "the server was upgraded since this page was loaded, so nothing was started", "look the form over, and start again"
)
_Asked = TypeVar("_Asked", bound=Filled)


@frozen
class Starter(Generic[_Asked]):
    """What a form starts, and how. The functions raise `AideatorError` for what can't be started."""

    screen: str
    path: str  # of all that was started so
    mark: bytes  # before a request's body in the digest of its key: what starts something else is another request
    newest: Callable[[Offer], _Asked]  # the form as it begins
    read: Callable[[Form], _Asked]
    values: Callable[
        [Offer, _Asked, bool], dict[str, Any]
    ]  # what the form shows; whether agents would be processes here
    estimate: Callable[[Here, Caller, _Asked], str]  # in words
    start: Callable[[Here, Caller, _Asked, Key | None], str]  # returns the id


async def blank(request: Request, caller: Caller, starter: Starter[_Asked]) -> Response:
    offered, local = await core_of(request).read(_offer, caller.sees)
    return _form(request, caller, starter, offered, starter.newest(offered), local=local)


async def begun(request: Request, caller: Caller, starter: Starter[_Asked]) -> Response:
    """Sends the browser to what was started, or shows the form again."""
    form, core = await posted(request, old=True), core_of(request)
    asked = starter.read(form)
    if not caller.owns_machine:
        asked = replace(asked, shell=False)
    row, told = form.text("row"), ""
    wrong: AideatorError | None = None
    if row:
        asked = asked.with_row(row)
    elif form.is_old:
        wrong = OLD
    else:
        try:
            if form.text("do") == "estimate":
                async with core.turn(caller.name):
                    told = await core.act(starter.estimate, caller, asked)
            else:
                key = key_of(caller.name, form.text("key") or None, starter.mark + await request.body())
                async with core.turn(caller.name):
                    started = await core.act(starter.start, caller, asked, key)
                request.state.target = started
                followers_of(request).look()
                return RedirectResponse(f"{frame.root(request)}/{starter.path}/{started}", HTTPStatus.SEE_OTHER)
        except AideatorError as error:
            wrong = error
    offered, local = await core.read(_offer, caller.sees)
    return _form(request, caller, starter, offered, asked, local=local, estimate=told, wrong=wrong)


def _form(
    request: Request,
    caller: Caller,
    starter: Starter[_Asked],
    offered: Offer,
    asked: _Asked,
    *,
    local: bool,
    estimate: str = "",
    wrong: AideatorError | None = None,
) -> Response:
    values = {
        **starter.values(offered, asked, local and caller.owns_machine),
        "key": secrets.token_hex(16),  # of this form: whoever posts it twice starts one
        "estimate": estimate,
        "wrong": None if wrong is None else of_error(wrong).told(),
    }
    status = HTTPStatus.OK if wrong is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return frame.screen(request, starter.screen, values, here=starter.screen, status=status.value)


def _offer(here: Here, owner: str | None) -> tuple[Offer, bool]:
    """What the form offers, and whether agents would be processes on this machine."""
    try:
        local = places.choose(Where(), here.settings).name == "local"
    except AideatorError:  # it is told when somebody starts something
        local = False
    return ordering.offer(here, owner), local
