"""What looks like a secret and is about to go to the model: it is said, and withheld if the user wishes so."""

import hashlib
from typing import Final

from aideator_agent import secret_forms
from aideator_agent.emitter import Emitter
from aideator_agent.models.base import Message

MOST: Final = 20  # secrets that are told of in an attempt
_PLACES: Final = {"tool": "a tool's result", "user": "the task or a message", "system": "the system message"}


class Sight:
    def __init__(self, emitter: Emitter, host: str | None, *, withholds: bool) -> None:
        self._emitter = emitter
        self._host = host or "the model's host"
        self._withholds = withholds
        self._told: set[bytes] = set()

    def through(self, message: Message) -> Message:
        """Returns the message as it may be sent. Says what looks like a secret in it, each once."""
        content = message.get("content")
        if message["role"] == "assistant" or not isinstance(content, str):
            return message
        found = list(secret_forms.found(content))
        for each in found:
            self._tell(each, _PLACES.get(message["role"], "a message"))
        if not found or not self._withholds:
            return message
        for each in sorted(found, key=lambda each: -each.start):
            content = f"{content[: each.start]}[withheld: {each.what}]{content[each.end :]}"
        return {**message, "content": content}

    def _tell(self, each: secret_forms.Found, place: str) -> None:
        digest = hashlib.sha256(each.value.encode(errors="replace")).digest()
        if digest in self._told or len(self._told) >= MOST:
            return
        self._told.add(digest)
        what = f"What looks like {each.what} is in {place}"
        ends = "; it is withheld from the model" if self._withholds else f" and goes to {self._host}"
        self._emitter.notice("warning", f"{what}{ends}.")
