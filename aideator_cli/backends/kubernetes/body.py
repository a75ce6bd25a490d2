"""Reads the body of an answer as it arrives, cheaply.

An API server sends a log with one chunk per line, and urllib3 spends more time on a chunk than everything else spends on the line.
"""

import time
from collections.abc import Iterator
from typing import Any, Final

from urllib3.util import wait_for_read

_READ: Final = 1 << 16  # larger than a TLS record: nothing stays in the TLS layer, where waiting would not see it
_GATHERED: Final = 1 << 16  # bytes returned together, plus at most one read
_BURST_SECONDS: Final = 0.01
_HEAD: Final = 4096  # bytes of a chunk's size and extensions


class BrokenOff(OSError):
    """The body ended before its last chunk."""


def pieces(response: Any) -> Iterator[bytes]:
    """Yields bytes as soon as they arrive; in a burst, joins those of 10 ms. Yields what came before an error, then raises it."""
    if not response.chunked or "Content-Encoding" in response.headers:
        yield from _plain(response)
        return
    body = _Chunks(response)
    given = 0.0
    while not body.ended:
        gathered, error = _gather(body, response)
        if gathered:
            yield gathered
        if error is not None:
            raise error
        if len(gathered) < _GATHERED and time.monotonic() - given < _BURST_SECONDS:
            time.sleep(_BURST_SECONDS)
        given = time.monotonic()


def _plain(response: Any) -> Iterator[bytes]:
    while data := response.read1(_READ):
        yield data


def _gather(body: "_Chunks", response: Any) -> tuple[bytes, Exception | None]:
    """Waits for data and takes everything that is there by then."""
    parts = [body.take()]
    size = len(parts[0])
    try:
        while size < _GATHERED and not body.ended and wait_for_read(response, timeout=0):
            parts.append(body.take())
            size += len(parts[-1])
    except Exception as error:
        return b"".join(parts), error
    return b"".join(parts), None


class _Chunks:
    """Separates the chunks of HTTP/1.1 (RFC 9112, 7.1)."""

    def __init__(self, response: Any) -> None:
        self._stream = response._fp.fp
        self._rest = b""  # the start of an incomplete chunk head
        self._left = 0  # bytes of the current chunk that are still to come
        self.ended = False

    def take(self) -> bytes:
        """Returns the next bytes, or none if only part of a chunk head came. Raises `BrokenOff`, or `ValueError` for an invalid chunk."""
        data: bytes = self._stream.read1(_READ)
        if not data:
            raise BrokenOff("the response ended early")
        if self._left >= len(data):
            self._left -= len(data)
            return data
        return self._content(self._rest + data)

    def _content(self, data: bytes) -> bytes:
        parts, at = [], 0
        if self._left:
            parts.append(data[: self._left])
            at, self._left = self._left, 0
        while not self.ended:
            end = data.find(b"\n", at)
            if end < 0:
                break
            size = _size(data[at:end])
            at = end + 1
            if size is None:
                continue
            self.ended = size == 0
            end = at + size
            parts.append(data[at:end])
            at = end + 2 if data.startswith(b"\r\n", end) else end
        self._left = max(0, at - len(data))
        self._rest = data[at:]
        if len(self._rest) > _HEAD:
            raise ValueError("the response's chunks are malformed")
        return b"".join(parts)


def _size(head: bytes) -> int | None:
    """Returns the size in bytes of the chunk that starts here. None means the empty line after the previous chunk."""
    try:
        size = int(head, 16)  # white space around it does not matter
    except ValueError:
        if not head.strip():
            return None
        size = int(head.partition(b";")[0], 16)
    if size < 0:
        raise ValueError("a chunk of a negative size")
    return size
