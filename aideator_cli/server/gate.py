"""What every request passes first: its host, where it comes from, and its size."""

import asyncio
import re
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aideator_cli.server.problems import Problem

LARGEST_BODY: Final = 1024 * 1024  # bytes
BODY_SECONDS: Final = 60.0  # for all of it: a client that sends it byte by byte would hold a request open
LARGEST_UPLOAD: Final = 16 * 1024 * 1024
UPLOAD_SECONDS: Final = 300.0
UPLOADS: Final = "/api/v1/uploads/"
STREAM: Final = "application/octet-stream"
FORM: Final = "application/x-www-form-urlencoded"
SAFE: Final = ("GET", "HEAD", "OPTIONS")
NOSNIFF: Final = (b"x-content-type-options", b"nosniff")
LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")


class Gate:
    """`hosts`: the only names by which the server may be called, or None for any. Without users, any page that the user's browser shows
    could otherwise start agents: by a name that points to this machine, or by a form."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...] | None) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        send = _as_typed(send)
        body = _Measured(receive, send, is_upload=_is_upload(scope))
        problem: Problem | None
        try:
            self._check(scope, headers)
            await self._app(scope, body.receive, body.send)
            problem = body.problem
        except Problem as error:
            problem = error
        if problem is not None and not body.is_answered:
            await problem.response(scope["path"])(scope, receive, send)

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        if self._hosts is not None and re.sub(r":\d+$", "", host) not in self._hosts:
            text = f"this server does not answer to the name {host!r}"
            raise Problem(HTTPStatus.MISDIRECTED_REQUEST, text, f"call it {' or '.join(self._hosts)}")
        if scope["method"] in SAFE:
            return
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            text = f"a page of {origin} may not change anything here"
            raise Problem(HTTPStatus.FORBIDDEN, text, "call the API from a program, or from this server's own page")
        length = headers.get("content-length", "")
        is_upload = _is_upload(scope)
        if length.isdecimal() and int(length) > (LARGEST_UPLOAD if is_upload else LARGEST_BODY):
            raise _too_large(is_upload=is_upload)
        has_body = length not in ("", "0") or "transfer-encoding" in headers
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == FORM and origin is not None:  # of a page of this server, as was found above
            return
        if is_upload and kind == STREAM:
            return
        if has_body and kind != "application/json":
            text = f"a body has to be JSON, not {kind or 'without a type'}"
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, text, "send the header Content-Type: application/json")


def _is_upload(scope: Scope) -> bool:
    return bool(scope["method"] == "PUT" and scope["path"].startswith(UPLOADS))


def _as_typed(send: Send) -> Send:
    """Sends on. A browser takes no answer for anything but what its type says: agents may have written it."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [each for each in message.get("headers", ()) if each[0].lower() != NOSNIFF[0]]
            message = {**message, "headers": [*headers, NOSNIFF]}
        await send(message)

    return sent


class _Measured:
    """What is wrong with a body is answered whatever the application makes of it: FastAPI takes any error for a body that it can't read."""

    def __init__(self, receive: Receive, send: Send, *, is_upload: bool) -> None:
        self.problem: Problem | None = None
        self.is_answered = False
        self._receive = receive
        self._send = send
        self._size = 0
        self._is_whole = False
        self._is_upload = is_upload
        self._seconds = UPLOAD_SECONDS if is_upload else BODY_SECONDS
        self._deadline = asyncio.get_running_loop().time() + self._seconds

    async def receive(self) -> Message:
        try:
            async with asyncio.timeout_at(None if self._is_whole else self._deadline):
                message = await self._receive()
        except TimeoutError:
            text = f"the body did not come within {self._seconds:.0f} s"
            self.problem = Problem(HTTPStatus.REQUEST_TIMEOUT, text, "send it again", headers={"Connection": "close"})
            raise self.problem from None
        self._size += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._size > (LARGEST_UPLOAD if self._is_upload else LARGEST_BODY):
            self.problem = _too_large(is_upload=self._is_upload)
            raise self.problem
        return message

    async def send(self, message: Message) -> None:
        if self.problem is None or self.is_answered:
            self.is_answered = True
            await self._send(message)


def _too_large(*, is_upload: bool) -> Problem:
    if is_upload:
        text = f"what is sent with a run is at most {LARGEST_UPLOAD // 2**20} MiB"
        hint = "push the commits to a remote that the agents can clone"
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text, hint)
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"a body takes at most {LARGEST_BODY // 1024} KiB",
        "say in the prompt where the agents find the rest",
    )
