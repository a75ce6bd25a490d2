"""Writes text that comes in small pieces as records: the first at once, later ones joined to about ten a second."""

import time
from typing import Any, Final

from aideator_agent import pieces
from aideator_agent.emitter import Emitter
from aideator_agent.protocol import LINE_BYTES

STREAM_BYTES: Final = 256 * 1024  # of one stream in the log
SMALL_BYTES: Final = 4 * 1024  # of its beginning, and characters of its end, once the share is used
TAIL: Final = 2048  # characters of its end
OUTPUT_SHARE: Final = 0.6  # of the work's room, after which a tool's output is cut
WORDS_SHARE: Final = 0.8  # and the model's words
LAST_SHARE: Final = 0.9  # and everything that is not bare bookkeeping
INTERVALS: Final = ((0.25, 0.1), (0.5, 0.3), (1.0, 1.0))  # up to this share used: seconds between records


class Stream:
    """One text of one type (`say`, `think`, `output`): redacted across pieces, cut to head and tail beyond its room."""

    def __init__(self, emitter: Emitter, type_: str, what: str, **fields: Any) -> None:
        share = OUTPUT_SHARE if type_ == "output" else WORDS_SHARE
        self.due: float | None = None
        self._emitter = emitter
        self._type = type_
        self._what = what  # for people: whose text it is
        self._fields = emitter.redacted(fields)
        self._redaction = emitter.redactor.stream()
        self._room = min(STREAM_BYTES, max(emitter.left(share), min(SMALL_BYTES, emitter.left(LAST_SHARE))))
        self._pending = ""
        self._flushed = 0.0
        self._tail = ""
        self._missing = 0  # bytes that found no room, the tail's among them
        emitter.add(self)

    def feed(self, text: str) -> None:
        with self._emitter.lock:
            self._take(self._redaction.feed(pieces.clean(text)))

    def rest(self) -> None:
        """Writes everything fed so far, because another text follows."""
        with self._emitter.lock:
            self._take(self._redaction.flush())
            self.flush()

    def close(self) -> int:
        """Writes the rest. Returns how many bytes the log lacks."""
        with self._emitter.lock:
            self.rest()
            self._emitter.remove(self)
            return self._close_gap() if self._missing else 0

    def flush(self) -> None:
        """Writes what waits. The caller holds the emitter's lock."""
        self.due = None
        cost = self._emitter.cost(self._type, self._fields)
        while self._pending:
            room = min(LINE_BYTES, self._room, self._emitter.left(LAST_SHARE)) - cost
            piece = pieces.head(self._pending, room) if room > 0 else ""
            if not piece:
                self._skip(self._pending)
                self._pending = ""
                break
            self._room -= cost + len(pieces.encoded(piece)) - 2
            self._pending = self._pending[len(piece) :]
            self._emitter.write(self._type, {**self._fields, "text": piece})
        self._flushed = time.monotonic()

    def _take(self, text: str) -> None:
        if self._missing:
            self._skip(text)
        elif text:
            self._pending += text
            self._plan()

    def _plan(self) -> None:
        if self.due is not None:
            return
        used = self._emitter.used()
        self.due = self._flushed + next((seconds for share, seconds in INTERVALS if used < share), 1.0)
        if self.due <= time.monotonic():
            self.flush()
        else:
            self._emitter.wake()

    def _skip(self, text: str) -> None:
        self._missing += len(text.encode())
        self._tail = (self._tail + text)[-TAIL:]

    def _close_gap(self) -> int:
        text = pieces.tail(self._tail, SMALL_BYTES) if self._emitter.left(LAST_SHARE) > 2 * SMALL_BYTES else ""
        left_out = self._missing - len(text.encode())
        self._emitter.notice("info", f"{left_out:,} bytes of {self._what} are left out of the log here.")
        if text:
            self._emitter.write(self._type, {**self._fields, "text": text})
        return left_out
