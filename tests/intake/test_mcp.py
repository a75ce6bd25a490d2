"""The file of `--mcp`: what other programs have works, and what is wrong or unsafe is told."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.mcp.server import McpServer
from aideator_agent.program import AgentProgram, Protocol
from aideator_agent.spec import VariationSpec
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.mcp import deaf, load

PROGRAM = {"command": "npx", "args": ["-y", "files"], "env": {"MODE": "read", "FILES_TOKEN": "${FILES_TOKEN}"}}
ADDRESS = {"type": "http", "url": "https://t.example/mcp", "headers": {"Authorization": "Bearer ${TRACKER_TOKEN}"}}


def write(folder: Path, servers: object, name: str = "mcp.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"mcpServers": servers}))
    return path


def test_programs_and_addresses(tmp_path: Path) -> None:
    servers, remarks = load([write(tmp_path, {"files": PROGRAM, "tracker": ADDRESS})])
    assert servers == (
        McpServer("files", command="npx", args=("-y", "files"), env=PROGRAM["env"]),  # type: ignore[arg-type]
        McpServer("tracker", url="https://t.example/mcp", headers=ADDRESS["headers"]),  # type: ignore[arg-type]
    )
    assert remarks == ("MCP server files runs where the model's commands run: they can read FILES_TOKEN",)


def test_several_files_add_up_and_disabled_servers_are_left_out(tmp_path: Path) -> None:
    one = write(tmp_path, {"a": {"command": "a"}, "off": {"command": "b", "disabled": True}})
    other = write(tmp_path, {"c": {"command": "c", "autoApprove": ["x"], "type": "stdio"}}, "other.json")
    servers, remarks = load([one, other])
    assert [server.name for server in servers] == ["a", "c"]
    assert remarks == ("MCP server c: AIdeator ignores autoApprove",)


def test_a_key_that_would_go_unencrypted_is_told(tmp_path: Path) -> None:
    _, remarks = load([write(tmp_path, {"t": {**ADDRESS, "url": "http://t.example/mcp"}})])
    assert remarks == ("MCP server t gets TRACKER_TOKEN unencrypted",)


@pytest.mark.parametrize(
    ("entry", "complaint", "hint"),
    [
        ({"comand": "a"}, "unknown field 'comand'", "did you mean command?"),
        ({"cwd": "/", "command": "a"}, "unknown field 'cwd'", "fields: type"),
        ({}, "a server has either `command` or `url`", ""),
        ({"command": "a", "url": "https://x"}, "a server has either `command` or `url`", ""),
        ({"type": "http", "command": "a"}, "a server has url, a text", ""),
        ({"type": "sse", "url": "https://x"}, "sse was replaced", '"type": "http"'),
        ({"type": "ws", "url": "https://x"}, "unknown type 'ws'", "stdio, http"),
        ({"command": "a", "headers": {"X": "y"}}, "headers has no meaning beside command", ""),
        ({"command": "a", "args": "-x"}, "args takes a list of texts", ""),
        ({"command": "a", "args": ["${X}"]}, "only env and headers take variables", ""),
        ({"command": "a", "env": {"A=B": "c"}}, "'A=B' is no name for env", ""),
        ({"command": "a", "env": {"A": 1}}, "env: A takes a text", ""),
        ({"command": "a", "env": {"GITHUB_TOKEN": "ghp_x"}}, "GITHUB_TOKEN looks like a secret", "${GITHUB_TOKEN}"),
        ({"command": "a", "env": {"A": "${env:X}"}}, "a variable in a form that AIdeator doesn't know", "${NAME}"),
        ({"command": "a", "env": {"A": "${OPENAI_API_KEY}"}}, "OPENAI_API_KEY is a provider's key", ""),
        ({"command": "a", "env": {"A": "${GIT_TOKEN}"}}, "GIT_TOKEN can't be used here", ""),
        ({"command": "a", "env": {"A": "${AIDEATOR_SSH_KEY}"}}, "AIDEATOR_SSH_KEY can't be used here", ""),
        (
            {"url": "https://x", "headers": {"Authorization": "Bearer abc"}},
            "Authorization looks like a secret",
            "secret set",
        ),
        ({"url": "https://x", "headers": {"X": "a\r\nB: c"}}, "headers: X takes a text on one line", ""),
        ({"url": "https://x", "headers": {"a b": "c"}}, "'a b' is no name for headers", ""),
        ({"url": "file:///etc/passwd"}, "url takes an http or https URL", ""),
        ({"url": "https://me:pw@x/"}, "a URL must not hold a password", ""),
        ({"url": "https://x/${KEY}"}, "only env and headers take variables", ""),
        ("npx files", "a server is an object", ""),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, entry: Any, complaint: str, hint: str) -> None:
    path = write(tmp_path, {"own": entry})
    with pytest.raises(AideatorError) as caught:
        load([path])
    assert caught.value.code is ExitCode.USAGE
    assert caught.value.message.startswith(f"MCP file {path}, own: ")
    assert complaint in caught.value.message
    assert hint in (caught.value.hint or "")
    assert "ghp_x" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{\n// comment\n}", "line 2:"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "must have an object `mcpServers`"),
        ('{"servers": {"a": {}}}', "VS Code's `servers` is another form"),
        ('{"mcpServers": {}}', "must have an object `mcpServers`"),
        ('{"mcpServers": {"a__b": {"command": "x"}}}', "a server's name has up to 32 letters"),
        ('{"mcpServers": {"../a": {"command": "x"}}}', "a server's name has up to 32 letters"),
    ],
)
def test_a_file_that_is_none_is_told(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "mcp.json").write_text(text)
    with pytest.raises(AideatorError) as caught:
        load([tmp_path / "mcp.json"])
    assert complaint in caught.value.message


def test_two_servers_of_one_name(tmp_path: Path) -> None:
    with pytest.raises(AideatorError, match="another file has a server of this name"):
        load([write(tmp_path, {"a": {"command": "a"}}), write(tmp_path, {"a": {"command": "b"}}, "b.json")])


def working(protocol: Protocol) -> VariationSpec:
    return VariationSpec(1, "m", agent=AgentProgram("other", protocol, "other", "openai", "https://api.example"))


def test_an_agent_that_takes_no_servers_is_told(tmp_path: Path) -> None:
    servers, _ = load([write(tmp_path, {"files": PROGRAM})])
    assert deaf(servers, [VariationSpec(1, "m"), working("acp")], "all") == ()
    assert deaf((), [working("text")], "own") == ()
    assert deaf(servers, [working("text"), working("text")], "own") == (
        "other gets no tools of MCP servers: it does not speak ACP",
    )
    assert deaf((), [working("text")], "all") == ("other gets no search_code: it does not speak ACP",)
    asked = replace(working("text"), tools=("search_code",))
    assert deaf((), [asked], "own") == ("other gets no search_code: it does not speak ACP",)
