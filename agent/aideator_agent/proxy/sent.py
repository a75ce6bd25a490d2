"""What an agent's requests send to the model: told in `sent` events as our own loop's requests are, and what looks like a secret in it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from aideator_agent import pieces
from aideator_agent.emitter import Emitter
from aideator_agent.proxy.gate import Asked
from aideator_agent.sight import Sight

SYSTEM: Final = ("system", "instructions", "systemInstruction", "system_instruction")  # the fields of the APIs
TURNS: Final = ("messages", "input", "contents")
ITS_OWN: Final = ("assistant", "model")  # roles of the model's words
ITS_ITEMS: Final = ("function_call", "reasoning")  # the same in OpenAI's responses
OPAQUE: Final = (
    "data",
    "image_url",
    "signature",
    "encrypted_content",
    "thoughtSignature",
)  # no text: a change would break it
LONGEST: Final = 4096  # characters of a part that is no text, such as an image

Message = dict[str, str]  # role and content


class Sent:
    def __init__(self, emitter: Emitter, host: str | None, *, withholds: bool) -> None:
        self._emitter = emitter
        self._host = host
        self._sight = Sight(emitter, host, withholds=withholds)
        self._kept: dict[bytes, Any] = {}  # parts of bodies that were looked at, as they may be sent
        self._told: set[bytes] = set()

    def through(self, asked: Asked) -> Asked:
        """Returns the request as it may be sent. Raises `Ended` or `OSError` if the log takes nothing any more."""
        body = {name: self._looked(value) if name in (*SYSTEM, *TURNS) else value for name, value in asked.body.items()}
        return asked if body == asked.body else replace(asked, body=body, content=json.dumps(body).encode())

    def tell(self, step: int, asked: Asked) -> None:
        """Tells what the request adds to those before it. The same errors as `through`."""
        added = [line for message in _messages(asked.body) if (line := self._new(message))]
        self._emitter.sent(step, self._host, hashlib.sha256(asked.content).hexdigest(), "\n".join(added))

    def _looked(self, value: Any) -> Any:
        """Every request has the whole conversation, so a message is looked at once."""
        if not isinstance(value, list):
            return self._clean(value)
        looked = []
        for part in value:
            digest = _digest(part)
            if digest not in self._kept:
                self._kept[digest] = self._clean(part)
            looked.append(self._kept[digest])
        return looked

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._sight.through({"role": "tool", "content": value})["content"]
        if isinstance(value, list):
            return [self._clean(part) for part in value]
        if isinstance(value, dict) and value.get("role") not in ITS_OWN:
            return {name: part if name in OPAQUE else self._clean(part) for name, part in value.items()}
        return value

    def _new(self, message: Message) -> str | None:
        line = pieces.encoded(message)
        digest = hashlib.sha256(line.encode()).digest()
        if digest in self._told:
            return None
        self._told.add(digest)
        return line


def _digest(value: Any) -> bytes:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()


def _messages(body: Mapping[str, Any]) -> Iterator[Message]:
    """Yields what is not the model's own."""
    for name in SYSTEM:
        if text := _text(body.get(name)):
            yield {"role": "system", "content": text}
    for name in TURNS:
        turns = body.get(name)
        for turn in turns if isinstance(turns, list) else [] if turns is None else [{"role": "user", "content": turns}]:
            if not isinstance(turn, dict) or turn.get("role") in ITS_OWN or turn.get("type") in ITS_ITEMS:
                continue
            role = str(turn.get("role") or ("tool" if "output" in turn else "user"))
            if text := _text(turn):
                yield {"role": role, "content": text}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(filter(None, map(_text, value)))
    if not isinstance(value, dict):
        return ""
    for name in ("text", "content", "parts", "output"):
        if name in value:
            return _text(value[name])
    return pieces.shortened(pieces.encoded(value), LONGEST)
