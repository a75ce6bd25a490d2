"""Separates what a model thinks from what it says, where its server leaves `<think>…</think>` in the text.

An opening tag counts only where it begins a line outside any fence, because a model may speak of such tags too.
"""

import re
from typing import Final

from aideator_agent.models.base import Say, Think

OPENING: Final = re.compile(r"[ \t]*<think(?:ing)?>")
CLOSING: Final = re.compile(r"</think(?:ing)?>")
ALONE: Final = re.compile(r"^[ \t]*</think(?:ing)?>[ \t]*\n*", re.MULTILINE)
FENCE: Final = re.compile(r" {0,3}(```|~~~)")
LONGEST: Final = len("</thinking>")


class Thoughts:
    """Takes a text piece by piece."""

    def __init__(self) -> None:
        self.found = False  # whether there was a thought
        self._held = ""  # not passed on yet: it may become a tag
        self._line = ""  # the beginning of the current line
        self._fence = ""
        self._thinks = False
        self._fresh = False  # after a tag: line breaks there belong to it

    def feed(self, text: str) -> list[Say | Think]:
        """Returns the parts whose kind is certain."""
        self._held += text
        parts: list[Say | Think] = []
        while self._held and (self._think(parts) if self._thinks else self._say(parts)):
            pass
        return parts

    def rest(self) -> list[Say | Think]:
        """Returns what was held back."""
        held, self._held = self._held, ""
        return self._passed(held)

    def _think(self, parts: list[Say | Think]) -> bool:
        """Takes the thought, as far as it goes. Returns True if it has ended."""
        closing = CLOSING.search(self._held)
        if closing is not None:
            parts += self._passed(self._held[: closing.start()])
            self._held = self._held[closing.end() :]
            self._thinks = False
            self._fresh = True
            self._line = ""
            return True
        tag = self._held.rfind("<", max(0, len(self._held) - LONGEST))
        safe = len(self._held) if tag < 0 else tag
        parts += self._passed(self._held[:safe])
        self._held = self._held[safe:]
        return False

    def _say(self, parts: list[Say | Think]) -> bool:
        """Takes the rest of the line. Returns False if that may still become a tag."""
        if not self._line and not self._fence:
            if opening := OPENING.match(self._held):
                self._held = self._held[opening.end() :]
                self._thinks = self.found = self._fresh = True
                return True
            begins = self._held.lstrip(" \t")
            if "<think>".startswith(begins) or "<thinking>".startswith(begins):
                return False
        line, newline, self._held = self._held.partition("\n")
        parts += self._passed(line + newline)
        self._line = (self._line + line)[:LONGEST]
        if newline:
            if fence := FENCE.match(self._line):
                self._fence = "" if self._fence == fence[1] else self._fence or fence[1]
            self._line = ""
        return True

    def _passed(self, text: str) -> list[Say | Think]:
        if self._fresh:
            text = text.lstrip("\n")
            self._fresh = not text
        if not text:
            return []
        return [Think(text) if self._thinks else Say(text)]


def without_thought(text: str) -> str:
    """Returns the text after a closing tag that stands alone on its line: some servers take the opening one away."""
    closing = ALONE.search(text)
    return text[closing.end() :] if closing and not FENCE.search(text[: closing.start()]) else text
