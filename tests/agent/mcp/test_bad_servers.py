"""MCP servers that do not do what they should: the outcome is right, the patch is kept, and one line says what to do."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.mcp.client import Client
from aideator_agent.mcp.link import Failed
from aideator_agent.mcp.server import McpServer
from aideator_agent.mcp.tool import Tool, tool
from tests.agent.running import Agent, Record, bash, call, spec_of, submit
from tests.fixtures.repositories import LocalRepository

HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "x", "version": "1"}}
SERVER = """\
import json, sys
answers = json.load(open(sys.argv[1]))
for line in sys.stdin:
    message = json.loads(line)
    answer = answers.get(message.get("method"))
    if answer == "die":
        print("out of memory", file=sys.stderr)
        sys.exit(9)
    if answer == "garbage":
        print("Welcome to the server!")
        print(json.dumps({"jsonrpc": "2.0", "id": 99, "result": {}}))
        print("[" * 100000, flush=True)
    elif answer is not None and "id" in message:
        print(json.dumps({"jsonrpc": "2.0", "id": 7, "method": "roots/list"}))
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}), flush=True)
"""


def server(folder: Path, **answers: Any) -> McpServer:
    """A server that gives these answers, `_` for `/` in the methods' names."""
    (folder / "server.py").write_text(SERVER)
    usual = {"initialize": {"result": HELLO}, "tools_list": {"result": {"tools": []}}}
    told = {name.replace("_", "/"): answer for name, answer in {**usual, **answers}.items()}
    (folder / "answers.json").write_text(json.dumps(told))
    return McpServer("own", command=sys.executable, args=(str(folder / "server.py"), str(folder / "answers.json")))


def work(agent: Agent, repository: LocalRepository, server: McpServer, *turns: dict[str, Any], **more: str) -> Record:
    return agent.run(spec_of(str(repository.path), [*turns, submit()], mcp=(server,)), **more)


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"initialize": "die"}, "it ended before it answered `initialize` (ended with exit code 9: out of memory)"),
        ({"initialize": {"error": {"code": 1, "message": "no\nlicence"}}}, "it refused `initialize`: no licence"),
        ({"initialize": {"result": {**HELLO, "protocolVersion": "1999-01-01"}}}, "it speaks version 1999-01-01 of MCP"),
        ({"tools_list": "die"}, "it ended before it answered `tools/list`"),
    ],
)
def test_one_that_can_not_begin_ends_the_attempt_before_the_model_is_asked(
    agent: Agent, repository: LocalRepository, tmp_path: Path, answers: dict[str, Any], reason: str
) -> None:
    record = work(agent, repository, server(tmp_path, **answers))
    assert record.outcome[:2] == ("failed", "infrastructure")
    assert record.outcome[2].startswith(f"MCP server own: {reason}")
    assert not record.of("usage")
    assert record.of("patch")


def test_one_that_is_not_there_is_told_with_what_to_do(agent: Agent, repository: LocalRepository) -> None:
    record = work(agent, repository, McpServer("own", command="no-such-program"))
    assert "no-such-program is not there: install it in the image" in record.outcome[2]


def test_one_whose_secret_is_missing_is_told(agent: Agent, repository: LocalRepository) -> None:
    record = work(agent, repository, McpServer("own", url="http://127.0.0.1:1/mcp", headers={"X": "${OWN_KEY}"}))
    assert "it needs OWN_KEY, which has no value" in record.outcome[2]


def test_an_address_where_nobody_is(agent: Agent, repository: LocalRepository) -> None:
    record = work(agent, repository, McpServer("own", url="http://127.0.0.1:1/mcp?key=secret"))
    assert (
        record.outcome[2] == "MCP server own: http://127.0.0.1:1/mcp can't be reached: [Errno 111] Connection refused"
    )


class Mute:
    """A connection on which nothing comes."""

    def ask(self, method: str, params: object, seconds: float) -> dict[str, Any]:  # noqa: ARG002
        from aideator_agent.programs.messages import Silent

        raise Silent

    def tell(self, method: str, params: object) -> None: ...

    def agreed(self, version: str) -> None: ...

    def complaint(self) -> str:
        return "; it wrote 'Welcome!'"

    def close(self) -> None: ...


def test_one_that_never_answers_is_told_with_what_it_wrote() -> None:
    with pytest.raises(Failed, match=r"it did not answer `initialize` within 60 seconds; it wrote 'Welcome!'"):
        Client("own", Mute).begin()


def test_garbage_between_the_messages_does_no_harm(agent: Agent, repository: LocalRepository, tmp_path: Path) -> None:
    tools = [{"name": "greet", "inputSchema": {"type": "object"}}]
    own = server(tmp_path, tools_list={"result": {"tools": tools}}, tools_call={"result": {"content": [{"type": "text", "text": "hi"}]}},
                 notifications_initialized="garbage")  # fmt: skip
    record = work(agent, repository, own, {"calls": [call("own__greet")]}, bash("echo y > b.py"))
    assert record.of("output")[0]["text"] == "hi"
    assert record.outcome[0] == "succeeded"
    assert "MCP server own wrote what is no message: Welcome to the server!" in record.notices("debug")


@pytest.mark.parametrize(
    ("answer", "text", "code"),
    [
        ({"error": {"code": -1, "message": "no such thing"}}, "[own refused the call: no such thing]", 1),
        ({"result": {"content": "x"}}, "", 0),
        ({"result": {"structuredContent": {"sum": 5}}}, '{"sum":5}', 0),
        ({"result": {"content": [{"type": "image", "mimeType": "image/png"}, 3]}}, "[image of type image/png, which is not shown]", 0),
        ({"result": {"content": [{"type": "text", "text": "a\x1b[2J\ud800"}], "isError": True}}, "a\x1b[2J?", 1),
    ],
)  # fmt: skip
def test_whatever_a_tool_answers_the_work_goes_on(
    agent: Agent, repository: LocalRepository, tmp_path: Path, answer: dict[str, Any], text: str, code: int
) -> None:
    own = server(tmp_path, tools_list={"result": {"tools": [{"name": "greet"}]}}, tools_call=answer)
    record = work(agent, repository, own, {"calls": [call("own__greet")]}, bash("echo y > b.py"))
    assert record.text("output").replace("\ufffd", "?") == text
    assert record.of("done")[0]["exit_code"] == code
    assert record.outcome[0] == "succeeded"


def test_hostile_tools_are_offered_safely_or_left_out(
    agent: Agent, repository: LocalRepository, tmp_path: Path
) -> None:
    tools = [
        {"name": "submit", "description": "x" * 1_000_000},
        {"name": "../../etc; rm -rf ~\u202e"},
        {"name": "huge", "inputSchema": {"properties": {"a": {"description": "x" * 20_000}}}},
        {"name": 7},
        "greet",
    ]
    own = server(tmp_path, tools_list={"result": {"tools": tools}})
    record = work(agent, repository, own)
    assert "MCP server own offers 2 tools." in record.notices("info")
    told = record.notices("warning")
    assert "huge, whose schema has more than 16,384 bytes; a tool without a name; a tool without a name" in told
    assert record.outcome[0] == "no_changes"


def made(listed: object, *taken: str) -> Tool:
    found = tool("own", listed, taken)
    assert isinstance(found, Tool)
    return found


def test_names_are_safe_unique_and_short() -> None:
    assert made({"name": "greet"}).shown == "own__greet"
    assert made({"name": "greet"}, "own__greet").shown != "own__greet"
    assert made({"name": "a b"}).shown != made({"name": "a;b"}).shown
    for name in ("a/b\n", "x" * 500, "ü", "\ud800"):
        assert set(made({"name": name}).shown) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
        )
        assert len(made({"name": name}).shown) <= 64


def test_descriptions_and_schemas_are_bounded() -> None:
    assert len(made({"name": "a", "description": "x" * 1_000_000}).description) <= 2_002
    assert made({"name": "a", "description": {"x": 1}}).description == ""
    deep: dict[str, Any] = {}
    for _ in range(30):
        deep = {"properties": {"a": deep}}
    assert isinstance(tool("own", {"name": "a", "inputSchema": deep}, ()), str)
    assert made({"name": "a"}).parameters == {"type": "object", "properties": {}}
