"""What an endpoint refuses or requires, learnt from its own errors. It holds for the attempt."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aideator_agent.models.base import THOUGHT, ContextExceeded, KeyRefused, Message, ModelError, Refused, ToolsRefused

OPTIONAL: Final = ("stream_options", "parallel_tool_calls", "max_completion_tokens", "max_tokens", "temperature")
ON_DEMAND: Final[Mapping[str, Any]] = {  # what a parameter is set to where it is required
    "stream_options": {"include_usage": True},
    "parallel_tool_calls": True,
    "max_completion_tokens": 4096,
    "max_tokens": 4096,
    "temperature": 1.0,
}
REQUIRED: Final = re.compile(
    r"\b(?:requires?|required|missing|must (?:be )?(?:set|given|specif\w+|provided?|included?))\b", re.IGNORECASE
)
INSTEAD: Final = re.compile(r"\buse\W+max_completion_tokens\b", re.IGNORECASE)
TOOLS: Final = re.compile(r"\btools?\b|\btool[_ -](?:choice|use|calls?|calling)\b|\bfunction[_ -]call", re.IGNORECASE)
NOT_TAKEN: Final = re.compile(
    r"not (?:\w+ )?support|n't (?:\w+ )?support|unsupported|not (?:permitted|allowed|available|enabled|implemented)|unrecognized"
    r"|unknown|unexpected|extra|no endpoints found that support|requires? --|invalid|not a (?:valid|known)",
    re.IGNORECASE,
)


class Endpoint:
    def __init__(self) -> None:
        self._without: set[str] = set()
        self._with: dict[str, Any] = {}
        self._wants_thoughts = False

    def fit(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the request as the endpoint takes it, as far as that is known."""
        kept = {name: value for name, value in request.items() if name not in self._without}
        if "max_completion_tokens" in self._with and "max_tokens" in request:
            self._with["max_completion_tokens"] = request["max_tokens"]
        return {**kept, **self._with, "messages": [self._message(message) for message in request["messages"]]}

    def _message(self, message: Message) -> Message:
        if not self._wants_thoughts:
            return {name: value for name, value in message.items() if name != THOUGHT}
        return {THOUGHT: "", **message} if message["role"] == "assistant" else message

    def learn(self, error: ModelError, sent: Mapping[str, Any]) -> str | None:
        """Returns what is to be done otherwise, as a sentence; None if the error is about nothing of the kind.

        `sent` is the request that met the error. Raises `ToolsRefused`.
        """
        text = str(error)
        if isinstance(error, KeyRefused | Refused):
            return None
        if THOUGHT in text and not self._wants_thoughts and REQUIRED.search(text):
            self._wants_thoughts = True
            return f"The endpoint requires the model's thoughts back; they are sent from now on. It answered: {text}"
        for name in OPTIONAL:
            if re.search(rf"\b{name}\b", text) and (told := self._about(name, text, sent)):
                return f"{told} It answered: {text}"
        if (
            sent.get("tools")
            and not isinstance(error, ContextExceeded)
            and TOOLS.search(text)
            and NOT_TAKEN.search(text)
        ):
            raise ToolsRefused(text) from error
        return None

    def _about(self, name: str, text: str, sent: Mapping[str, Any]) -> str | None:
        if name in sent and name not in self._with:
            self._without.add(name)
            if name == "max_tokens" and INSTEAD.search(text):
                self._with["max_completion_tokens"] = sent[name]
                return "The endpoint takes max_completion_tokens in place of max_tokens."
            return f"The endpoint refuses {name}; it is left out from now on."
        if name not in sent and name not in self._without and REQUIRED.search(text):
            self._with[name] = ON_DEMAND[name]
            return f"The endpoint requires {name}; it is sent from now on."
        return None
