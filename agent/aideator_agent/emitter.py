"""The attempt's events: one JSON object per line, numbered, redacted, at most `LINE_BYTES` each, and limited in total.

`CLOSING_BYTES` of the total are reserved for patch, checks and `end`. The rest is for the work.
"""

import os
import select
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from aideator_agent import pieces
from aideator_agent.keys import Redactor
from aideator_agent.protocol import BEAT_SECONDS, LINE_BYTES, OUTPUT_BYTES, PATCH_BYTES, VERSION
from aideator_agent.verdict import limit

CLOSING_BYTES: Final = PATCH_BYTES + PATCH_BYTES // 32 + 512 * 1024
WORK_TYPES: Final = frozenset({"say", "think", "call", "output", "done", "usage", "sent", "changes"})
COUNTED_TYPES: Final = WORK_TYPES | {"notice", "told", "checkpoint"}  # which are never refused
TEXT_TYPES: Final = frozenset({"sent", "told", "notice"})  # types whose `text` may span several records
SENT_SHARE: Final = 0.4  # of the work's room, after which requests leave only their hash in the log
LEAST_NUMBER: Final = 10**7  # reserves space for part numbers while a line is measured

Fields = Mapping[str, Any]


class Pending(Protocol):
    """Text that waits to be written as a record."""

    due: float | None  # time.monotonic() at which to write it; None: nothing waits

    def flush(self) -> None: ...


class Emitter:
    def __init__(
        self, fd: int, redactor: Redactor, *, bound: int = OUTPUT_BYTES, beat_seconds: float = BEAT_SECONDS
    ) -> None:
        self.redactor = redactor
        self.lock = threading.RLock()
        self._fd = fd
        self._work_bytes = bound - CLOSING_BYTES
        self._beat_seconds = beat_seconds
        self._seq = 0
        self._used = 0  # bytes of the records written for the work
        self._last = time.monotonic()
        self._open = True
        self._changed = threading.Condition(self.lock)
        self._streams: list[Pending] = []
        self._clock = threading.Thread(target=self._keep_time, name="beat", daemon=True)
        self._clock.start()

    def emit(self, type_: str, /, **fields: Any) -> None:
        """Emits an event; a long notice, request or call takes several records. Raises `Ended` when the log is full."""
        fields = self.redacted(fields)
        with self.lock:
            if self._size(type_, fields) <= LINE_BYTES:
                self.write(type_, fields)
            elif type_ == "call":
                text = pieces.encoded(fields.pop("arguments"))
                self._write_parts(type_, fields, text)
            elif type_ in TEXT_TYPES:
                self._write_parts(type_, fields, fields.pop("text"))
            else:
                self.write(type_, self._squeezed(type_, fields))

    def notice(self, level: str, text: str) -> None:
        """`level`: debug, info, warning or error."""
        self.emit("notice", level=level, text=text)

    def sent(self, step: int, host: str | None, sha256: str, text: str) -> None:
        """Emits what a request to the model adds. Of the text only the hash stays when the log is filling."""
        shown = {"text": text} if len(text) <= self.left(SENT_SHARE) else {}
        self.emit("sent", step=step, host=host, sha256=sha256, **shown)

    def checkpoint(self, text: str, *, step: int, **last: Any) -> None:
        """Emits a checkpoint, in which everything is redacted already. `last` goes into the last part."""
        with self.lock:
            self._write_parts("checkpoint", {"step": step}, text, last)

    def patch(self, encoding: str, text: str, **last: Any) -> None:
        """Emits the patch unchanged, never redacted. `last` goes into the last part."""
        with self.lock:
            self._write_parts("patch", {"encoding": encoding}, text, pieces.clean(last))

    def answer(self, text: str, **last: Any) -> None:
        """Emits an answer that is redacted already. `last` goes into the last part."""
        with self.lock:
            self._write_parts("answer", {}, text, pieces.clean(last))

    def end(self, **fields: Any) -> None:
        """Emits the last record. Everything later is dropped."""
        with self.lock:
            fields = {**self.redacted(fields), "last": self._seq}
            self.write("end", self._squeezed("end", fields))
            self._open = False
            self._changed.notify()

    def redacted(self, value: Any) -> Any:
        return self._redact(pieces.clean(value))

    def left(self, share: float) -> int:
        """Returns the bytes that the work may still write before it has used this share (0..1) of its space."""
        return int(self._work_bytes * share) - self._used

    @property
    def room(self) -> int:
        """Returns the bytes that the work may write in all."""
        return self._work_bytes

    @property
    def used_bytes(self) -> int:
        return self._used

    def used(self) -> float:
        """Returns the share of its space that the work has used."""
        return self._used / self._work_bytes

    def cost(self, type_: str, fields: Fields) -> int:
        """Returns the bytes of such a record without its text. The rest of the line is available for text."""
        return self._size(type_, {**fields, "text": ""})

    def add(self, stream: Pending) -> None:
        with self.lock:
            self._streams.append(stream)

    def remove(self, stream: Pending) -> None:
        with self.lock:
            self._streams.remove(stream)

    def wake(self) -> None:
        """Signals that a stream's `due` has changed."""
        self._changed.notify()

    def write(self, type_: str, fields: Fields) -> None:
        """Writes one record that is redacted and fits into a line. The caller holds the lock."""
        if not self._open:
            return
        line = self._line(type_, fields, self._seq)
        if type_ in WORK_TYPES and len(line) > self.left(1.0):
            raise limit("output")
        if type_ in COUNTED_TYPES:
            self._used += len(line)
        _write_all(self._fd, line)
        self._seq += 1
        self._last = time.monotonic()

    def _line(self, type_: str, fields: Fields, seq: int) -> bytes:
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        record = {"v": VERSION, "seq": seq, "time": now, "type": type_, **fields}
        return pieces.encoded(record).encode("ascii") + b"\n"

    def _size(self, type_: str, fields: Fields) -> int:
        """Returns the most bytes that such a record can take, however high its numbers get."""
        return len(self._line(type_, fields, LEAST_NUMBER))

    def _write_parts(self, type_: str, fields: Fields, text: str, last: Fields | None = None) -> None:
        measured = {**fields, "part": LEAST_NUMBER, "parts": LEAST_NUMBER}
        texts = pieces.split(text, LINE_BYTES - self.cost(type_, measured))
        last = last or {}
        if self._size(type_, {**measured, **last, "text": texts[-1]}) > LINE_BYTES:
            texts.append("")
        for number, piece in enumerate(texts, start=1):
            extra = last if number == len(texts) else {}
            self.write(type_, {**fields, "part": number, "parts": len(texts), "text": piece, **extra})

    def _squeezed(self, type_: str, fields: Fields) -> dict[str, Any]:
        """Returns the record, with long texts cut if it would not fit into a line."""
        squeezed = dict(fields)
        room = LINE_BYTES // 2
        while self._size(type_, squeezed) > LINE_BYTES and room > 64:
            squeezed = {name: _squeeze(value, room) for name, value in squeezed.items()}
            room //= 2
        return squeezed

    def _redact(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.redactor.text(value)
        if isinstance(value, dict):
            return {self._redact(name): self._redact(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._redact(part) for part in value]
        return value

    def _keep_time(self) -> None:
        with self.lock:
            while self._open:
                now = time.monotonic()
                for stream in [s for s in self._streams if s.due is not None and s.due <= now]:
                    stream.flush()
                if now - self._last >= self._beat_seconds:
                    self.write("beat", {})
                dues = [s.due for s in self._streams if s.due is not None]
                self._changed.wait(max(0.0, min([self._last + self._beat_seconds, *dues]) - time.monotonic()))


def _squeeze(value: Any, room: int) -> Any:
    return pieces.shortened(value, room) if isinstance(value, str) else value


def _write_all(fd: int, data: bytes) -> None:
    while data:
        try:
            data = data[os.write(fd, data) :]
        except BlockingIOError:  # the descriptor may be non-blocking, depending on who made it
            select.select([], [fd], [])
