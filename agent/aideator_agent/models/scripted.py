"""A model that plays a script: for the demo, for tests, and to see what the agent makes of a provider's faults."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from aideator_agent.interrupts import Interrupts
from aideator_agent.models.base import (
    Call,
    ContextExceeded,
    CutTurn,
    Message,
    ModelError,
    Piece,
    RateLimited,
    Refused,
    Say,
    ServerFault,
    Think,
    Turn,
    Usage,
    assistant_message,
    priced,
)  # fmt: skip
from aideator_agent.spec import Price

LAST: Final = {"calls": [{"tool": "submit", "arguments": {"summary": "The script has ended."}}]}
COUNTED: Final = ("input", "output", "cached", "reasoning")
SOON: Final = 0.05  # seconds after which a fault's provider is to be asked again
FAULTS: Final[Mapping[str, Callable[[], ModelError]]] = {
    "rate_limit": partial(RateLimited, "the provider limits the rate (scripted)", SOON),
    "server_error": partial(ServerFault, "the provider failed with 500 (scripted)", SOON),
    "reset": partial(ServerFault, "the connection to the provider was reset (scripted)", SOON),
    "cut": partial(CutTurn, "the model's turn was cut off (scripted)", SOON),
    "garbage": partial(CutTurn, "the model's turn cannot be read (scripted)", SOON),
    "empty": partial(CutTurn, "the model's turn was empty (scripted)", SOON),
    "refusal": partial(Refused, "the model refused (scripted)"),
    "context": partial(ContextExceeded, "the conversation is longer than the model's context (scripted)"),
}


class ScriptedModel:
    """Plays one element per turn; a fault is an element of its own. After the last element it submits."""

    def __init__(self, turns: Sequence[Mapping[str, Any]], price: Price | None, interrupts: Interrupts) -> None:
        self._turns = iter(turns)
        self._price = price
        self._interrupts = interrupts
        self._calls = 0
        self._begun = False

    def turn(self, messages: Sequence[Message], tools: Sequence[Message]) -> Iterator[Piece]:  # noqa: ARG002
        if not self._begun:
            self._begun = True
            self._skip(sum(message["role"] == "assistant" for message in messages))
        element: Mapping[str, Any] = next(self._turns, LAST)
        delay = float(element.get("delay", 0))
        for kind, name in ((Think, "think"), (Say, "say")):
            for word in re.findall(r"\s*\S+\s*", str(element.get(name, ""))):
                self._interrupts.wait(delay)
                yield kind(word)
        self._interrupts.wait(delay)
        if "fault" in element:
            raise FAULTS[element["fault"]]()
        calls = tuple(self._call(call) for call in element.get("calls", ()))
        text = str(element.get("say", ""))
        yield Turn(text, calls, self._usage(element.get("usage", {})), assistant_message(text, calls))

    def _skip(self, turns: int) -> None:
        """Leaves out what an attempt has played already whose conversation goes on here."""
        while turns > 0:
            element = next(self._turns, None)
            if element is None:
                return
            self._calls += len(element.get("calls", ())) if "fault" not in element else 0
            turns -= "fault" not in element and bool(element.get("calls") or str(element.get("say", "")).strip())

    def _call(self, call: Mapping[str, Any]) -> Call:
        self._calls += 1
        return Call(f"call_{self._calls}", str(call["tool"]), dict(call.get("arguments", {})))

    def _usage(self, tokens: Mapping[str, Any]) -> Usage:
        read, written, cached, reasoning = (int(tokens.get(name, 0)) for name in COUNTED)
        cost = priced(self._price, read, written, cached) if self._price else 0.0  # a script costs nothing
        return Usage(read, written, cached, reasoning, cost)
