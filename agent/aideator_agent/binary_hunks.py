"""What the compressed hunks of a diff hold, so that it can be searched for keys."""

import base64
import re
from collections.abc import Iterator
from typing import Final

from aideator_agent.inflating import inflated

MOST: Final = 32 * 1024 * 1024  # bytes of one hunk
HUNK: Final = re.compile(rb"^(?:literal|delta) [0-9]+\n((?:[A-Za-z][!-~]+\n)+)", re.MULTILINE)


def unpacked(diff: bytes) -> Iterator[bytes]:
    """Yields the data of each hunk. Raises `ValueError` for one that is not as git writes it, or too large."""
    for found in HUNK.finditer(diff):
        yield inflated(b"".join(map(_decoded, found[1].splitlines())), MOST)


def _decoded(line: bytes) -> bytes:
    """Returns the bytes of a line, whose first letter says how many they are: A is 1, a is 27."""
    count = line[0] - (ord("A") - 1 if line[:1].isupper() else ord("a") - 27)
    return base64.b85decode(line[1:])[:count]
