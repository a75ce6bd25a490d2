"""Passes a request on to the provider, with the key in the token's place."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from aideator_agent.keys import Redactor
from aideator_agent.program import Wire
from aideator_agent.proxy import wires
from aideator_agent.proxy.answers import ERROR_BYTES, Answered, Passage, asking
from aideator_agent.proxy.counting import Counter
from aideator_agent.proxy.gate import Asked
from aideator_agent.proxy.passing import WithoutUsage


@dataclass
class Provider:
    """The provider, as one client sees it."""

    wire: Wire
    upstream: str
    key: str | None = field(repr=False)
    session: aiohttp.ClientSession
    redactor: Redactor
    _refuses_counting: bool = field(default=False, init=False)  # whether it knows the option that asks for usage

    async def pass_on(self, request: web.BaseRequest, asked: Asked, answered: Answered) -> None:
        """Fills `answered` while the answer passes. Raises `Unreached`, which may be after its beginning was passed on."""
        counting = None if self._refuses_counting else wires.asking_for_usage(asked.route, asked.body)
        content = asked.content if counting is None else json.dumps(counting).encode()
        async with self._asking(asked, content) as answer:
            if counting is None or answer.status != 400:
                await self._pass_answer(request, asked, answer, answered, counted=counting is not None)
                return
            said = await answer.content.read(ERROR_BYTES)
            if b"stream_options" not in said:
                await Passage(request, answer, self.redactor).error(answered, said)
                return
        self._refuses_counting = True
        async with self._asking(asked, asked.content) as answer:
            await self._pass_answer(request, asked, answer, answered, counted=False)

    @asynccontextmanager
    async def _asking(self, asked: Asked, content: bytes) -> AsyncIterator[aiohttp.ClientResponse]:
        url = wires.url_of(wires.target(self.wire, self.upstream, asked.route), asked.query)
        headers = {**asked.headers, **({} if self.key is None else wires.key_header(self.wire, self.key))}
        if content:
            headers["content-type"] = "application/json"
        async with asking(self.session, "the provider", asked.method, url, headers, content) as answer:
            yield answer

    async def _pass_answer(
        self, request: web.BaseRequest, asked: Asked, answer: aiohttp.ClientResponse, answered: Answered, *, counted: bool
    ) -> None:  # fmt: skip
        passage = Passage(request, answer, self.redactor)  # read to its end, to know what it used
        if answer.status >= 400:
            await passage.error(answered)
            return
        answered.paid = True
        streams = asked.body.get("stream") is True and answer.content_type != "application/json"
        events = streams or answer.content_type == "text/event-stream"
        counter = Counter(events=events)
        await passage.whole(answered, [WithoutUsage()] if counted and events else [], counter)
        answered.count = counter.count()
