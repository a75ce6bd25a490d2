"""A loopback server that answers as a test tells it, where a real API server can't be made to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from aideator_cli.backends.kubernetes.client import Client
from aideator_cli.backends.kubernetes.connection import Address
from aideator_cli.backends.kubernetes.credentials import Credentials, Identity
from aideator_cli.backends.kubernetes.objects import Objects
from aideator_cli.backends.kubernetes.problems import Place

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        told: Fake = self.server.told  # type: ignore[attr-defined]
        with told.lock:
            told.requests.append(f"{self.command} {self.path}")
            told.headers.append(dict(self.headers))
        told.answer(self)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        """Nothing."""

    def json(self, status: int, data: Any, **headers: str) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def begin(self) -> None:
        """A body that comes in chunks: `chunk`."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def break_off(self, status: int, data: bytes) -> None:
        """An answer of which only the beginning comes."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) + 100))
        self.end_headers()
        self.wfile.write(data)
        self.cut()

    def cut(self) -> None:
        """The connection breaks here."""
        self.close_connection = True
        self.connection.shutdown(2)


@dataclass
class Fake:
    answer: Answer
    url: str = ""
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, credentials: Credentials | None = None) -> Client:
        return Client(Address(self.url, "fake"), credentials or Credentials(Identity, renewable=False))

    def objects(self) -> Objects:
        return Objects(self.client(), Place("fake", self.url, "team"))


@contextmanager
def answering(answer: Answer, port: int = 0) -> Iterator[Fake]:
    fake = Fake(answer)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    server.told = fake  # type: ignore[attr-defined]
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_kubeconfig(path: Path, server: str, user: dict[str, Any], *, context: str = "fake") -> Path:
    path.write_text(
        yaml.safe_dump(
            {
                "current-context": context,
                "contexts": [{"name": context, "context": {"cluster": "c", "user": "u", "namespace": "team"}}],
                "clusters": [{"name": "c", "cluster": {"server": server}}],
                "users": [{"name": "u", "user": user}],
            }
        )
    )
    return path
