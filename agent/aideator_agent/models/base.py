"""What the loop knows of a model: turns that arrive in pieces, and what can go wrong with them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aideator_agent.spec import Price

Message = dict[str, Any]  # as OpenAI's chat API has them
DEEPEST: Final = 32  # levels of a call's arguments


@dataclass(frozen=True)
class Say:
    text: str


@dataclass(frozen=True)
class Think:
    text: str


@dataclass(frozen=True)
class Call:
    id: str  # the provider's; may be long, since some keep signed thoughts in it
    tool: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Usage:
    """Tokens of one turn; `input` counts all that was read, `cached` what of it came from the provider's cache."""

    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0
    cost: float | None = None  # USD; None: the price is unknown


@dataclass(frozen=True)
class Turn:
    """The last piece: the turn as a whole, and the message that stands for it in what follows."""

    text: str
    calls: tuple[Call, ...]
    usage: Usage
    message: Message


Piece = Say | Think | Turn


class Model(Protocol):
    def turn(self, messages: Sequence[Message], tools: Sequence[Message]) -> Iterator[Piece]:
        """One turn, its `Turn` last. Raises `ModelError`, or `Ended` as soon as the agent is to stop."""


class ModelError(Exception):
    """The model's provider did not give a turn; the text says why."""


class PassingFault(ModelError):
    """Asking again may help."""

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after  # seconds, when the provider named them


class RateLimited(PassingFault):
    """Too many requests or tokens."""


class ServerFault(PassingFault):
    """5xx, a broken connection, no answer in time."""


class CutTurn(PassingFault):
    """The turn came, but not whole: no end, half a call, nothing at all."""


class ContextExceeded(ModelError):
    """The conversation has outgrown the model's context window."""


class Refused(ModelError):
    """The provider's or the model's policy says no."""


class KeyRefused(ModelError):
    """No key, or one that may not."""


class ModelUnknown(ModelError):
    """The provider, or the model at it, does not exist."""


class LibraryMissing(ModelError):
    """What speaks to providers is not installed."""


def parse_arguments(text: str) -> dict[str, Any]:
    """A call's arguments. Raises `ValueError` for what is no JSON object of sensible depth."""
    try:
        arguments = json.loads(text or "{}")
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(arguments, dict) or not _is_shallow(arguments, DEEPEST):
        raise ValueError("not a JSON object of sensible depth")
    return arguments


def assistant_message(text: str, calls: Sequence[Call]) -> Message:
    message: Message = {"role": "assistant", "content": text or None}
    if calls:
        message["tool_calls"] = [
            {"id": c.id, "type": "function", "function": {"name": c.tool, "arguments": json.dumps(c.arguments)}}
            for c in calls
        ]
    return message


def priced(price: Price, read: int, written: int, cached: int) -> float:
    """USD for these tokens; what was read holds what was cached."""
    cached_price = price.input if price.cached is None else price.cached
    return (read - cached) * price.input + cached * cached_price + written * price.output


def _is_shallow(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    parts = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(part, levels - 1) for part in parts)
