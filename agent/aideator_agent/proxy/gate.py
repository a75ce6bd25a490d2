"""The door: which requests are let in. Everything else is refused here, before it reaches the provider."""

import asyncio
import hmac
import json
from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from aiohttp.web import BaseRequest

from aideator_agent.program import Wire
from aideator_agent.proxy import wires
from aideator_agent.proxy.ledger import Estimate
from aideator_agent.proxy.wires import Route
from aideator_agent.values import frozen

BODY_SECONDS: Final = 60.0
BODY_BYTES: Final = 16 * 1024 * 1024
KEY_HEADERS: Final = ("x-api-key", "x-goog-api-key", "api-key")
KEY_QUERY: Final = ("key", "api_key", "api-key", "access_token")
# Fields that change the price of a token, with the values that do not raise it
USUAL: Final[Mapping[str, tuple[object, ...]]] = {
    "service_tier": (None, "auto", "default", "standard_only", "flex"),
    "speed": (None, "standard"),
    "models": (None,),  # OpenRouter's other models, which it may take instead
    "fallbacks": (None,),  # the same of a LiteLLM gateway
    "plugins": (None,),
}
# Of the connection, of other ways to say who one is or who pays, and what the proxy sets itself
HELD_BACK: Final = frozenset({
    *KEY_HEADERS, "authorization", "proxy-authorization", "proxy-connection", "proxy-authenticate", "cookie", "host", "connection",
    "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "expect", "content-length", "content-encoding", "content-type",
    "accept-encoding", "forwarded", "via", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url",
    "openai-organization", "openai-project", "x-goog-user-project",
})  # fmt: skip
HELD_BACK_BEGINNINGS: Final = ("x-forwarded-", "sec-", "x-amz-")


class Refusal(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@frozen
class Asked:
    """A request that may go to the provider."""

    method: str
    route: Route
    query: str
    headers: Mapping[str, str]
    content: bytes
    body: Mapping[str, Any]  # the same, parsed; empty without content

    @property
    def model(self) -> str:
        return self.route.model or str(self.body.get("model", ""))

    @property
    def priced_apart(self) -> str:
        """Returns the field that changes the price of a token, as `NAME=VALUE`; empty if there is none."""
        return next((f"{name}={self.body[name]}"[:100] for name in USUAL if self.body.get(name) not in USUAL[name]), "")

    @property
    def estimate(self) -> Estimate:
        return Estimate(len(self.content), wires.most_output(self.body))


def admit(request: BaseRequest, token: str, hosts: Collection[str]) -> str:
    """Returns the path of a request that comes from this attempt. Raises `Refusal`."""
    if not request.raw_path.startswith("/"):
        raise Refusal(400, "this is no proxy for other hosts")
    if "upgrade" in request.headers:
        raise Refusal(
            400,
            "WebSocket and other protocols are not passed on, since nobody could count in them; use plain HTTP requests",
        )
    if request.headers.getall("host", []) not in [[host] for host in hosts]:
        raise Refusal(400, "the request names another host")
    if not _shows(request, token):
        raise Refusal(401, "the request does not show this attempt's token")
    return request.raw_path.partition("?")[0]


def route(request: BaseRequest, wire: Wire, path: str) -> Route:
    """Raises `Refusal` for what is no path of a model."""
    found = wires.route(wire, request.method, path)
    if found is None:
        raise Refusal(404, f"{request.method} {path[:200]} is not among the paths of a model, so it is not passed on")
    return found


async def content(request: BaseRequest) -> bytes:
    """Returns the body. Raises `Refusal` for a long one, `TimeoutError`, or what reading raises."""
    if request.headers.get("expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = bytearray()
    if request.can_read_body:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > BODY_BYTES:
                    raise Refusal(413, f"the request has more than {BODY_BYTES // 1024 // 1024} MiB")
    return bytes(body)


async def read(request: BaseRequest, route: Route, token: str) -> Asked:
    """Reads the body. Raises `Refusal`, or what reading raises."""
    body = await content(request)
    query = parse_qsl(request.raw_path.partition("?")[2], keep_blank_values=True)
    kept = [(name, value) for name, value in query if name.lower() not in KEY_QUERY and token not in value]
    parsed = _parsed(body) if request.method == "POST" else {}
    return Asked(request.method, route, urlencode(kept), headers(request, token), body, parsed)


def headers(request: BaseRequest, token: str) -> dict[str, str]:
    """Returns the headers that go on. One that `Connection` names is of the connection, too."""
    named = {name.strip().lower() for value in request.headers.getall("connection", []) for name in value.split(",")}
    kept: dict[str, str] = {}
    for name, value in request.headers.items():
        small = name.lower()
        if small in HELD_BACK or small in named or small.startswith(HELD_BACK_BEGINNINGS) or token in value:
            continue
        kept[small] = f"{kept[small]}, {value}" if small in kept else value
    return {**kept, "accept-encoding": "identity"}


def _shows(request: BaseRequest, token: str) -> bool:
    shown = [request.headers[name] for name in KEY_HEADERS if name in request.headers]
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        shown.append(bearer.strip())
    shown += [value for name, value in parse_qsl(request.raw_path.partition("?")[2]) if name == "key"]
    return any([hmac.compare_digest(value.encode(errors="replace"), token.encode()) for value in shown])  # noqa: C419 -- all


def _parsed(content: bytes) -> dict[str, Any]:
    """Raises `Refusal`. A name that comes twice is refused: the provider might read the other one."""
    twice: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        part = dict(pairs)
        if len(part) != len(pairs):
            twice.append(next(iter(part)))
        return part

    try:
        body = json.loads(content.decode("utf-8"), object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "the request is not JSON in UTF-8") from error
    if not isinstance(body, dict):
        raise Refusal(400, "the request is not a JSON object")
    if body.get("background"):
        raise Refusal(400, "nobody counts a request that runs in the background")
    if twice or len({name.lower() for name in body}) != len(body):
        raise Refusal(400, "the request names a field twice")
    return body
