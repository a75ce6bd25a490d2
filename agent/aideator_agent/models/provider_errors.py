"""LiteLLM's errors in our words. Name and status code identify them, so this module does not import LiteLLM."""

import email.utils
import re
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aideator_agent.models.base import (
    ContextExceeded,
    KeyRefused,
    ModelError,
    ModelUnknown,
    RateLimited,
    Refused,
    ServerFault,
)  # fmt: skip

LONGEST: Final = 600  # characters of a provider's words
PREFIXES: Final = re.compile(r"^(?:(?:litellm\.)?\w*(?:Error|Timeout|Exception)(?: - |: )|litellm\.)+")
LIBRARYS_OWN: Final = re.compile(
    r"\s*(?:Handle with `litellm\.\w+`\.?|LiteLLM Retried: .*|Received Model Group=.*)$", re.DOTALL
)
BY_NAME: Final[Mapping[str, type[ModelError]]] = {
    "ContextWindowExceededError": ContextExceeded,
    "ContentPolicyViolationError": Refused,
    "AuthenticationError": KeyRefused,
    "PermissionDeniedError": KeyRefused,
    "NotFoundError": ModelUnknown,
    "LiteLLMUnknownProvider": ModelUnknown,
}
# What LiteLLM does not know for it, in the words of llama.cpp, vLLM, Ollama, LM Studio, Groq, Gemini, Mistral and others.
OVERFLOW: Final = re.compile(
    r"exceeds? the (?:available |model's )?(?:maximum )?context|exceed_context_size|context (?:length|window|size)(?: was| is)? exceeded"
    r"|longer than the model's context|maximum context length|prompt is too long|input (?:is )?too long|reduce the length of the messages"
    r"|input token count .{0,40}exceeds|too large for model with \d+ maximum context length|overflows? the context",
    re.IGNORECASE,
)
NO_CONNECTION: Final = ("ConnectError", "ConnectTimeout")  # httpx's: what was under way already is another matter
PASSING: Final = (408, 409, 425)  # client errors that may pass


def translated(error: Exception) -> ModelError:
    cause = getattr(error, "original_exception", None)
    if type(error).__name__ == "MidStreamFallbackError" and isinstance(cause, Exception):
        return translated(cause)
    if unreachable := _unreachable(error):
        return ServerFault(unreachable)
    text = LIBRARYS_OWN.sub("", PREFIXES.sub("", str(error))).strip()[:LONGEST] or type(error).__name__
    for kind in type(error).__mro__:
        if kind.__name__ in BY_NAME:
            return BY_NAME[kind.__name__](text)
    if OVERFLOW.search(text):
        return ContextExceeded(text)
    if "LLM Provider NOT provided" in text:
        return ModelUnknown("the provider of this model is not known; a name such as openai/NAME begins with it")
    status = getattr(error, "status_code", None)
    if status == 429:
        return RateLimited(f"the provider limits the rate: {text}", _retry_after(error))
    if isinstance(status, int) and 400 <= status < 500 and status not in PASSING:
        return ModelError(text)
    host = _host(error)
    return ServerFault(f"the provider{f' at {host}' if host else ''} failed: {text}", _retry_after(error))


def _unreachable(error: BaseException) -> str | None:
    """Returns why no connection came about, with the host that was asked. None if there was one."""
    chain = list(_chain(error))
    cause = next((each for each in chain if isinstance(each, OSError)), None)
    host = _host(error)
    if cause is None or host is None or not any(type(each).__name__ in NO_CONNECTION for each in chain):
        return None
    if isinstance(cause, ConnectionRefusedError):
        return f"nothing listens at {host}"
    if isinstance(cause, socket.gaierror):
        return f"the host {host} is not found ({cause.strerror or cause})"
    return f"{host} can't be reached ({cause.strerror or cause})"


def _host(error: BaseException) -> str | None:
    """Returns the host and port of the request that failed, if its library says so. LiteLLM's own errors name one that it invents."""
    for each in _chain(error):
        if type(each).__module__.partition(".")[0] not in ("httpx", "openai"):
            continue
        try:
            return str(each.request.url.netloc.decode("ascii"))  # type: ignore[attr-defined]
        except (AttributeError, RuntimeError, ValueError):
            continue
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()  # libraries raise an error from one that it has caused
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def _retry_after(error: Any) -> float | None:
    """Returns the seconds to wait that the response's headers ask for."""
    answer = getattr(error, "response", None)
    for headers in (getattr(error, "litellm_response_headers", None), getattr(answer, "headers", None)):
        value = headers.get("retry-after") if headers else None
        if value:
            return _seconds(str(value))
    return None


def _seconds(value: str) -> float | None:
    """Parses Retry-After (RFC 9110, 10.2.3): a number of seconds or a date."""
    if re.fullmatch(r"\d+(\.\d+)?", value.strip()):
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
