"""The APIs that agents speak to models: their paths, how a key is sent, how an error looks, and what asks for usage."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from aideator_agent.program import Wire
from aideator_agent.values import frozen

LIMIT: Final = 429  # the status of a request that a limit refuses
_VERSION: Final = re.compile(r"v\d+(?:alpha|beta)?\d*")
_NAME: Final = r"[A-Za-z0-9_@:.-]+(?:/[A-Za-z0-9_@:.-]+)*"
_LISTED: Final = rf"models(?:/{_NAME})?"
_OPENAI: Final = r"chat/completions|completions|responses|responses/compact|embeddings"


@frozen
class Route:
    """A path that an agent may ask for."""

    version: str  # of the API, as the agent wrote it; may be empty
    operation: str  # the path after it
    counts: bool  # whether the provider takes money for it
    model: str | None = None  # when the path names it


# wire -> method -> operations that cost money, operations that do not
_PATHS: Final[Mapping[Wire, Mapping[str, tuple[str, str]]]] = {
    "anthropic": {"POST": ("messages", "messages/count_tokens"), "GET": ("", _LISTED)},
    "openai": {"POST": (_OPENAI, ""), "GET": ("", _LISTED)},
    "responses": {"POST": (_OPENAI, ""), "GET": ("", _LISTED)},
    "gemini": {
        "POST": (
            rf"models/(?P<model>{_NAME}):(?:generateContent|streamGenerateContent|embedContent|batchEmbedContents)",
            rf"models/{_NAME}:countTokens",
        ),
        "GET": ("", _LISTED),
    },
}
_STATUS: Final[Mapping[int, tuple[str, str, str]]] = {  # Anthropic's, OpenAI's and Google's words
    400: ("invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
    401: ("authentication_error", "invalid_api_key", "UNAUTHENTICATED"),
    404: ("not_found_error", "not_found", "NOT_FOUND"),
    413: ("request_too_large", "request_too_large", "INVALID_ARGUMENT"),
    LIMIT: ("rate_limit_error", "insufficient_quota", "RESOURCE_EXHAUSTED"),
}
_FAULT: Final = ("api_error", "server_error", "INTERNAL")


def route(wire: Wire, method: str, path: str) -> Route | None:
    """Returns None for what is no path of a model. `path` is as it was sent, without the query."""
    version, _, rest = path.removeprefix("/").partition("/")
    if not _VERSION.fullmatch(version):
        version, rest = "", path.removeprefix("/")
    if any(part.strip(".") == "" for part in rest.split("/")):
        return None
    for pattern, counts in zip(_PATHS[wire].get(method, ()), (True, False), strict=False):
        if pattern and (match := re.fullmatch(pattern, rest)):
            return Route(version, rest, counts, match.groupdict().get("model"))
    return None


def target(wire: Wire, upstream: str, asked: Route) -> SplitResult:
    """Returns the provider's URL of a path. `upstream` may end with the API's version, and an OpenAI-compatible one need not have any."""
    parts = urlsplit(upstream)
    base = parts.path.rstrip("/")
    versioned = _VERSION.fullmatch(base.rpartition("/")[2]) or (base and wire in ("openai", "responses"))
    version = "" if versioned else asked.version or ("v1beta" if wire == "gemini" else "v1")
    path = "/".join(part for part in (base, version, asked.operation) if part)
    return parts._replace(path=path if path.startswith("/") else f"/{path}", fragment="")


def url_of(parts: SplitResult, query: str) -> str:
    return urlunsplit(parts._replace(query="&".join(q for q in (parts.query, query) if q)))


def key_header(wire: Wire, key: str) -> dict[str, str]:
    match wire:
        case "anthropic":
            return {"x-api-key": key}
        case "gemini":
            return {"x-goog-api-key": key}
        case _:
            return {"Authorization": f"Bearer {key}"}


def error(wire: Wire, status: int, message: str) -> bytes:
    """Returns the body of an error as the provider's own would be, so that an agent can read it."""
    anthropic, openai, google = _STATUS.get(status, _FAULT)
    body: dict[str, Any]
    match wire:
        case "anthropic":
            body = {"type": "error", "error": {"type": anthropic, "message": message}}
        case "gemini":
            body = {"error": {"code": status, "message": message, "status": google}}
        case _:
            body = {"error": {"message": message, "type": openai, "code": openai, "param": None}}
    return json.dumps(body).encode()


def asking_for_usage(asked: Route, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns the request with the option that makes the provider count a stream. None: it needs no option, or has it."""
    options = body.get("stream_options") or {}
    if asked.operation not in ("chat/completions", "completions") or body.get("stream") is not True:
        return None
    if not isinstance(options, dict) or options.get("include_usage") is True:
        return None
    return {**body, "stream_options": {**options, "include_usage": True}}


def most_output(body: Mapping[str, Any]) -> int | None:
    """Returns the tokens that the request lets the model write at most, if it says so."""
    google = body.get("generationConfig")
    places = (body, google if isinstance(google, dict) else {})
    names = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens")
    found = [value for place in places for name in names if isinstance(value := place.get(name), int)]
    choices = body.get("n")
    return max(found) * (choices if isinstance(choices, int) and choices > 1 else 1) if found else None
