"""Counts the tokens of an answer while it passes through: server-sent events or one JSON document, of each API."""

import json
from collections.abc import Mapping
from typing import Any, Final

from aideator_agent.models.base import Usage, priced
from aideator_agent.spec import Price
from aideator_agent.values import frozen

LONGEST: Final = 32 * 1024 * 1024  # bytes of a document or a line that is read
MOST_TOKENS: Final = 10**9  # more than that is no count
# Writing into Anthropic's cache costs more than reading input: a quarter for five minutes, twice the price for an hour.
FIVE_MINUTES: Final = 0.25
ONE_HOUR: Final = 1.0


@frozen
class Count:
    """What the provider says that a request used."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0
    surcharge: float = 0.0  # input tokens to be paid besides

    def usage(self, price: Price | None) -> Usage:
        cost = None
        if price is not None:
            cost = priced(price, self.input, self.output, min(self.cached, self.input)) + self.surcharge * price.input
        return Usage(self.input, self.output, self.cached, self.reasoning, cost)


class Counter:
    """Reads a copy of an answer."""

    def __init__(self, *, events: bool) -> None:
        """`events`: whether the answer is a stream of server-sent events."""
        self._events = events
        self._rest = bytearray()
        self._usage: dict[str, Any] = {}
        self._finished = True  # false after an event that says only what the request has used so far

    def feed(self, piece: bytes) -> None:
        if len(self._rest) + len(piece) > LONGEST:
            self._rest.clear()
            return
        self._rest += piece
        if self._events and b"\n" in piece:
            *lines, rest = bytes(self._rest).split(b"\n")
            self._rest = bytearray(rest)
            for line in lines:
                self._read_line(line)

    def count(self) -> Count | None:
        """Returns None if the answer does not say what it used. Nothing may be fed any more."""
        if self._events:
            self._read_line(bytes(self._rest))
        else:
            self._read(bytes(self._rest))
        self._rest.clear()
        return _count(self._usage) if self._finished else None

    def _read_line(self, line: bytes) -> None:
        name, _, value = line.strip().partition(b":")
        if name == b"data" and b"usage" in value:
            self._read(value)

    def _read(self, text: bytes) -> None:
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return
        for part in document if isinstance(document, list) else [document]:  # Gemini's stream without events is a list
            if isinstance(part, dict):
                self._take(part)

    def _take(self, part: Mapping[str, Any]) -> None:
        places = [part, part.get("message"), part.get("response")]
        for place in places:
            found = place.get("usage") or place.get("usageMetadata") if isinstance(place, dict) else None
            if isinstance(found, dict):
                self._usage |= {name: value for name, value in found.items() if value is not None}
                self._finished = part.get("type") != "message_start"


def _count(usage: Mapping[str, Any]) -> Count | None:
    try:
        if "promptTokenCount" in usage:
            return _gemini(usage)
        if "prompt_tokens" in usage:
            return _openai(usage, "prompt", "completion")
        if "input_tokens" not in usage:
            return None
        if "cache_read_input_tokens" in usage or "cache_creation_input_tokens" in usage:
            return _anthropic(usage)
        return _openai(usage, "input", "output")
    except (TypeError, ValueError):
        return None


def _anthropic(usage: Mapping[str, Any]) -> Count:
    written, cached = (_tokens(usage, f"cache_{name}_input_tokens") for name in ("creation", "read"))
    hour = min(written, _tokens(_part(usage, "cache_creation"), "ephemeral_1h_input_tokens"))
    surcharge = FIVE_MINUTES * (written - hour) + ONE_HOUR * hour
    read = _tokens(usage, "input_tokens") + written + cached
    return Count(read, _tokens(usage, "output_tokens"), cached, surcharge=surcharge)


def _openai(usage: Mapping[str, Any], read: str, written: str) -> Count:
    given, made = _part(usage, f"{read}_tokens_details"), _part(usage, f"{written}_tokens_details")
    return Count(
        _tokens(usage, f"{read}_tokens"),
        _tokens(usage, f"{written}_tokens"),
        _tokens(given, "cached_tokens"),
        _tokens(made, "reasoning_tokens"),
    )


def _gemini(usage: Mapping[str, Any]) -> Count:
    thought = _tokens(usage, "thoughtsTokenCount")
    read = _tokens(usage, "promptTokenCount") + _tokens(usage, "toolUsePromptTokenCount")
    written = _tokens(usage, "candidatesTokenCount") + thought
    return Count(read, written, _tokens(usage, "cachedContentTokenCount"), thought)


def _part(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = usage.get(name)
    return part if isinstance(part, dict) else {}


def _tokens(usage: Mapping[str, Any], name: str) -> int:
    """Raises `ValueError` for what is no number of tokens."""
    value = usage.get(name) or 0
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_TOKENS:
        raise ValueError(f"{name} is no number of tokens")
    return value
