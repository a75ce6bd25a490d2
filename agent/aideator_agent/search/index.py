"""The index: which names each file holds, how often, and which of them it defines. It lives in memory and has bounds.

A posting is one number: the file's number, one bit for "is defined here", and three bits for how often. A name that one file alone
holds, as most do, has its posting in place of a list.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from typing import Final

from aideator_agent.search.definitions import named
from aideator_agent.search.words import IDENTIFIER

SHIFT: Final = 4
DEFINED: Final = 8
OFTEN: Final = 7  # a name that stands more often counts as often as this
MOST_NAMES: Final = 900_000  # different ones; after that only known ones are added. They take about 150 bytes each
MOST_POSTINGS: Final = 20_000_000  # of 4 bytes
OF_ONE: Final = 4000  # different names of one file: the most frequent ones of a table of data say enough
DATA: Final = b"\0"


class Index:
    """`paths` by a file's number. A file that has changed gets a new number; the old one is no longer alive."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.alive = bytearray()
        self.lengths = array("I")  # names in a file
        self.numbers: dict[str, int] = {}  # of those that are alive
        self.full = False
        self._postings: dict[bytes, int | array[int]] = {}
        self._count = 0
        self._lengths = 0
        self._blob: tuple[bytes, bytes] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def mean_length(self) -> float:
        return max(1.0, self._lengths / max(1, len(self.paths)))

    def put(self, path: str, data: bytes) -> None:
        """Adds a file, in place of what it was. Of one that is not text only the path is known."""
        self.drop(path)
        number = len(self.paths)
        self.paths.append(path)
        self.alive.append(1)
        self.numbers[path] = number
        names = [] if DATA in data else IDENTIFIER.findall(data)
        self.lengths.append(len(names))
        self._lengths += len(names)
        counted = Counter(names)
        self._add(number, dict(counted.most_common(OF_ONE)) if len(counted) > OF_ONE else counted, named(names))

    def drop(self, path: str) -> None:
        number = self.numbers.pop(path, None)
        if number is not None:
            self.alive[number] = 0

    def _add(self, number: int, counted: dict[bytes, int], defined: set[bytes]) -> None:
        if self._count > MOST_POSTINGS:
            self.full = True
            return
        postings, base = self._postings, number << SHIFT
        known = len(postings)
        for name, often in counted.items():
            posting = base + (often if often < OFTEN else OFTEN)
            if name in defined:
                posting += DEFINED
            held = postings.get(name)
            if held is None:
                if known < MOST_NAMES:
                    postings[name] = posting
            elif held.__class__ is int:
                postings[name] = array("I", (held, posting))
            else:
                held.append(posting)  # type: ignore[union-attr]
        self.full = self.full or known >= MOST_NAMES
        self._count += len(counted)
        if len(postings) != known:
            self._blob = None

    def postings(self, name: bytes) -> "array[int] | tuple[int, ...]":
        held = self._postings.get(name, ())
        return (held,) if isinstance(held, int) else held

    def names(self) -> Iterator[bytes]:
        return iter(self._postings)

    def holding(self, part: bytes) -> Iterator[bytes]:
        """Yields the names that hold these small letters, whatever the case of theirs."""
        if self._blob is None:
            joined = b"\n" + b"\n".join(self._postings) + b"\n"
            self._blob = (joined, joined.lower())
        joined, small = self._blob
        at = small.find(part)
        while at >= 0:
            begin, end = small.rfind(b"\n", 0, at) + 1, small.find(b"\n", at)
            yield joined[begin:end]
            at = small.find(part, end)
