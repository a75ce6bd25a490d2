"""`/mcp`: the tools of `aideator mcp` over HTTP, for whoever shows a token."""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from aideator_cli.actions.here import Here
from aideator_cli.server.access import admitted
from aideator_cli.server.runs import core_of
from aideator_cli.server.streams.hub import Hub
from aideator_cli.store.serving import ServerStore

PATH = "/mcp"


class Endpoint:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        caller = await admitted(request, "read")

        async def check() -> Any:
            return await admitted(request, "read", again=True)

        if caller.shown is not None and not caller.shown.model:
            await core_of(request).read(_mark, caller.shown.id)
        request.state.caller = caller
        request.state.check = check
        request.state.noted = {}
        hub: Hub = request.app.state.hub
        hub.enter(caller.name)  # a call that waits lasts as long as a stream
        try:
            await request.app.state.model_context(scope, receive, send)
        finally:
            hub.leave(caller.name)


def _mark(here: Here, token: str) -> None:
    ServerStore.of(here.store).mark_model(token)


route = Route(PATH, Endpoint(), methods=["POST"], include_in_schema=False)
