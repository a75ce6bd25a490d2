"""What happens to an answer on its way to the agent: the key is taken out, and so is an event that the agent did not ask for."""

import json
from typing import Final, Protocol

from aideator_agent.keys import Redactor

LONGEST: Final = 1024 * 1024  # bytes of an event that is looked at; a longer one passes as it is


class Passing(Protocol):
    def feed(self, piece: bytes) -> bytes:
        """Returns what may go on now."""

    def flush(self) -> bytes:
        """Returns the rest. Nothing may follow."""


class WithoutKey:
    """Replaces the key, also when it comes in two pieces."""

    def __init__(self, redactor: Redactor) -> None:
        self._stream = redactor.stream()

    def feed(self, piece: bytes) -> bytes:
        return self._stream.feed(piece.decode("latin-1")).encode("latin-1")

    def flush(self) -> bytes:
        return self._stream.flush().encode("latin-1")


class WithoutUsage:
    """Leaves out the last event of a chat stream, which tells nothing but the usage that the proxy asked for."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> bytes:
        self._rest += piece
        passed = []
        while (end := _end_of_event(self._rest)) is not None:
            event, self._rest = self._rest[:end], self._rest[end:]
            if not _tells_only_usage(event):
                passed.append(event)
        if len(self._rest) > LONGEST:
            passed.append(self._rest)
            self._rest = b""
        return b"".join(passed)

    def flush(self) -> bytes:
        rest, self._rest = self._rest, b""
        return rest


def _end_of_event(text: bytes) -> int | None:
    ends = [at + len(mark) for mark in (b"\n\n", b"\r\n\r\n") if (at := text.find(mark)) >= 0]
    return min(ends, default=None)


def _tells_only_usage(event: bytes) -> bool:
    data = b"".join(line[5:] for line in event.splitlines() if line.startswith(b"data:"))
    if b'"usage"' not in data:
        return False
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("choices") == [] and isinstance(document.get("usage"), dict)
