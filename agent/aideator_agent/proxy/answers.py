"""An answer on its way to the agent: what of it goes on, and what becomes of it when either end goes."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp import web

from aideator_agent.keys import Redactor
from aideator_agent.proxy.counting import Count, Counter
from aideator_agent.proxy.passing import Passing, WithoutKey

ANSWER_BYTES: Final = 128 * 1024 * 1024
CONNECT_SECONDS: Final = 30.0
READ_SECONDS: Final = 600.0  # between two pieces of an answer
UNREACHED: Final = 502
ERROR_BYTES: Final = 65536  # of an error that is passed on
KEY_REFUSED: Final = re.compile("API_KEY_INVALID|API key not valid")  # Google's words, with status 400
SAID: Final = 500  # bytes of an error that is told
# Of the connection, and what would lead the agent elsewhere
HELD_BACK: Final = frozenset({
    "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authentication-info", "te", "trailer",
    "transfer-encoding", "upgrade", "content-length", "content-encoding", "set-cookie", "set-cookie2", "alt-svc", "location", "refresh",
    "strict-transport-security", "link", "www-authenticate", "clear-site-data", "server", "date",
})  # fmt: skip


class Unreached(Exception):
    """The provider gave no answer that can be passed on. The text says why."""


@dataclass
class Answered:
    """What came of a request."""

    status: int = UNREACHED
    count: Count | None = None
    paid: bool = False  # whether the provider can have taken money for it
    said: str = ""  # an error's beginning
    lacking: str = ""  # why there is no answer, or not all of it
    remark: str = ""  # what the user should know of the request as it was sent
    response: web.StreamResponse | None = None

    @property
    def trouble(self) -> str:
        """Why there is no answer; empty if there is one."""
        if self.paid:
            return ""
        return self.lacking or f"status {self.status}{f': {self.said}' if self.said else ''}"

    @property
    def refuses_key(self) -> bool:
        return self.status in (401, 403) or (self.status == 400 and bool(KEY_REFUSED.search(self.said)))


@asynccontextmanager
async def asking(
    session: aiohttp.ClientSession, whom: str, method: str, url: str, headers: Mapping[str, str], content: bytes
) -> AsyncIterator[aiohttp.ClientResponse]:
    """Asks a server, `whom` in messages. Raises `Unreached` for what goes wrong, also inside of the context."""
    fault = f"{whom} can't be reached"
    try:
        async with session.request(method, url, headers=headers, data=content or None, allow_redirects=False) as answer:
            fault = f"{whom}'s answer broke off"
            if 300 <= answer.status < 400:
                raise Unreached(f"{whom} answered with status {answer.status}; redirects are not followed")
            yield answer
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise Unreached(f"{fault}: {error or type(error).__name__}") from error


@dataclass
class Passage:
    """From a server to the agent, which may go at any time."""

    request: web.BaseRequest
    answer: aiohttp.ClientResponse
    redactor: Redactor
    reads_on: bool = True  # to the end of the answer, if the agent goes

    async def whole(self, answered: Answered, steps: Sequence[Passing] = (), counter: Counter | None = None) -> None:
        """Passes on the answer, through `steps` and without the key."""
        steps = [*steps, WithoutKey(self.redactor)]
        agent = await self._begun(answered)
        size = 0
        async for piece in self.answer.content.iter_any():
            size += len(piece)
            if size > ANSWER_BYTES:
                raise Unreached(f"the answer has more than {ANSWER_BYTES // 1024 // 1024} MiB")
            if counter is not None:
                counter.feed(piece)
            await agent.write(_through(steps, piece))
            if agent.gone and not self.reads_on:
                return
        await agent.write(_rest(steps))

    async def error(self, answered: Answered, begun: bytes = b"") -> None:
        """Passes on an error, of which nobody needs more than its beginning. `begun` has been read already."""
        while len(begun) < ERROR_BYTES and (piece := await self.answer.content.read(ERROR_BYTES)):
            begun += piece
        text = self.redactor.text(begun.decode("latin-1")).encode("latin-1")
        answered.said = text[:SAID].decode(errors="replace").strip()
        agent = await self._begun(answered)
        await agent.write(text)

    async def _begun(self, answered: Answered) -> "_Agent":
        response = web.StreamResponse(status=self.answer.status)
        for name, value in self.answer.headers.items():
            if name.lower() not in HELD_BACK:
                response.headers.add(name, self.redactor.text(value))
        answered.status, answered.response = self.answer.status, response
        agent = _Agent(self.request, response)
        await agent.begin()
        return agent


class _Agent:
    """The agent's end of a passage."""

    def __init__(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        self._response = response
        self._request = request
        self.gone = False

    async def begin(self) -> None:
        try:
            await self._response.prepare(self._request)
        except ConnectionError:
            self.gone = True

    async def write(self, piece: bytes) -> None:
        if self.gone or not piece:
            return
        try:
            await self._response.write(piece)
        except ConnectionError:
            self.gone = True


def _through(steps: Sequence[Passing], piece: bytes) -> bytes:
    for step in steps:
        piece = step.feed(piece)
    return piece


def _rest(steps: Sequence[Passing]) -> bytes:
    rest = b""
    for step in steps:
        rest = step.feed(rest) + step.flush()
    return rest
