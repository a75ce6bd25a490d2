"""Server-sent events, as a server writes them, and what they say of a run."""

import json
from collections.abc import Iterator
from typing import IO, Any, Final, NamedTuple

from aideator_cli.errors import unavailable

MOST: Final = 64 * 2**20  # bytes of one event


class Sent(NamedTuple):
    """One server-sent event. A comment is one of the kind `beat`."""

    kind: str
    data: bytes
    id: str | None


def read(lines: IO[bytes]) -> Iterator[Sent]:
    """Yields events until the stream ends. One without data, which moves the id alone, has the kind `moved`.

    Raises `AideatorError` for one that is larger than any.
    """
    kind, data, told, size = "message", list[bytes](), None, 0
    while line := lines.readline(MOST + 1):
        size += len(line)
        if size > MOST:
            raise unavailable(f"the server sends an event of more than {MOST // 2**20} MiB", hint="check the URL")
        text = line.rstrip(b"\r\n")
        if not text:
            if data or told is not None:
                yield Sent(kind if data else "moved", b"\n".join(data), told)
            kind, data, told, size = "message", [], None, 0
            continue
        name, _, value = text.partition(b":")
        value = value.removeprefix(b" ")
        if not name:
            yield Sent("beat", b"", None)
        elif name == b"data":
            data.append(value)
        elif name == b"event":
            kind = value.decode(errors="replace")
        elif name == b"id":
            told = value.decode(errors="replace")


def line_of(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Returns whose event it is (`run`, `variation`, `attempt`), and the agent's own line, byte for byte."""
    head, found, rest = data.partition(b',"event":')
    if found:
        return json.loads(head + b"}"), rest[:-1]
    record = json.loads(data)
    return record, record["line"].encode()


def row_of(told: str | None) -> int:
    """Returns the place of an event in the server's log, from its id: RUN-EVENTS-OBSERVATIONS."""
    parts = (told or "").split("-")
    return int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() else 0
