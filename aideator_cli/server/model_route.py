"""`/mcp`: the tools of `aideator mcp` over HTTP, for whoever shows a token."""

from typing import Any

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from aideator_cli.server.access import admitted

PATH = "/mcp"


class Endpoint:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        caller = await admitted(request, "read")

        async def check() -> Any:
            return await admitted(request, "read")

        request.state.caller = caller
        request.state.check = check
        request.state.noted = {}
        await request.app.state.model_context(scope, receive, send)


route = Route(PATH, Endpoint(), methods=["GET", "POST", "DELETE"], include_in_schema=False)
