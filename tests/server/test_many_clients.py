"""More clients than the server takes, and clients that hold a connection and say little."""

import asyncio
import http.client
import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aideator_cli.server import gate, patience
from tests.faults.soaking import amount
from tests.server.conftest import API
from tests.server.outages import SECONDS, Work, asked
from tests.server.served import Served, served

CLIENTS, LIMIT, FILES = amount(60, soak=10_000), amount(40, soak=2000), amount(48, soak=1024)
AT_ONCE = 200


def test_streams_above_the_limit_are_refused_and_the_others_stay(tmp_path: Path, repository: Path) -> None:
    """FILES: how many a shell gives a process, which is fewer than the streams."""
    with served(tmp_path / "home", str(LIMIT), str(FILES), module=("tests.server.narrow",)) as server:
        work = Work(server.address, repository, tmp_path)  # has a stream of its own
        counts = asyncio.run(open_streams(server, f"{API}/runs/{work.run}/events"))
        assert counts == {200: LIMIT - 1, 429: CLIENTS - LIMIT + 1}
        work.release(log := tmp_path / "home" / "runs" / work.run / "1")
        work.assert_whole(log)


async def open_streams(server: Served, path: str) -> Counter[int]:
    """Opens them all, lets nobody go, and returns how they were answered."""
    host, port = server.address.removeprefix("http://").split(":")
    free = asyncio.Semaphore(AT_ONCE)

    async def opened() -> tuple[asyncio.StreamWriter, int]:
        async with free:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            status = int(head.split()[1])
            if status == 429:
                assert "\r\nretry-after: 5\r\n" in head
                assert "\r\ncontent-type: application/problem+json\r\n" in head
            return writer, status

    began = time.monotonic()
    found = await asyncio.gather(*(opened() for _ in range(CLIENTS)))
    counts = Counter(status for _, status in found)
    print(f"{CLIENTS} streams asked for in {time.monotonic() - began:.1f} s: {dict(counts)}")
    assert (await asyncio.to_thread(asked, server.address, "/healthz"))[0] == 200
    freed, _ = next(each for each in found if each[1] == 200)
    freed.close()
    deadline = time.monotonic() + SECONDS
    while (again := await opened())[1] != 200:  # as soon as the server has seen that it is closed
        assert time.monotonic() < deadline
        again[0].close()
        await asyncio.sleep(0.05)
    for writer, _ in (*found, again):
        writer.close()
    return counts


@pytest.fixture
def hasty(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """A server in this process that waits for nobody for long: its host and port."""
    monkeypatch.setattr(patience, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.5)
    with listening(client) as address:
        yield address


@pytest.fixture
def calm(client: TestClient) -> Iterator[tuple[str, int]]:
    """One that waits as long as it does for users."""
    with listening(client) as address:
        yield address


@contextmanager
def listening(client: TestClient) -> Iterator[tuple[str, int]]:
    import threading

    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as free:
        config = uvicorn.Config(client.app, http=patience.Patient, lifespan="off", log_level="error", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [free]}, daemon=True)
        thread.start()
        yield free.getsockname()
        server.should_exit = True
        thread.join(SECONDS)


def left(connection: socket.socket, drip: bytes) -> bytes:
    """Sends it again and again until the server has closed the connection. Returns what it said."""
    connection.settimeout(SECONDS)
    said, deadline = b"", time.monotonic() + SECONDS
    connection.setblocking(False)
    while time.monotonic() < deadline:
        try:
            connection.send(drip)
            piece = connection.recv(65536)
            if not piece:
                return said
            said += piece
        except BlockingIOError:
            time.sleep(0.05)
        except OSError:
            return said
    raise AssertionError(said)


@pytest.mark.parametrize("begun", [b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
def test_a_head_that_never_ends_is_not_waited_for(hasty: tuple[str, int], begun: bytes) -> None:
    with socket.create_connection(hasty) as connection:
        connection.sendall(begun)
        assert left(connection, b"x" if begun else b"").startswith(b"HTTP/1.1 408 Request Timeout\r\n")


def test_a_head_that_is_too_large_is_refused(calm: tuple[str, int]) -> None:
    with socket.create_connection(calm) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        said = left(connection, b"X-Large: " + b"x" * 8000 + b"\r\n")
        assert said.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")


def test_a_body_that_comes_byte_by_byte_is_not_waited_for(hasty: tuple[str, int]) -> None:
    head = (
        f"POST {API}/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    )
    with socket.create_connection(hasty) as connection:
        connection.sendall(head.encode())
        said = left(connection, b" ")
        assert said.startswith(b"HTTP/1.1 408 ")
        problem = json.loads(said.partition(b"\r\n\r\n")[2])
        assert problem["detail"].startswith("the body did not come within")


@pytest.mark.parametrize("words", ["Content-Length: 2000000", "Transfer-Encoding: chunked"])
def test_a_body_that_is_too_large_is_refused_whoever_says_how_large_it_is(calm: tuple[str, int], words: str) -> None:
    head = f"POST {API}/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{words}\r\n\r\n"
    with socket.create_connection(calm) as connection:
        connection.sendall(head.encode())
        for _ in range(20):
            with suppress(OSError):  # it may have closed the connection by now
                connection.sendall(
                    (f"{100_000:x}\r\n" if "chunked" in words else "").encode() + b" " * 100_000 + b"\r\n"
                )
        connection.settimeout(SECONDS)
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_connection_is_used_again_and_again(calm: tuple[str, int]) -> None:
    connection = http.client.HTTPConnection(*calm)
    ports = set()
    for _ in range(3):
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        ports.add(connection.sock.getsockname())
        with connection.getresponse() as answer:
            assert (answer.status, json.load(answer)["status"]) == (200, "ok")
    assert len(ports) == 1
