"""The server's log as JSON: one object a line, for programs that collect logs. A request's path, query, headers and body are not in it,
because keys and tokens may be there."""

import json
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from aideator_cli.server.access import Caller
from aideator_cli.server.answered import Answered
from aideator_cli.system.clock import now

REQUEST_ID: Final = b"x-request-id"
LONGEST: Final = 8000  # characters of a message or a traceback: some collectors cut longer lines

Write = Callable[[str], None]  # gets one line without its end; any thread may call it


def line(level: str, message: str, **more: Any) -> str:
    return json.dumps({"time": now(), "level": level, "message": message[:LONGEST], **more}, ensure_ascii=True)


@contextmanager
def warnings_to(write: Write) -> Iterator[None]:
    """Within it, every warning and error of this process is a line, also those of the libraries."""
    handler, root = _Lines(write), logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


class _Lines(logging.Handler):
    def __init__(self, write: Write) -> None:
        super().__init__(logging.WARNING)
        self._write = write
        self._plain = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            more = {"logger": record.name}
            if record.exc_info:
                more["traceback"] = self._plain.formatException(record.exc_info)[-LONGEST:]
            self._write(line(record.levelname.lower(), record.getMessage(), **more))
        except Exception:
            self.handleError(record)


class RequestLog:
    """Writes a line when a request has been answered, or a stream has ended, and names it to the caller as `X-Request-Id`."""

    def __init__(self, app: ASGIApp, write: Write) -> None:
        self._app = app
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, request = time.monotonic(), uuid.uuid4().hex
        answered = Answered(send, [(REQUEST_ID, request.encode())])
        try:
            await self._app(scope, receive, answered)
        finally:
            seconds = round(time.monotonic() - began, 6)
            self._write(line("info", "request", request=request, **_of(scope, answered.status), seconds=seconds))


def _of(scope: Scope, status: int) -> dict[str, Any]:
    caller: Caller | None = scope.get("state", {}).get("caller")
    route = getattr(scope.get("route"), "path", None)  # never the path itself: what no route knows may be anything
    return {
        "method": scope["method"] if route else None,
        "route": route,
        "run": scope.get("path_params", {}).get("run") if 200 <= status < 300 else None,  # then there is such a run
        "status": status,
        "caller": caller.name if caller else None,
        "token": caller.token if caller else None,  # its id, as `token list` shows it
        "address": scope["client"][0] if scope.get("client") else None,
    }
