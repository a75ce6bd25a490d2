"""Finds a line that proves two changes of a file different, without reading all of either.

In the same change, every significant text has the same balance: how often it is added, minus how often it is removed. Text that both sides
of a block share cancels out. One text with different balances is therefore enough. Counting it only requires the lines that contain its
rarest word.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import Final

from aideator_cli.choice.significance import language
from aideator_cli.workspace.patches import FilePatch

WITNESSES: Final = 24  # lines to try
MOST_LINES: Final = 40  # lines to read for one of them
_WORD: Final = re.compile(r"\w+")
_SIDES: Final = (b" -", b" +")


class Lines:
    """The lines that one change of a file removes and adds, indexed by their words."""

    def __init__(self, file: FilePatch) -> None:
        self._file = file
        self._how = language(file.path)

    @cached_property
    def stand_alone(self) -> bool:
        """Whether the significant text of each line can be found without its neighbours."""
        return not self._file.binary and all(
            self._how.stands_alone(_decoded(b"\n".join([line[1:] for line in hunk.lines if line[:1] in side])))
            for hunk in self._file.hunks
            for side in _SIDES
        )

    def differ(self, other: "Lines") -> bool:
        """Whether a line proves that the two changes differ. If False, they may still differ."""
        if not (self.stand_alone and other.stand_alone):
            return False
        lines = islice(self._not_in(other), WITNESSES), islice(other._not_in(self), WITNESSES)
        return any(self._tells_apart(other, text) for each in lines for text in self._counting(each))

    @property
    def change_something(self) -> bool:
        """Whether a line proves a significant change. If False, there may still be one."""
        if not self.stand_alone:
            return False
        some = self._counting(islice(self._file.changed, WITNESSES))
        return any(self._balance(text, word) for text in some if (word := self._rarest(text)) is not None)

    @cached_property
    def _set(self) -> frozenset[bytes]:
        return frozenset(self._file.changed)

    @cached_property
    def _whole(self) -> bytes:
        return b"\n".join((b"", *self._file.changed, b""))

    def _not_in(self, other: "Lines") -> Iterator[bytes]:
        return (line for line in self._file.changed if line not in other._set)

    def _counting(self, lines: Iterable[bytes]) -> Iterator[str]:
        return filter(None, dict.fromkeys(self._how.line(_text(line)) for line in lines))

    def _tells_apart(self, other: "Lines", text: str) -> bool:
        word = self._rarest(text, other)
        return word is not None and self._balance(text, word) != other._balance(text, word)

    def _rarest(self, text: str, *others: "Lines") -> bytes | None:
        """Returns a word of the text that few lines contain. None if no word is rare enough."""
        for word in sorted(dict.fromkeys(_WORD.findall(text)), key=len, reverse=True):
            encoded = _bytes(word)
            if all(each._whole.count(encoded) <= MOST_LINES for each in (self, *others)):
                return encoded
        return None

    def _balance(self, text: str, word: bytes) -> int:
        """Returns how often this text is added minus how often it is removed."""
        return sum(
            1 if line.startswith(b"+") else -1 for line in self._with(word) if self._how.line(_text(line)) == text
        )

    def _with(self, word: bytes) -> Iterator[bytes]:
        at = self._whole.find(word)
        while at >= 0:
            begin, end = self._whole.rfind(b"\n", 0, at) + 1, self._whole.find(b"\n", at)
            yield self._whole[begin:end]
            at = self._whole.find(word, end)


def _text(line: bytes) -> str:
    """Returns the line without its sign."""
    return _decoded(line[1:])


def _decoded(text: bytes) -> str:
    return text.decode(errors="surrogateescape")


def _bytes(word: str) -> bytes:
    return word.encode(errors="surrogateescape")
