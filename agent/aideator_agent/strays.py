"""Keeps stdout for events only: anything else that a library prints becomes a `notice`."""

import os
import sys
import threading
from typing import Final

from aideator_agent.emitter import Emitter

LINE: Final = 2000  # bytes of one printed line
ALL: Final = 64 * 1024  # bytes of all of them in the log


def claim_stdout() -> tuple[int, int]:
    """Redirects descriptors 1 and 2. Returns the true stdout and the read end of everything printed."""
    events = os.dup(1)
    reader, writer = os.pipe()
    os.dup2(writer, 1)
    os.dup2(writer, 2)
    os.close(writer)
    return events, reader


class Strays:
    """Turns what is printed into notices of level debug until `close`."""

    def __init__(self, fd: int, emitter: Emitter) -> None:
        self._fd = fd
        self._emitter = emitter
        self._used = 0
        self._left_out = 0
        self._thread = threading.Thread(target=self._read, name="strays", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Reads what was printed so far. Later output is dropped."""
        for file in (sys.stdout, sys.stderr):
            file.flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        self._thread.join(1.0)  # a child that holds the pipe must not hold us
        if self._left_out:
            self._emitter.notice("debug", f"{self._left_out:,} bytes of other output are left out.")

    def _read(self) -> None:
        rest = b""
        while piece := os.read(self._fd, 65536):
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > LINE:
                lines.append(rest)
                rest = b""
            for line in lines:
                self._tell(line)
        self._tell(rest)

    def _tell(self, line: bytes) -> None:
        shown = line[:LINE] if self._used < ALL else b""
        self._used += len(shown)
        self._left_out += len(line) - len(shown)
        if text := shown.decode(errors="replace").strip():
            self._emitter.notice("debug", text)
