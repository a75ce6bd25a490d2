"""`python -m bench.serve_peer EVENTS RATE`: the bare framework. Each stream sends the same bytes as `aideator serve`, out of memory."""

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator
from itertools import cycle, islice

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from aideator_cli.system.clock import now
from bench.made_up import RECORD, TURN

TICK = 0.02
EVENTS, RATE = int(sys.argv[1]), float(sys.argv[2])


class Source:
    """What has been written of one agent so far: pieces, made once for all."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.changed = asyncio.Event()

    def add(self, piece: bytes) -> None:
        self.pieces.append(piece)
        self.changed.set()
        self.changed = asyncio.Event()


SOURCES = {number: Source() for number in (1, 2, 3)}
TASKS: list["asyncio.Task[None]"] = []


async def write() -> None:
    turns = {number: enumerate(islice(cycle(TURN), EVENTS)) for number in SOURCES}
    begun, written = time.monotonic(), 0
    while written < EVENTS:
        upto = min(EVENTS, int((time.monotonic() - begun) * RATE) + 1)
        for number, turn in turns.items():
            SOURCES[number].add(
                b"".join(_frame(number, RECORD % (seq, now(), *of)) for seq, of in islice(turn, upto - written))
            )
        written = upto
        await asyncio.sleep(TICK)
    for number, source in SOURCES.items():
        source.add(_frame(number, RECORD % (EVENTS, now(), "end", '"outcome":"no_changes"')))


def _frame(number: int, record: str) -> bytes:
    head = f'{{"kind":"event","run":"b123456","variation":{number},"attempt":"01234567-0123-0123-0123-0123456789ab","event":'
    return f"id: b123456-123456-12\nevent: event\ndata: {head}{record[:-1]}}}\n\n".encode()


async def stream(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        source, at = SOURCES[int(request.path_params["number"])], 0
        yield b": begun\n\n"
        while True:
            while at < len(source.pieces):
                at += 1
                yield source.pieces[at - 1]
            await source.changed.wait()

    return StreamingResponse(pieces(), media_type="text/event-stream")


async def begin(_request: Request) -> Response:
    TASKS.append(asyncio.create_task(write()))
    return Response()


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(f"127.0.0.1:{listening.getsockname()[1]}", flush=True)
        app = Starlette(routes=[Route("/begin", begin), Route("/{number:int}", stream)])
        config = uvicorn.Config(app, http="httptools", log_level="critical", timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
