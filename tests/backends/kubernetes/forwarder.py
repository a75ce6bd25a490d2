"""A way to a server that a test can cut and mend again."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self


class Forwarder:
    """Passes on every connection that comes to `port`, until `cut`. `passed`: how many bytes it has passed on to the server."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._whole = True
        self.passed = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Breaks what is open, and everything that comes."""
        with self._lock:
            self._whole = False
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            self._open.clear()

    def mend(self) -> None:
        with self._lock:
            self._whole = True

    def _count(self, count: int) -> None:
        with self._lock:
            self.passed += count

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                with self._lock:
                    if not self._whole:
                        near.close()
                        continue
                    try:
                        far = socket.create_connection(self._target)
                    except OSError:  # the server is away, and may come back
                        near.close()
                        continue
                    self._open += [near, far]
                for one, other, count in ((near, far, self._count), (far, near, _ignore)):
                    threading.Thread(target=_pump, args=(one, other, count), daemon=True).start()


def _ignore(_: int) -> None:
    """What comes from the server is not counted."""


def _pump(source: socket.socket, sink: socket.socket, count: Callable[[int], None]) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
            count(len(data))
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
