"""A run whose agents have roles, variables and the tools of an MCP server, in pods and on this machine, through real LiteLLM over HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.end_to_end.conftest import Place
from tests.end_to_end.test_run import models
from tests.fixtures.quiet_server import QuietServer
from tests.fixtures.script_player import Element

SERVER = """\
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    results = {
        "initialize": {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "greeter", "version": "1"}},
        "tools/list": {"tools": [{"name": "greet", "inputSchema": {"type": "object", "properties": {"who": {"type": "string"}}}}]},
    }
    if message["method"] == "tools/call":
        results["tools/call"] = {"content": [{"type": "text", "text": "Hello, " + message["params"]["arguments"]["who"]}]}
    if "id" in message:
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": results[message["method"]]}), flush=True)
"""


TEAM = "greeters"


class Greeter(BaseHTTPRequestHandler):
    """The same server at an address, which lets in only who sends its header."""

    def do_POST(self) -> None:
        message: Any = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        results: dict[str, Any] = {
            "initialize": {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "greeter", "version": "1"}},
            "tools/list": {"tools": [{"name": "greet", "inputSchema": {"type": "object", "properties": {"who": {"type": "string"}}}}]},
        }  # fmt: skip
        if message["method"] == "tools/call":
            greeting = "Hello, " + message["params"]["arguments"]["who"]
            results["tools/call"] = {"content": [{"type": "text", "text": greeting}]}
        if self.headers["X-Team"] != TEAM:
            self.send_error(401)
            return
        answer = {"jsonrpc": "2.0", "id": message.get("id"), "result": results.get(message["method"])}
        text = json.dumps(answer).encode() if "id" in message else b""
        self.send_response(200 if text else 202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Nothing: its answers are what the test looks at."""


@pytest.fixture(params=["program", "address"])
def greeter(request: pytest.FixtureRequest, place: Place) -> Iterator[dict[str, Any]]:
    """An MCP server as a file of MCP servers names it."""
    if request.param == "program":
        yield {"command": "python3", "args": ["server.py"]}
        return
    host = urlsplit(place.git.url("project")).hostname
    with QuietServer((host or "127.0.0.1", 0), Greeter) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield {"url": f"http://{host}:{server.server_address[1]}/mcp", "headers": {"X-Team": TEAM}}
        server.shutdown()


def test_roles_variables_and_mcp_servers_reach_the_model_and_their_answers_come_back(
    place: Place, greeter: dict[str, Any]
) -> None:
    place.git.add("project", {"server.py": SERVER, "a.py": "x = 1\n", ".aideator/instructions.md": "Say why.\n"})
    turns: list[Element] = [
        {"calls": [{"tool": "greeter__greet", "arguments": {"who": "Ada"}}]},
        {"calls": [{"tool": "write_file", "arguments": {"path": "b.py", "content": "y = 1\n"}}]},
        {"calls": [{"tool": "submit", "arguments": {"summary": "Done."}}]},
    ]
    provider = place.provide({"greets": turns})
    (place.user.folder / "mcp.json").write_text(json.dumps({"mcpServers": {"greeter": greeter}}))

    done = place.user.run(
        place.git.url("project"), "Greet {{ who }}.", *models(("greets",), provider.url), "--json",
        "--role", "qa", "--var", "who=Ada", "--mcp", "mcp.json",
    )  # fmt: skip

    assert done.code == 0, done.err
    outputs = [record["event"]["text"] for record in done.of("event") if record["event"]["type"] == "output"]
    assert outputs[0] == "Hello, Ada"
    first = next(asked for asked in provider.requests if asked.played.startswith("turn"))
    system, task = first.messages[0]["content"], first.messages[1]["content"]
    assert "You are a QA engineer." in json.dumps(system)
    assert "Greet Ada." in json.dumps(task)
    assert "Say why." in json.dumps(task)
    assert "greeter__greet" in json.dumps(first.tools)
