"""`/mcp`: the tools of `aideator mcp` over HTTP, for whoever shows a token."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from aideator_cli.actions.here import Here
from aideator_cli.server.access import admitted
from aideator_cli.server.offers import Work
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


class ModelContext:
    """Answers calls of the protocol. Its package takes as long to load as all else of a server, so the first call loads it.

    If it can't be loaded, the callers that wait for it are told, and the next one tries again.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._closed = asyncio.Event()
        self._application: asyncio.Future[ASGIApp] | None = None
        self._serving: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._application is None:
            self._application = asyncio.get_running_loop().create_future()
            self._serving = asyncio.create_task(self._serve(self._application))
        application = await asyncio.shield(self._application)  # a caller that goes takes it from no other
        await application(scope, receive, send)

    async def aclose(self) -> None:
        self._closed.set()
        if self._serving is not None:
            await self._serving

    async def _serve(self, loaded: asyncio.Future[ASGIApp]) -> None:
        try:
            async with await asyncio.to_thread(_load, self._work) as application:
                loaded.set_result(application)
                await self._closed.wait()
        except Exception as error:
            if loaded.done():
                raise
            self._application = None
            loaded.set_exception(error)


def _load(work: Work) -> AbstractAsyncContextManager[ASGIApp]:
    from aideator_cli.server.model_context import served

    return served(work)


def _mark(here: Here, token: str) -> None:
    ServerStore.of(here.store).mark_model(token)


route = Route(PATH, Endpoint(), methods=["POST"], include_in_schema=False)
