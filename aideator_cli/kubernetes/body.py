"""An answer's body as it comes, cheaply: an API server sends a log in a chunk a line, and over a chunk urllib3 takes longer than all
the rest takes over the line."""

import time
from collections.abc import Iterator
from typing import Any, Final

from urllib3.util import wait_for_read

_READ: Final = 1 << 16  # more than a TLS record holds: nothing is left in the TLS layer, where waiting would not see it
_GATHERED: Final = 1 << 16  # bytes given together, and one read more
_BURST_SECONDS: Final = 0.01
_HEAD: Final = 4096  # bytes of a chunk's size and extensions


class BrokenOff(OSError):
    """The body ended before its last chunk."""


def pieces(response: Any) -> Iterator[bytes]:
    """Bytes as soon as they are there; in a burst, those of 10 ms together. What came before an error is given before it is raised."""
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
    """Waits for something to come, and takes all that is there by then."""
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
    """Takes the chunks of HTTP/1.1 apart (RFC 9112, 7.1)."""

    def __init__(self, response: Any) -> None:
        self._stream = response._fp.fp
        self._rest = b""  # of a chunk's head
        self._left = 0  # bytes of the chunk at hand that have not come yet
        self.ended = False

    def take(self) -> bytes:
        """What comes next; nothing, where it is only part of a chunk's head. Raises `BrokenOff`; `ValueError` for what is no chunk."""
        data: bytes = self._stream.read1(_READ)
        if not data:
            raise BrokenOff("the answer breaks off")
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
            raise ValueError("the answer's chunks are malformed")
        return b"".join(parts)


def _size(head: bytes) -> int | None:
    """Of the chunk that it begins, in bytes; None: it is the empty line behind the chunk before."""
    try:
        size = int(head, 16)  # white space round it doesn't matter
    except ValueError:
        if not head.strip():
            return None
        size = int(head.partition(b";")[0], 16)
    if size < 0:
        raise ValueError("a chunk of a negative size")
    return size
