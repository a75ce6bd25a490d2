"""A program in a real pseudo-terminal: what it costs, and how soon a key shows."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence

from bench.processes import cpu_seconds, resident_mib

ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
KEPT = 1 << 20  # bytes of what was drawn last


class Screen:
    """Draws nothing: it takes what a terminal would be given."""

    def __init__(
        self, words: Sequence[str], environment: Mapping[str, str], columns: int = 120, lines: int = 40
    ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen(
            words, env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}, stdin=theirs, stdout=theirs,
            stderr=theirs, start_new_session=True, preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )  # fmt: skip
        os.close(theirs)
        self.bytes = 0
        self._drawn = bytearray()
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def cpu(self) -> float:
        """Seconds so far."""
        return cpu_seconds(self.process.pid)

    @property
    def memory_mib(self) -> float:
        """What it holds now."""
        return resident_mib(self.process.pid)

    def press(self, key: str, shows: str, seconds: float = 10.0) -> float:
        """Seconds from the key to this text on the screen."""
        with self._changed:
            self._drawn.clear()
            begun = time.monotonic()
            os.write(self._ours, key.encode())
            self._wait(shows, begun, seconds)
        return time.monotonic() - begun

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def until(self, text: str, seconds: float = 60.0) -> None:
        with self._changed:
            self._wait(text, time.monotonic(), seconds)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def _wait(self, text: str, begun: float, seconds: float) -> None:
        wanted = text.encode()
        while wanted not in ESCAPES.sub(b"", self._drawn):
            left = begun + seconds - time.monotonic()
            if left <= 0 or (self.process.poll() is not None and not self._changed.wait(1.0)):
                last = ESCAPES.sub(b"", self._drawn)[-800:].decode(errors="replace")
                raise SystemExit(f"{text!r} did not come to the screen within {seconds:.0f} s; last: {last}")
            self._changed.wait(left)

    def _read(self) -> None:
        while data := self._more():
            with self._changed:
                self.bytes += len(data)
                self._drawn += data
                del self._drawn[:-KEPT]
                self._changed.notify_all()

    def _more(self) -> bytes:
        try:
            return os.read(self._ours, 1 << 16)
        except OSError:  # the program has gone
            return b""
