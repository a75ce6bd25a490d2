"""Passes a request on to the provider, with the key in the token's place."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import aiohttp
from aiohttp import web

from aideator_agent.keys import Redactor
from aideator_agent.program import Wire
from aideator_agent.proxy import wires
from aideator_agent.proxy.answers import ERROR_BYTES, SAID, Answered, Passage, Unreached, asking
from aideator_agent.proxy.counting import Counter
from aideator_agent.proxy.gate import Asked
from aideator_agent.proxy.passing import WithoutUsage
from aideator_agent.proxy.shaping import Shape

COUNTING: Final = "stream_options"
OWN_BYTES: Final = 4 * 1024 * 1024  # of an answer to AIdeator's own request
SET_BY_USER: Final = ("temperature", "max_completion_tokens", "max_output_tokens")  # what has no other name to try


@dataclass
class Provider:
    """The provider, as one client sees it."""

    wire: Wire
    upstream: str
    key: str | None = field(repr=False)
    session: aiohttp.ClientSession
    redactor: Redactor
    shape: Shape
    _refused: frozenset[str] = field(default=frozenset(), init=False)  # fields of ours that it does not take

    def shaped(self, asked: Asked) -> Asked:
        """Returns the request as it goes to the provider, apart from what asks for usage."""
        body, _ = self.shape.shaped(self.wire, asked.route.operation, asked.body, self._refused)
        return asked if body == asked.body else replace(asked, body=body, content=json.dumps(body).encode())

    async def pass_on(self, request: web.BaseRequest, asked: Asked, answered: Answered) -> None:
        """Fills `answered` while the answer passes. Raises `Unreached`, which may be after its beginning was passed on."""
        async with self._accepted(asked, answered) as (answer, begun, counted):
            passage = Passage(request, answer, self.redactor)  # read to its end, to know what it used
            if answer.status >= 400:
                await passage.error(answered, begun)
            else:
                await self._pass_answer(passage, asked, answered, counted=counted)

    async def document(self, asked: Asked, answered: Answered) -> bytes:
        """Fills `answered`. Returns the answer to a request of AIdeator's own, or nothing for an error. Raises `Unreached`."""
        async with self._accepted(asked, answered) as (answer, begun, _):
            answered.status, answered.paid = answer.status, answer.status < 400
            document = bytearray(begun)
            async for piece in answer.content.iter_any():
                document += piece
                if len(document) > OWN_BYTES:
                    raise Unreached(f"the answer has more than {OWN_BYTES // 1024 // 1024} MiB")
        if not answered.paid:
            answered.said = self.redactor.text(document[:SAID].decode(errors="replace")).strip()
            return b""
        counter = Counter(events=False)
        counter.feed(bytes(document))
        answered.count = counter.count()
        return bytes(document)

    @asynccontextmanager
    async def _accepted(
        self, asked: Asked, answered: Answered
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, bytes, bool]]:
        """Yields the answer, what of it was read already, and whether only we want the usage in it. Asks again without what only we want
        if the provider refuses that."""
        while True:
            body, ours = self._wanted(asked)
            content = asked.content if body == asked.body else json.dumps(body).encode()
            async with self._asking(asked, content) as answer:
                begun = await answer.content.read(ERROR_BYTES) if answer.status == 400 and ours else b""
                refused = next((name for name in ours if name.encode() in begun), None)
                if refused is None:
                    yield answer, begun, COUNTING in ours
                    return
            self._refused |= {refused}
            if refused in SET_BY_USER:
                answered.remark = f"The provider refuses {refused}, so the model is asked without it"

    def _wanted(self, asked: Asked) -> tuple[Mapping[str, Any], list[str]]:
        """Returns the body, and the fields of it that only we want."""
        body, ours = self.shape.shaped(self.wire, asked.route.operation, asked.body, self._refused)
        counting = None if COUNTING in self._refused else wires.asking_for_usage(asked.route, body)
        return (body, ours) if counting is None else (counting, [*ours, COUNTING])

    @asynccontextmanager
    async def _asking(self, asked: Asked, content: bytes) -> AsyncIterator[aiohttp.ClientResponse]:
        url = wires.url_of(wires.target(self.wire, self.upstream, asked.route), asked.query)
        headers = {**asked.headers, **({} if self.key is None else wires.key_header(self.wire, self.key))}
        if content:
            headers["content-type"] = "application/json"
        async with asking(self.session, "the provider", asked.method, url, headers, content) as answer:
            yield answer

    async def _pass_answer(self, passage: Passage, asked: Asked, answered: Answered, *, counted: bool) -> None:
        answered.paid = True
        kind = passage.answer.content_type
        streams = asked.body.get("stream") is True and kind != "application/json"
        events = streams or kind == "text/event-stream"
        counter = Counter(events=events)
        await passage.whole(answered, [WithoutUsage()] if counted and events else [], counter)
        answered.count = counter.count()
