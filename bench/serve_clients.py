"""`python -m bench.serve_clients ADDRESS CLIENTS EVENTS PATH…`: each client opens every path, and checks each event that it gets."""

import asyncio
import json
import re
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from statistics import quantiles
from typing import Final, cast

EVENT: Final = re.compile(rb'"seq":(\d+),"time":"([^"]+)"')
TAIL: Final = 512  # bytes: an event's head is shorter


class Stream(asyncio.Protocol):
    """One connection. What it parses is little, because it shares the machine with the server."""

    def __init__(self, host: str, path: str, events: int, told: "Told") -> None:
        self.seqs: list[int] = []
        self._request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        self._events = events
        self._told = told
        self._rest = b""
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(self._request)  # uvloop's is of no class of asyncio

    def data_received(self, data: bytes) -> None:
        if not self._is_open:
            self._is_open = True
            self._told.opened()
        whole, _, self._rest = (self._rest + data).rpartition(b"\n")
        found = EVENT.findall(whole)
        if found:
            self._told.late.append(age(found[0][1]))
            self.seqs += [int(seq) for seq, _ in found]
            if self.seqs[-1] >= self._events // 3:
                self._told.third()
            if self.seqs[-1] >= self._events:  # the agent's `end`
                self._told.ended()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's
        self._told.ended()


class Told:
    def __init__(self, streams: int) -> None:
        self.late: list[float] = []
        self.over = asyncio.Event()
        self._streams = streams
        self._open = self._ended = 0
        self._is_third = False

    def opened(self) -> None:
        self._open += 1
        if self._open == self._streams:
            print("open", flush=True)

    def third(self) -> None:
        if not self._is_third:
            self._is_third = True
            print("third", flush=True)

    def ended(self) -> None:
        self._ended += 1
        if self._ended >= self._streams:
            self.over.set()


def age(stamp: bytes) -> float:
    """Seconds since this time: RFC 3339, UTC."""
    return time.time() - datetime.fromisoformat(stamp.decode()).astimezone(UTC).timestamp()


def counted(streams: Iterable[list[int]], events: int) -> tuple[int, int]:
    """How many of the events 0 to `events` are missing in these streams, and how many are there more than once."""
    lost = doubled = 0
    for seqs in streams:
        lost += len(set(range(events + 1)) - set(seqs))
        doubled += len(seqs) - len(set(seqs))
    return lost, doubled


async def main() -> None:
    address, clients, events, paths = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    host, _, port = address.rpartition(":")
    told = Told(clients * len(paths))
    loop, streams = asyncio.get_running_loop(), list[Stream]()
    for _ in range(clients):
        for path in paths:
            _, stream = await loop.create_connection(
                lambda path=path: Stream(address, path, events, told), host, int(port)
            )  # type: ignore[misc]
            streams.append(stream)
    await told.over.wait()
    lost, doubled = counted((stream.seqs for stream in streams), events)
    found = quantiles(told.late, n=100)
    figures = {"lost": lost, "doubled": doubled, "p50_ms": 1000 * found[49], "p99_ms": 1000 * found[98]}
    print(json.dumps({**figures, "events": sum(len(stream.seqs) for stream in streams)}), flush=True)


if __name__ == "__main__":
    try:
        import uvloop

        uvloop.run(main())
    except ImportError:
        asyncio.run(main())
