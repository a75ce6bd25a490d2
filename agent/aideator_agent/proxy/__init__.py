"""The key proxy: gives an agent that is a program of its own a model without giving it the key.

The agent gets an address on 127.0.0.1 and a random token. The proxy checks the token, puts the key in its place, and passes requests to the
provider's host and to a model's paths only. It counts what each request uses and holds the attempt's limits. It needs aiohttp, so import it
only when it is needed.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

import aiohttp

from aideator_agent import confinement
from aideator_agent.emitter import Emitter
from aideator_agent.keys import Redactor
from aideator_agent.program import Wire, name_at_provider
from aideator_agent.proxy.beside import PATH, Beside, Servers
from aideator_agent.proxy.consulting import Consulting
from aideator_agent.proxy.door import Door
from aideator_agent.proxy.forwarding import Provider
from aideator_agent.proxy.ledger import Ledger, check_price
from aideator_agent.proxy.sent import Sent
from aideator_agent.proxy.server import HOST, Server
from aideator_agent.proxy.shaping import Shape
from aideator_agent.proxy.upstream import Upstream
from aideator_agent.spec import Limits, Price
from aideator_agent.team_tool import TeamTool
from aideator_agent.totals import Totals
from aideator_agent.verdict import failed

if TYPE_CHECKING:
    from aideator_agent.search.searcher import Searcher

__all__ = ["Beside", "KeyProxy", "Shape"]

TOKEN_BYTES: Final = 32
AS_ASKED: Final = Shape()
NO_SERVERS: Final[Mapping[str, Beside]] = MappingProxyType({})


class KeyProxy:
    """A context manager; the proxy serves inside of it, in a thread of its own.

    Each request that costs money is a step. It adds to `totals` and emits a `usage` event.
    Raises `Ended` (failed/model) if the key can't be a key, or if there is a limit on the cost and the price is unknown.
    """

    def __init__(
        self, wire: Wire, upstream: str, key: str | None, model: str, price: Price | None, limits: Limits, totals: Totals,
        emitter: Emitter, stop: Callable[[], bool] = lambda: False, servers: Mapping[str, Beside] = NO_SERVERS, *,
        host: str | None = None, withholds: bool = False, shape: Shape = AS_ASKED, only: Sequence[str] | None = None,
        search: "tuple[str, Searcher] | None" = None, team: TeamTool | None = None,
    ) -> None:  # fmt: skip
        """`upstream` is the URL of the provider's API. `model` is the variation's name of the model. Once `stop` returns true, every
        request is refused. `servers` are MCP servers, each at `server_url`. `host` is told as where requests go; `withholds`: whether
        what looks like a secret is taken out of them. `shape`: what of a request the user sets.
        `only`: the hosts that may get the text of a private repository; None: any.
        `search`: the search in the checkout, and the name under which it is an MCP server, too.
        `team`: the questions to other roles, likewise."""
        check_price(limits, price, model)
        _check_hosts(only, [upstream, *(server.url for server in servers.values())])
        self._confined = only is not None
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        self._wire = wire
        self._upstream = upstream
        self._key = _checked(key, model)
        self._model = model
        self._servers = servers
        self._ledger = Ledger(limits, price, totals, emitter, stop)
        self._shape = shape
        self._search = search
        self._team = team
        self._sent = Sent(emitter, host, withholds=withholds)
        self._server = Server(upstream, self._open_door)

    @property
    def url(self) -> str:
        """The proxy's address, without a path."""
        return f"http://{HOST}:{self._server.port}"

    @property
    def trouble(self) -> str:
        """Why the last request got no answer. It is empty if there was none, or if the last one got its answer."""
        return self._ledger.trouble

    def server_url(self, name: str) -> str:
        """Returns the address of an MCP server for the agent, which shows the token there as a bearer."""
        return f"{self.url}{PATH}{name}"

    def check(self) -> None:
        """Raises `Ended` once the attempt has to end: a limit refused a request, or the provider refused the key."""
        if self._ledger.due is not None:
            raise self._ledger.due

    def __enter__(self) -> Self:
        try:
            self._server.start()
        except (OSError, ValueError) as error:
            raise failed("infrastructure", f"the key proxy can't start: {error}") from error
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.close()

    def _open_door(self, session: aiohttp.ClientSession) -> Door:
        redactor = Redactor([self._key] if self._key else [])
        provider = Provider(self._wire, self._upstream, self._key, session, redactor, self._shape)
        upstream = Upstream(provider, self._ledger, self._sent)
        consulting = Consulting(upstream, name_at_provider(self._model))
        servers = Servers(self._servers, session, self.token, consulting, self._search, self._team)
        return Door(upstream, servers, self.token, self._model, confined=self._confined)


def _check_hosts(only: Sequence[str] | None, urls: Iterable[str]) -> None:
    """Raises `Ended` for an address that a private repository's text may not go to."""
    for url in urls:
        if only is not None and not confinement.lists_url(only, url):
            raise failed("repository", confinement.unlisted(urlsplit(url).netloc.rpartition("@")[2]))


def _checked(key: str | None, model: str) -> str | None:
    """Raises `Ended` for what would not stay inside a header."""
    key = (key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise failed("model", f"the key of {model} has characters that no key has; store it again")
    return key or None
