"""Stands between the command-line tool and a real API server, and misbehaves now and then as busy servers and load balancers do."""

import base64
import http.client
import random
import ssl
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import yaml

Fault = Literal["429", "500", "cut", "none"]
Choose = Callable[[str, str], Fault]  # of method and path
HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "host")
MOST_BYTES = 10_000  # of an answer, before it is cut
RETRY_AFTER = 1  # seconds


@dataclass(frozen=True)
class Played:
    method: str
    path: str
    fault: Fault
    time: float  # monotonic


class Proxy:
    """Plain HTTP on loopback; `kubeconfig` is for its users."""

    def __init__(self, kubeconfig: Path, choose: Choose) -> None:
        self.choose = choose
        self.played: list[Played] = []
        self._lock = threading.Lock()
        self._config = yaml.safe_load(kubeconfig.read_text())
        server = self._config["clusters"][0]["cluster"]["server"]
        self.target = urlsplit(server)
        self.tls = _tls(self._config)
        token = self._config["users"][0]["user"].get("token")
        self.authorization = {"Authorization": f"Bearer {token}"} if token else {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"owner": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def kubeconfig(self, path: Path) -> Path:
        name = self._config["current-context"]
        context = {"name": name, "context": {"cluster": "c", "user": "u"}}
        cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{self._server.server_port}"}}
        users = [{"name": "u", "user": {"token": "none-needed"}}]
        path.write_text(
            yaml.safe_dump({"current-context": name, "contexts": [context], "clusters": [cluster], "users": users})
        )
        return path

    def play(self, method: str, path: str) -> Fault:
        with self._lock:
            fault = self.choose(method, path)
            self.played.append(Played(method, path, fault, time.monotonic()))
        return fault

    @property
    def counts(self) -> Counter[str]:
        return Counter(played.fault for played in self.played)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Proxy

    def handle(self) -> None:
        with suppress(ConnectionError):  # whoever asked was killed
            super().handle()

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.owner.play(self.command, self.path)
        if fault in ("429", "500"):
            return self._refuse(int(fault))
        target = self.owner.target
        far = http.client.HTTPSConnection(target.hostname or "", target.port, context=self.owner.tls)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in (*HOP, "authorization")}
        kept |= self.owner.authorization
        try:
            far.request(self.command, self.path, body or None, kept)
            return self._answer(far.getresponse(), cut=fault == "cut")
        except (OSError, http.client.HTTPException):
            self.close_connection = True
        finally:
            far.close()
        return None

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _pass  # noqa: N815

    def _answer(self, answer: http.client.HTTPResponse, *, cut: bool) -> None:
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        left = random.randrange(MOST_BYTES) if cut else None
        while data := answer.read1(65536):
            if left is not None and len(data) >= left:
                return self._break(data[:left])
            left = None if left is None else left - len(data)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        if cut:
            return self._break(b"")
        self.wfile.write(b"0\r\n\r\n")
        return None

    def _break(self, last: bytes) -> None:
        """In the middle of a chunk."""
        self.wfile.write(b"%x\r\n%s" % (len(last) + 100, last))
        self.close_connection = True

    def _refuse(self, status: int) -> None:
        body = b'{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too busy","code":%d}' % status
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", str(RETRY_AFTER))
        self.end_headers()
        self.wfile.write(body)


def _tls(config: Any) -> ssl.SSLContext:
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    if "token" in user:
        return context
    with tempfile.NamedTemporaryFile(mode="wb") as file:  # ssl takes a client's certificate from files alone
        for name in ("client-certificate-data", "client-key-data"):
            file.write(base64.b64decode(user[name]))
        file.flush()
        context.load_cert_chain(file.name)
    return context
