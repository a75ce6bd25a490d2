"""Asks the agent's own model a question of AIdeator's, in the API that the agent speaks. It is counted as the agent's requests are."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from aideator_agent import pieces
from aideator_agent.models.base import Message, Say
from aideator_agent.models.thoughts import Thoughts
from aideator_agent.program import Wire
from aideator_agent.proxy.answers import Answered, Unreached
from aideator_agent.proxy.gate import Asked
from aideator_agent.proxy.ledger import LimitReached
from aideator_agent.proxy.upstream import Upstream
from aideator_agent.proxy.wires import Route
from aideator_agent.team_tool import NoAnswer

OUTPUT: Final = 4096  # tokens; only Anthropic wants to be told
HEADERS: Final = {"accept-encoding": "identity"}
VERSION: Final = {"anthropic-version": "2023-06-01"}


class Consulting:
    def __init__(self, upstream: Upstream, model: str) -> None:
        """`model`: its name at the provider."""
        self._upstream = upstream
        self._model = model

    def logging(self) -> AbstractContextManager[None]:
        return self._upstream.ledger.logging()

    async def consult(self, messages: Sequence[Message]) -> str:
        """Returns what the model says to a system message and a user's. Raises `NoAnswer`."""
        wire, answered, document = self._upstream.provider.wire, Answered(), b""
        try:
            asked = self._upstream.looked(_asked(wire, self._model, *(message["content"] for message in messages)))
            async with self._upstream.counted(asked, answered, lambda: True):
                try:
                    document = await self._upstream.provider.document(asked, answered)
                except Unreached as error:
                    answered.lacking = str(error)
        except LimitReached as reached:
            raise NoAnswer(str(reached), stopped=True) from reached
        if trouble := answered.lacking or answered.trouble:
            raise NoAnswer(trouble)
        return _without_thoughts(_words(wire, document))


def _asked(wire: Wire, model: str, system: str, text: str) -> Asked:
    operation, body = _question(wire, model, system, text)
    route = Route("", operation, True, model if wire == "gemini" else None)
    headers = HEADERS | (VERSION if wire == "anthropic" else {})
    return Asked("POST", route, "", headers, pieces.encoded(body).encode(), body)


def _question(wire: Wire, model: str, system: str, text: str) -> tuple[str, dict[str, Any]]:
    user = {"role": "user", "content": text}
    match wire:
        case "anthropic":
            return "messages", {"model": model, "max_tokens": OUTPUT, "system": system, "messages": [user]}
        case "openai":
            return "chat/completions", {"model": model, "messages": [{"role": "system", "content": system}, user]}
        case "responses":
            return "responses", {"model": model, "instructions": system, "input": [user], "store": False}
        case "gemini":
            contents = [{"role": "user", "parts": [{"text": text}]}]
            body = {"systemInstruction": {"parts": [{"text": system}]}, "contents": contents}
            return f"models/{model}:generateContent", body


def _words(wire: Wire, document: bytes) -> str:
    """Returns what the model says in an answer. Empty if it is none."""
    try:
        answer = json.loads(document)
    except (ValueError, RecursionError):
        return ""
    match wire:
        case "anthropic":
            return _texts(_list(answer, "content"), "text")
        case "openai":
            said = _first(_list(answer, "choices"), "message").get("content")
            return said if isinstance(said, str) else _texts(said, "text")
        case "responses":
            messages = [
                item for item in _list(answer, "output") if isinstance(item, dict) and item.get("type") == "message"
            ]
            return "".join(_texts(_list(item, "content"), "output_text") for item in messages)
        case "gemini":
            parts = _list(_first(_list(answer, "candidates"), "content"), "parts")
            return "".join(
                part["text"] for part in parts
                if isinstance(part, dict) and isinstance(part.get("text"), str) and part.get("thought") is not True
            )  # fmt: skip


def _texts(parts: Any, kind: str) -> str:
    """Returns the texts of the parts of this type."""
    if not isinstance(parts, list):
        return ""
    return "".join(
        part["text"]
        for part in parts
        if isinstance(part, dict) and part.get("type") == kind and isinstance(part.get("text"), str)
    )


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _first(values: list[Any], name: str) -> Mapping[str, Any]:
    found = values[0].get(name) if values and isinstance(values[0], dict) else None
    return found if isinstance(found, dict) else {}


def _without_thoughts(text: str) -> str:
    thoughts = Thoughts()
    return "".join(part.text for part in (*thoughts.feed(text), *thoughts.rest()) if isinstance(part, Say))
