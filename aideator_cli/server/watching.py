"""The route of a run's events."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from aideator_cli.actions.here import Here
from aideator_cli.server.answers import stream_answer
from aideator_cli.server.described import other
from aideator_cli.server.naming import named
from aideator_cli.server.runs import Reading, RunId, core_of, followers_of
from aideator_cli.server.streams.events import Events
from aideator_cli.server.streams.hub import Hub
from aideator_cli.server.streams.pieces import View
from aideator_cli.server.streams.position import BEGINNING, parse

router = APIRouter(prefix="/api/v1", tags=["events"])
Resumed = Annotated[
    str | None, Header(alias="Last-Event-ID", description="The last id that you got; a browser sends it.")
]


@router.get(
    "/runs/{run}/events",
    summary="What happens in a run, as server-sent events, until it has ended",
    responses=other("text/event-stream", "events named after the kind of their object"),
)
async def events(
    request: Request,
    _caller: Reading,
    run: RunId,
    last: Resumed = None,
    begin: Annotated[
        str | None, Query(alias="from", description="As Last-Event-ID, which counts if both are there.")
    ] = None,
    variation: Annotated[int | None, Query(ge=1, description="Only this one's. Default: all variations'.")] = None,
) -> Response:
    return await stream(request, run, Events(run), last or begin, variation)


async def stream(request: Request, run: str, view: View, after: str | None, variation: int | None = None) -> Response:
    """Answers 204 to a browser that comes back after the end: it then stays away."""
    hub: Hub = request.app.state.hub
    hub.check(request.state.caller.name)  # whoever is refused costs no look at the store
    position, ended = parse(run, after) if after else (BEGINNING, False)
    state = await core_of(request).read(_state, run, variation)
    if ended and state == "ended":
        return Response(status_code=204)
    if state != "ended":
        followers_of(request).look()
    return stream_answer(request, hub.stream(run, view, variation, position))


def _state(here: Here, run: str, variation: int | None) -> str:
    return named(here, run, variation).run.state
