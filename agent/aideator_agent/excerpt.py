"""What the model gets to read of a long output: its beginning and its end."""

import codecs
from typing import Final

SHOWN: Final = 10_000  # characters, half of them from the end


class Excerpt:
    """Takes output as bytes in pieces; keeps no more than it will show."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._head = ""
        self._tail = ""
        self._missing = 0  # characters

    def take(self, data: bytes) -> str:
        """The text of this piece; half a character waits for the next."""
        return self._add(self._decoder.decode(data))

    def finish(self) -> str:
        """What was left of a character."""
        return self._add(self._decoder.decode(b"", final=True))

    def text(self) -> str:
        if not self._missing:
            return self._head + self._tail
        return f"{self._head}\n[… {self._missing:,} characters are left out here …]\n{self._tail}"

    def _add(self, text: str) -> str:
        room = SHOWN // 2 - len(self._head)
        self._head += text[:room]
        rest = self._tail + text[room:]
        self._tail = rest[-(SHOWN // 2) :]
        self._missing += len(rest) - len(self._tail)
        return text


def excerpt(text: str) -> str:
    """Of a text that is whole."""
    whole = Excerpt()
    whole.take(text.encode(errors="replace"))
    whole.finish()
    return whole.text()
