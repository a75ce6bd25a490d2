"""Watches the length of a turn, and notices that a model repeats itself without end inside one."""

import re
from collections.abc import Mapping
from typing import Any, Final

from aideator_agent.models.assembly import texts
from aideator_agent.models.base import Cut

LONG_TOKEN: Final = 8  # characters; an endpoint that ignores its limit is stopped by this
WATCHED: Final = 8000  # characters at the end of the text that must repeat one piece
TIMES: Final = 8  # how often they must hold it, at least
EVERY: Final = 1000  # characters between two looks
NEEDLE: Final = 64  # characters whose last occurrence tells how long the piece is
NUMBER: Final = re.compile(r"\d+")


class Watch:
    """Takes the deltas of one turn, which should have at most `tokens`."""

    def __init__(self, tokens: int) -> None:
        self._most = tokens * LONG_TOKEN
        self._length = 0
        self._tail = ""
        self._looked = 0

    def see(self, delta: Mapping[str, Any]) -> Cut:
        """Returns why the turn must be cut off now, or an empty text. Numbers that count do not hide a repetition."""
        for text in texts(delta):
            self._length += len(text)
            self._tail = (self._tail + text)[-WATCHED:]
        if self._length > self._most:
            return "length"
        if self._length < WATCHED or self._length - self._looked < EVERY:
            return ""
        self._looked = self._length
        return "repetition" if repeats(NUMBER.sub("0", self._tail)) else ""


def repeats(text: str) -> bool:
    """Returns whether the text is one short piece over and over."""
    needle = text[-NEEDLE:]
    before = text.rfind(needle, 0, len(text) - 1)
    period = len(text) - len(needle) - before
    return before >= 0 and period * TIMES <= len(text) and text[:-period] == text[period:]


def first_of_them(text: str) -> str:
    """Returns a text that repeats itself, without most of its repetitions."""
    return text[: max(0, len(text) - WATCHED) + WATCHED // TIMES]
