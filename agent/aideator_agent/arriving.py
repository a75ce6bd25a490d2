"""Commits that arrive on standard input, through connections that may break.

Each line is `OFFSET BASE64 CRC32`, in hexadecimal but for the data. A line counts if its offset is where the file ends and its checksum
fits. Everything else, such as the rest of a line whose connection broke, is skipped. Notices tell the sender how far the file has come.
"""

import binascii
import os
import select
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from aideator_agent.emitter import Emitter
from aideator_agent.interrupts import LOOK
from aideator_agent.verdict import failed

PIECE: Final = 48 * 1024  # bytes of the file in a line
LINE: Final = 2 * PIECE  # bytes; a longer one is skipped
SILENCE: Final = 600.0  # seconds without a byte of the file after which nobody sends any more
SOON: Final = 1.0  # seconds between two notices, at least
LATE: Final = 5.0  # and at most, while something arrives
STEPS: Final = 40  # notices for the whole file, if it comes fast
FIELD: Final = "received"  # of a notice: how many bytes of the file are there


def line(offset: int, data: bytes) -> bytes:
    """Returns a piece of the file as the line that carries it."""
    return b"%x %s %08x\n" % (offset, binascii.b2a_base64(data, newline=False), _sum(offset, data))


def parsed(text: bytes) -> tuple[int, bytes] | None:
    """Returns offset and data. None if the line is not whole."""
    words = text.split(b" ")
    if len(words) != 3:
        return None
    try:
        offset, data = int(words[0], 16), binascii.a2b_base64(words[1], strict_mode=True)
        return (offset, data) if int(words[2], 16) == _sum(offset, data) else None
    except ValueError:
        return None


def receive(
    fd: int, target: Path, total: int, emitter: Emitter, check: Callable[[], None], other: Callable[[bytes], None]
) -> bytes:
    """Writes the file, and passes other lines on. Returns what was read of the line after them.

    Raises `Ended` (failed/infrastructure) if the file does not come, or what `check` raises.
    """
    with target.open("wb") as file:
        arriving = _Arriving(fd, file, total, emitter, other)
        while arriving.count < total:
            check()
            arriving.look()
    return arriving.held


class _Arriving:
    def __init__(self, fd: int, file: IO[bytes], total: int, emitter: Emitter, other: Callable[[bytes], None]) -> None:
        self.count = 0
        self.held = b""
        self._other = other
        self._fd = fd
        self._file = file
        self._total = total
        self._emitter = emitter
        self._heard = time.monotonic()
        self._told = (0, self._heard)  # bytes, and when
        self._tell()

    def look(self) -> None:
        """Takes what is there, or waits a moment for it."""
        now = time.monotonic()
        if now - self._heard > SILENCE:
            raise failed(
                "infrastructure",
                f"{self.count:,} of {self._total:,} bytes of the commits arrived; the command that started the run, or `watch` on the same "
                "machine, must run until all are sent",
            )
        news, since = self.count - self._told[0], now - self._told[1]
        if (news >= max(self._total // STEPS, 1) and since >= SOON) or (news and since >= LATE):
            self._tell()
        if not select.select([self._fd], [], [], LOOK)[0]:
            return
        data = os.read(self._fd, 1 << 16)
        if not data:  # the end of a connection, if the container's input is kept open
            time.sleep(LOOK)
            return
        *lines, self.held = (self.held + data).split(b"\n")
        for each in lines:
            self._take(each)
        if len(self.held) > LINE:
            self.held = b"?"  # never a whole line
        if self.count == self._total:
            self._tell()

    def _take(self, text: bytes) -> None:
        found = parsed(text)
        if found is None:
            self._other(text)
        if found is None or found[0] != self.count or not found[1] or self.count + len(found[1]) > self._total:
            return
        self.count += self._file.write(found[1])
        self._heard = time.monotonic()

    def _tell(self) -> None:
        share = 100 * self.count // max(self._total, 1)
        text = f"received {share} % of the commits ({self.count / 2**20:.0f} of {self._total / 2**20:.0f} MiB)"
        self._emitter.emit("notice", level="info", text=text, **{FIELD: self.count})
        self._told = (self.count, time.monotonic())


def _sum(offset: int, data: bytes) -> int:
    return binascii.crc32(data, offset & 0xFFFFFFFF)
