"""The proxy's door: what comes of each request."""

import asyncio
import traceback
from typing import Final

import aiohttp
from aiohttp import web

from aideator_agent import confinement
from aideator_agent.proxy import gate, wires
from aideator_agent.proxy.answers import UNREACHED, Answered, Unreached
from aideator_agent.proxy.beside import PATH, Servers
from aideator_agent.proxy.gate import Asked, Refusal
from aideator_agent.proxy.ledger import LimitReached
from aideator_agent.proxy.upstream import Upstream

AT_ONCE: Final = 16  # requests whose bodies are in memory
ROUTED: Final = (  # where a gateway may send it
    "models", "fallbacks", "context_window_fallbacks", "content_policy_fallbacks", "context_window_fallback_dict", "route", "provider",
    "plugins", "api_base", "base_url", "user_config", "model_list",
)  # fmt: skip
TOLD: Final = 20  # refusals and errors that are told


class Door:
    """Answers requests: those of this attempt's agent with what the provider says, all others with an error."""

    def __init__(
        self, upstream: Upstream, servers: Servers, token: str, model: str, *, confined: bool = False
    ) -> None:  # fmt: skip
        """`confined`: the repository is private, so that no other model may get its text."""
        self.hosts: tuple[str, ...] = ()
        self._upstream = upstream
        self._provider = upstream.provider
        self._ledger = upstream.ledger
        self._servers = servers
        self._token = token
        self._model = model
        self._confined = confined
        self._told: set[str] = set()
        self._at_once = asyncio.Semaphore(AT_ONCE)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            path = gate.admit(request, self._token, self.hosts)
            if path.startswith(PATH):
                return await self._answer_beside(request, path)
            route = gate.route(request, self._provider.wire, path)
            async with self._at_once:
                return await self._pass_on(request, await gate.read(request, route, self._token))
        except Refusal as refusal:
            self._tell_once(f"The key proxy refused a request: {refusal.message}.")
            return self._error(refusal.status, refusal.message)
        except LimitReached as reached:
            return self._error(wires.LIMIT, f"{reached}. Stop working; what you have done so far is kept.")
        except (web.RequestPayloadError, aiohttp.ClientPayloadError, TimeoutError):
            return self._error(400, "the request did not arrive whole")
        except ConnectionError:
            raise  # the agent has gone
        except Exception:
            self._ledger.tell("error", traceback.format_exc())
            return self._error(500, "the key proxy failed")

    async def close(self) -> None:
        """Ends what waits inside. What is at the provider is counted, though nobody hears what it used."""
        self._upstream.closing = True
        await self._servers.close()

    async def _answer_beside(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        answered = Answered()
        try:
            await self._servers.pass_on(request, path, answered)
        except Unreached as error:
            answered.lacking = str(error)
            self._tell_once(f"A request to an MCP server failed: {error}.")
        return self._response(request, answered)

    async def _pass_on(self, request: web.BaseRequest, asked: Asked) -> web.StreamResponse:
        self._ledger.refuse()
        known = _is_model(self._model, asked.model) and not asked.priced_apart
        answered = Answered()
        asked = self._upstream.looked(asked)
        if self._confined:
            self._check_only(asked)
        if not asked.route.counts:
            await self._ask(request, asked, answered)
            return self._response(request, answered)
        if not known:
            self._check_other(asked)
        async with self._upstream.counted(asked, answered, lambda: request.transport is not None, known_price=known):
            await self._ask(request, asked, answered)
        return self._response(request, answered)

    async def _ask(self, request: web.BaseRequest, asked: Asked, answered: Answered) -> None:
        try:
            await self._provider.pass_on(request, asked, answered)
        except Unreached as error:
            answered.lacking = str(error)
            self._tell_once(f"A request to the model failed: {error}.")
        if answered.remark:
            self._tell_once(f"{answered.remark}.")
        if answered.said:
            self._tell_once(f"The provider answered with status {answered.status}: {answered.said}")

    def _response(self, request: web.BaseRequest, answered: Answered) -> web.StreamResponse:
        if answered.response is None:
            return self._error(UNREACHED, answered.lacking)
        if answered.lacking and request.transport is not None:
            request.transport.abort()  # the agent must see that it has not got all
        return answered.response

    def _check_other(self, asked: Asked) -> None:
        """What has another price than the variation's model is let through, unless the price matters."""
        what = f"{asked.model[:100]} with {asked.priced_apart}" if asked.priced_apart else asked.model[:100]
        if self._ledger.bounded:
            raise Refusal(
                400,
                f"only the usual price of {self._model} is known, and there is a limit on the cost, so {what} can't be asked",
            )
        self._tell_once(f"The agent asks {what}; what that costs is unknown.")

    def _check_only(self, asked: Asked) -> None:
        """Other models, and a gateway's choice of them, may be answered by other hosts. Raises `Refusal`."""
        other = next((name for name in ROUTED if asked.body.get(name) is not None), "")
        if other or (asked.model and not _is_model(self._model, asked.model)):
            what = f"the field {other}" if other else f"the model {asked.model[:100]}"
            raise Refusal(403, f"{confinement.WHY}, so only {self._model} may be asked, and not with {what}")

    def _error(self, status: int, message: str) -> web.Response:
        body = wires.error(
            self._provider.wire, status, f"{self._provider.redactor.text(message)} (AIdeator's key proxy)"
        )
        retry = {} if status >= 500 else {"x-should-retry": "false"}
        response = web.Response(status=status, body=body, content_type="application/json", headers=retry)
        response.force_close()
        return response

    def _tell_once(self, text: str) -> None:
        if text not in self._told and len(self._told) < TOLD:
            self._told.add(text)
            self._ledger.tell("warning", text)


def _is_model(model: str, name: str) -> bool:
    """Whether an agent's name of a model is the variation's, which begins with LiteLLM's provider."""
    return bool(name) and (model == name or model.endswith(f"/{name}"))
