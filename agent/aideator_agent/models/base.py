"""The loop's view of a model: turns that arrive in pieces, and the errors that may occur."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal, Protocol

from aideator_agent.spec import Price
from aideator_agent.values import frozen

Message = dict[str, Any]  # as OpenAI's chat API has them
THOUGHT: Final = "reasoning_content"  # of a message: what the model thought; only some providers want it back
DEEPEST: Final = 32  # levels of a call's arguments


@frozen
class Say:
    text: str


@frozen
class Think:
    text: str


@frozen
class Call:
    id: str  # the provider's; may be long, since some keep signed thoughts in it
    tool: str
    arguments: dict[str, Any]


@frozen
class Guess:
    """What a turn has used at most, by AIdeator's own count: for limits alone."""

    tokens: int
    cost: float | None  # USD; None: the price is unknown


@frozen
class Usage:
    """Tokens of one turn. `input` counts everything read; `cached` is the part that came from the provider's cache.

    A number is None if the provider did not count it.
    """

    input: int | None = None
    output: int | None = None
    cached: int | None = None
    reasoning: int | None = None
    cost: float | None = None  # USD; None: the tokens or the price are unknown
    guess: Guess | None = None  # where nobody counted

    def as_json(self) -> dict[str, Any]:
        """Returns what a `usage` event tells."""
        return {
            "input": self.input, "output": self.output, "cached": self.cached, "reasoning": self.reasoning, "cost": self.cost,
        }  # fmt: skip


@frozen
class Remark:
    """What the user should know about the model or its endpoint."""

    text: str


Cut = Literal["", "length", "repetition"]  # what ended a turn early: its limit, or that it repeated itself without end


@frozen
class Turn:
    """The last piece: the complete turn, and the message that represents it in later requests."""

    text: str
    calls: tuple[Call, ...]
    usage: Usage
    message: Message
    cut: Cut = ""


Piece = Say | Think | Remark | Turn


class Model(Protocol):
    def turn(self, messages: Sequence[Message], tools: Sequence[Message]) -> Iterator[Piece]:
        """Yields the pieces of one turn, its `Turn` last. Raises `ModelError`, or `Ended` as soon as the agent must stop."""


class ModelError(Exception):
    """The provider did not deliver a turn. The text says why."""

    used: Usage | None = None  # by a turn that broke off, for which the provider may charge


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
    """The turn arrived incomplete: no end, half a call, or nothing at all."""


class ContextExceeded(ModelError):
    """The conversation has outgrown the model's context window."""


class ToolsRefused(ModelError):
    """The endpoint takes no `tools`."""


class Refused(ModelError):
    """The policy of the provider or the model refuses the request."""


class KeyRefused(ModelError):
    """The key is missing or lacks permission."""


class ModelUnknown(ModelError):
    """The provider, or the model at it, does not exist."""


class LibraryMissing(ModelError):
    """The library that talks to providers is not installed."""


def parse_arguments(text: str) -> dict[str, Any]:
    """Parses a call's arguments. Raises `ValueError` if they are not a JSON object of reasonable depth."""
    try:
        arguments = json.loads(text or "{}")
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(arguments, dict) or not is_shallow(arguments, DEEPEST):
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
    """Returns the USD for these tokens. `read` includes `cached`."""
    cached_price = price.input if price.cached is None else price.cached
    return (read - cached) * price.input + cached * cached_price + written * price.output


def is_shallow(value: Any, levels: int) -> bool:
    """Returns whether a value of JSON is nested no deeper than `levels`."""
    if not isinstance(value, dict | list):
        return True
    parts = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(is_shallow(part, levels - 1) for part in parts)
