"""MCP servers at the proxy's address: those of the user's that are reached by HTTP, and AIdeator's own tools.

To a server of the user's the proxy sends the headers. One of them holds a token as a rule, so it is kept where the key is kept.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import field
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp import web

from aideator_agent.keys import Redactor
from aideator_agent.mcp.offer import Arguments, Called, Offer, Wrong
from aideator_agent.proxy import gate
from aideator_agent.proxy.answers import Answered, Passage, asking
from aideator_agent.proxy.gate import Refusal
from aideator_agent.search import offer
from aideator_agent.team_tool import Consultant, TeamTool
from aideator_agent.values import frozen

if TYPE_CHECKING:
    from aideator_agent.search.searcher import Searcher

PATH: Final = "/mcp/"
METHODS: Final = ("POST", "GET", "DELETE")  # those of streamable HTTP
LARGE: Final = 64 * 1024  # bytes of a body; smaller ones do not wait, so that one that cancels a call is never held up
LARGE_AT_ONCE: Final = 8
OPEN: Final = frozenset({"accept", "content-type", "user-agent", "mcp-protocol-version"})  # headers that hold no secret

Answering = Callable[[Arguments], Awaitable[str]]  # raises `Wrong`


@frozen
class Beside:
    """A server, and the headers that it gets besides the agent's own."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@frozen
class Servers:
    by_name: Mapping[str, Beside]
    session: aiohttp.ClientSession
    token: str
    consultant: Consultant
    search: "tuple[str, Searcher] | None" = None
    team: TeamTool | None = None
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LARGE_AT_ONCE))

    async def pass_on(self, request: web.BaseRequest, path: str, answered: Answered) -> None:
        """Fills `answered` while the answer passes. Raises `Refusal`, or `Unreached`."""
        name = path.removeprefix(PATH)
        own = self._own(name, request)
        if own is not None:
            answered.response = await self._called(request, name, *own)
            return
        server = self.by_name.get(name)
        if server is None or request.method not in METHODS:
            raise Refusal(404, f"{request.method} {path[:200]} is no MCP server of this run")
        headers = gate.headers(request, self.token) | {name.lower(): value for name, value in server.headers.items()}
        words = [word for name, value in server.headers.items() if name.lower() not in OPEN for word in value.split()]
        async with self._content(request) as content:
            if content:
                headers["content-type"] = "application/json"
            async with asking(
                self.session, f"the MCP server {name}", request.method, server.url, headers, content
            ) as answer:
                passage = Passage(request, answer, Redactor(words), reads_on=False)
                await (passage.whole(answered) if answer.status < 400 else passage.error(answered))

    async def close(self) -> None:
        """Ends what waits."""
        if self.team is not None:
            await self.team.close()

    def _own(self, name: str, request: web.BaseRequest) -> tuple[Offer, Answering] | None:
        """Returns the tool of AIdeator's that is served under this name, and who answers it."""
        if self.search is not None and name == self.search[0]:
            searcher = self.search[1]
            return offer.OFFER, lambda given: asyncio.to_thread(searcher.answer, **given)
        if self.team is not None and name == self.team.server:
            team = self.team
            return team.offer, lambda given: team.answer(given, self.consultant, lambda: request.transport is not None)
        return None

    @asynccontextmanager
    async def _content(self, request: web.BaseRequest) -> AsyncIterator[bytes]:
        """Yields the body. Of large ones, few are in memory: the others wait until it is no longer needed."""
        if request.can_read_body and (request.content_length is None or request.content_length > LARGE):
            async with self.room:
                yield await gate.content(request)
        else:
            yield await gate.content(request)

    async def _called(self, request: web.BaseRequest, name: str, tool: Offer, answering: Answering) -> web.Response:
        """Answers a message to a tool as streamable HTTP has it: in JSON, without a session and without a stream of its own."""
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        try:
            async with self._content(request) as content:
                message = json.loads(content)
                del content
        except (ValueError, RecursionError) as error:
            raise Refusal(400, f"the message to {name} is not JSON") from error
        id_ = message.get("id") if isinstance(message, dict) else None
        try:
            heard = tool.heard(message)
            del message  # it may be large, and the answer may take long
            answer = tool.result(heard.id, await answering(heard.arguments)) if isinstance(heard, Called) else heard
        except Wrong as wrong:
            answer = tool.result(id_, str(wrong), failed=True)
        return web.json_response(answer) if answer is not None else web.Response(status=202)
