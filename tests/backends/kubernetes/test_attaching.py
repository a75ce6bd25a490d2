"""The connection to a container's standard input, where many files are open."""

import fcntl
import resource
import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import websocket

from aideator_cli.backends.kubernetes.attaching import StandardInput
from aideator_cli.backends.kubernetes.client import ConnectionFailed

MANY = 1500  # files, as a server has that shows that many streams


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection, the first behind so many other files."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 2 * MANY), before[1]))
    low, other = socket.socketpair()
    with low, other, socket.socket(fileno=fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, MANY)) as high:
        yield high, other
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_that_it_was_closed_is_seen_behind_however_many_files(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, other = pair
    stdin = StandardInput.__new__(StandardInput)
    stdin._socket = SimpleNamespace(sock=ours, recv_data=lambda: (websocket.ABNF.OPCODE_CLOSE, ours.recv(1)))
    stdin.expect_open()
    other.send(b"x")
    with pytest.raises(ConnectionFailed, match="the connection was closed"):
        stdin.expect_open()
