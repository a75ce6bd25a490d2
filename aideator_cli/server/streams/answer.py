"""The HTTP answer that a stream is sent in. It is sent as fast as the reader takes it, and no faster."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Final

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from aideator_cli.errors import AideatorError
from aideator_cli.server.problems import Problem
from aideator_cli.server.streams.events import as_text, frame
from aideator_cli.server.streams.hub import Hub

CHECK_SECONDS: Final = 15.0  # between two looks at whether the reader may read on
Check = Callable[[], Awaitable[None]]

HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would hold events back
}


class StreamAnswer(Response):
    media_type = "text/event-stream"

    def __init__(self, hub: Hub, pieces: AsyncIterator[bytes], check: Check, user: str | None) -> None:
        """`check` raises if the reader may not read on: the token has expired, or was revoked."""
        self._hub = hub
        self._user = user
        self._check = check
        self._stopped: bytes | None = None  # what to send instead of the rest
        self._pieces = pieces
        self.status_code = 200
        self.background = None
        self.init_headers(HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts as an open stream meanwhile. Raises `Problem` if there are too many."""
        self._hub.enter(self._user)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._watch, receive, group.cancel_scope)
                group.start_soon(self._keep_checking, group.cancel_scope, scope["path"])
                await self._send(send)
                group.cancel_scope.cancel()
            if self._stopped is not None:
                await send({"type": "http.response.body", "body": self._stopped, "more_body": False})
        finally:
            self._hub.leave(self._user)

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._pieces) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _keep_checking(self, scope: anyio.CancelScope, path: str) -> None:
        while True:
            await anyio.sleep(CHECK_SECONDS)
            try:
                await self._check()
            except Problem as problem:
                self._stopped = frame("problem", as_text(problem.as_json(path)))
                scope.cancel()
            except AideatorError:  # the database is away, or the run is gone, which the stream itself tells
                continue

    @staticmethod
    async def _watch(receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()
