"""A run whose agents have roles, variables and the tools of an MCP server, in pods and on this machine, through real LiteLLM over HTTP."""

import json

from tests.end_to_end.conftest import Place
from tests.end_to_end.test_run import models
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


def test_roles_variables_and_mcp_servers_reach_the_model_and_their_answers_come_back(place: Place) -> None:
    place.git.add("project", {"server.py": SERVER, "a.py": "x = 1\n", ".aideator/instructions.md": "Say why.\n"})
    turns: list[Element] = [
        {"calls": [{"tool": "greeter__greet", "arguments": {"who": "Ada"}}]},
        {"calls": [{"tool": "write_file", "arguments": {"path": "b.py", "content": "y = 1\n"}}]},
        {"calls": [{"tool": "submit", "arguments": {"summary": "Done."}}]},
    ]
    provider = place.provide({"greets": turns})
    servers = {"greeter": {"command": "python3", "args": ["server.py"]}}
    (place.user.folder / "mcp.json").write_text(json.dumps({"mcpServers": servers}))

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
