"""An MCP server behind an address that does not do what it should."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from aideator_agent.mcp.address import AddressLink
from aideator_agent.mcp.link import Failed
from aideator_agent.mcp.server import McpServer
from aideator_agent.programs.messages import Gone, Refused

Answer = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


class Site:
    """A server whose answers a test gives, and what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = lambda handler, _: send(handler, 200)
        self.asked: list[tuple[str, str | None]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                site.asked.append((self.path, self.headers["Authorization"]))
                site.answer(self, json.loads(body))

            def do_GET(self) -> None:
                site.asked.append((self.path, self.headers["Authorization"]))
                send(self, 200)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def link(self) -> AddressLink:
        server = McpServer("own", url=f"http://127.0.0.1:{self.server.server_port}/mcp")
        return AddressLink(server, {"Authorization": "Bearer key"}, lambda: None)


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def send(
    handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", kind: str = "application/json", **headers: str
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def result(message: dict[str, Any], **found: object) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": found}).encode()


def test_a_redirect_is_not_followed_with_the_key(site: Site) -> None:
    site.answer = lambda handler, _: send(handler, 302, Location=f"http://127.0.0.1:{site.server.server_port}/other")
    with pytest.raises(Failed, match=r"leads to another address \(302\); write the final one into the file"):
        site.link().ask("initialize", {}, 10)
    assert site.asked == [("/mcp", "Bearer key")]


@pytest.mark.parametrize(
    ("status", "body", "complaint"),
    [
        (401, b"", r"refused it \(401\); check the key in its headers"),
        (500, b"out\nof\x1b[2J memory", r"answered 500: out of"),
        (200, b"<html>", "it answered what is no message of MCP"),
        (200, b"[" * 100_000, "it answered what is no message of MCP"),
        (200, b"x" * (9 * 1024 * 1024), "it answered more than 8,388,608 bytes"),
    ],
)
def test_what_it_answers_instead_is_told(site: Site, status: int, body: bytes, complaint: str) -> None:
    site.answer = lambda handler, _: send(handler, status, body)
    with pytest.raises(Failed, match=complaint):
        site.link().ask("initialize", {}, 10)


def test_an_answer_in_a_stream_is_found_among_other_messages(site: Site) -> None:
    def stream(handler: BaseHTTPRequestHandler, message: dict[str, Any]) -> None:
        other = b'data: {"jsonrpc":"2.0","method":"notifications/progress"}\n\n: a comment\n\ndata: no JSON\n\n'
        send(handler, 200, other + b"event: message\ndata: " + result(message, sum=5) + b"\n\n", "text/event-stream")

    site.answer = stream
    assert site.link().ask("tools/call", {}, 10) == {"sum": 5}


def test_a_stream_that_ends_without_an_answer_is_told(site: Site) -> None:
    site.answer = lambda handler, _: send(handler, 200, b": nothing\n\n", "text/event-stream")
    with pytest.raises(Failed, match="it closed the connection before it answered"):
        site.link().ask("tools/call", {}, 10)


def test_an_error_is_one(site: Site) -> None:
    site.answer = lambda handler, message: send(
        handler, 200, json.dumps({"id": message["id"], "error": {"code": 1, "message": "no"}}).encode()
    )
    with pytest.raises(Refused, match="no"):
        site.link().ask("tools/call", {}, 10)


def test_a_session_that_the_server_has_forgotten_is_gone(site: Site) -> None:
    link = site.link()
    site.answer = lambda handler, message: send(handler, 200, result(message), Mcp_Session_Id="s1")
    link.ask("initialize", {}, 10)
    site.answer = lambda handler, _: send(handler, 404)
    with pytest.raises(Gone):
        link.ask("tools/call", {}, 10)
