"""The excerpt of a long output that the model reads: its beginning and its end."""

import codecs
from typing import Final

SHOWN: Final = 10_000  # characters, half of them from the end


class Excerpt:
    """Takes output in pieces of bytes. Keeps no more than it will show."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._head = ""
        self._tail = ""
        self._missing = 0  # characters

    def take(self, data: bytes) -> str:
        """Returns the text of this piece. An incomplete character waits for the next one."""
        return self._add(self._decoder.decode(data))

    def finish(self) -> str:
        """Returns what is left of an incomplete character."""
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
    """Returns the excerpt of a complete text."""
    whole = Excerpt()
    whole.take(text.encode(errors="replace"))
    whole.finish()
    return whole.text()
