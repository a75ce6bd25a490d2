"""The routes of webhooks: where a user wants to be told of their runs."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from aideator_cli.actions.here import Here
from aideator_cli.actions.webhooks import book
from aideator_cli.actions.webhooks.here import tested
from aideator_cli.server.acts import Acting
from aideator_cli.server.bodies import Body
from aideator_cli.server.described import one, several
from aideator_cli.server.problems import Problem
from aideator_cli.server.runs import Reading, core_of
from aideator_cli.server.webhooks import Deliverer

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])
Id = Annotated[str, Path(pattern="^[a-z0-9_]{1,64}$")]
CREATED: Final = HTTPStatus.CREATED


class NewWebhook(Body):
    """Where to send what happens in your runs."""

    url: str = Field(
        min_length=1,
        max_length=2000,
        description="https. With the scope admin also http, and inside the network.",
    )
    events: list[str] = Field(default=[], max_length=20, description=f"Of {', '.join(book.KINDS)}. Default: all.")
    everybody: bool = Field(default=False, description="Be told of everybody's runs. Needs the scope admin.")


class Rotating(Body):
    """What becomes of the secret before."""

    kept_seconds: float = Field(
        default=book.KEPT_SECONDS, ge=0, le=book.LONGEST_KEPT, description="For which it signs, too. 0: no longer."
    )


@router.post(
    "", status_code=CREATED, summary="Add a webhook; its secret is shown once", responses=one("Webhook", status=201)
)
async def add(request: Request, caller: Acting, body: NewWebhook) -> Response:
    everybody = body.everybody or caller.name is None
    if everybody and not caller.owns_machine:
        text = "this token may not do that: everybody's runs need the scope admin"
        raise Problem(HTTPStatus.FORBIDDEN, text, "leave out everybody")
    owner = book.EVERYBODY if everybody else caller.name or book.EVERYBODY
    order = book.Order(body.url, body.events, owner, private=caller.owns_machine)
    return JSONResponse(await core_of(request).act(_add, order), CREATED)


@router.get("", summary="Your webhooks, without their secrets", responses=several("webhooks", "Webhook"))
async def listed(request: Request, caller: Reading) -> Response:
    return JSONResponse(await core_of(request).read(_listed, caller.sees))


@router.post(
    "/{id}/rotate",
    summary="Give a webhook a new secret, which is shown once; the one before signs, too, for a while",
    responses=one("Webhook"),
)
async def rotate(request: Request, caller: Acting, id: Id, body: Rotating | None = None) -> Response:  # noqa: A002
    kept = (body or Rotating()).kept_seconds
    return JSONResponse(await core_of(request).act(_rotate, id, caller.sees, kept))


@router.delete("/{id}", status_code=HTTPStatus.NO_CONTENT, summary="Remove a webhook, and what waits for it")
async def remove(request: Request, caller: Acting, id: Id) -> Response:  # noqa: A002 -- of the path
    await core_of(request).act(book.remove, id, caller.sees)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/{id}/test", summary="Send it a test message now", responses=one("Tested"))
async def test(request: Request, caller: Acting, id: Id) -> Response:  # noqa: A002
    async with core_of(request).turn(caller.name):
        return JSONResponse(await core_of(request).act(tested, id, caller.sees))


@router.get(
    "/dead", summary="Messages that nobody accepted, newest first", responses=several("messages", "DeadMessage")
)
async def dead(request: Request, caller: Reading) -> Response:
    return JSONResponse(await core_of(request).read(_dead, caller.sees))


@router.post("/dead/{id}/send", status_code=HTTPStatus.ACCEPTED, summary="Send a message again that was given up")
async def resend(request: Request, caller: Acting, id: Id) -> Response:  # noqa: A002
    await core_of(request).act(book.resend, id, caller.sees)
    deliverer: Deliverer = request.app.state.deliverer
    deliverer.look()
    return Response(status_code=HTTPStatus.ACCEPTED)


def _add(here: Here, order: book.Order) -> dict[str, Any]:
    return book.record(book.add(here, order), secret=True)


def _rotate(here: Here, id_: str, owner: str | None, kept_seconds: float) -> dict[str, Any]:
    return book.record(book.rotate(here, id_, owner, kept_seconds), secret=True)


def _listed(here: Here, owner: str | None) -> dict[str, Any]:
    return {"webhooks": [book.record(hook) for hook in book.listed(here, owner)]}


def _dead(here: Here, owner: str | None) -> dict[str, Any]:
    return {"messages": [book.dead_record(each) for each in book.dead(here, owner)]}
