"""Real coding agents do the demo's task on this machine, against a provider that plays a script: no account and no network."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aideator_cli.intake.agents import presets
from tests.agents.demo_task import CHECK, COMMANDS, DEMO, EDITS, KEY, PROMPT, repository
from tests.end_to_end.user import Done, User
from tests.fixtures.agents import Agents
from tests.fixtures.wire_server import WireServer, WireServers

KEYS = dict.fromkeys(("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"), KEY)
MODELS = {
    "claude": "anthropic/claude-sonnet-4-5",
    "codex": "openai/gpt-5",
    "gemini": "gemini/gemini-2.5-pro",
    "opencode": "openai/gpt-5",
    "qwen": "openai/gpt-5",
}
READING = {"claude": "Read", "gemini": "read_file", "opencode": "read", "qwen": "read_file"}  # a tool that reads
Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, real_agents: Agents) -> Run:
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_TOKEN"))}
    own = {"AIDEATOR_HOME": str(tmp_path / "home"), "COLUMNS": "120", "NO_COLOR": "1", "PATH": real_agents.path}
    user = User(
        {**kept, **own, **KEYS, "KUBECONFIG": str(tmp_path / "none")},
        ["--backend", "local", "--allow-local-shell", "--json"],
        tmp_path,
    )
    folder = repository(tmp_path / "todo").path

    def start(server: WireServer, *words: str) -> Done:
        return user.run(str(folder), PROMPT, "--api-base", server.url, "--verify", CHECK, *words)

    return start


@pytest.mark.parametrize("agent", MODELS)
def test_it_does_the_demo_s_task(run: Run, wire_server: WireServers, agent: str) -> None:
    server = wire_server(COMMANDS, key=KEY)
    done = run(server, "--agent", f"{agent}/{MODELS[agent]}:1")
    assert done.code == 0, done.out
    (result,) = done.of("result")
    assert (result["agent"], result["model"], result["outcome"]) == (agent, MODELS[agent], "succeeded")
    assert (result["files"], result["additions"], result["deletions"]) == (1, 1, 1)
    assert [check["exit_code"] for check in result["checks"] if check["on"] == "patch"] == [0]
    assert result["input_tokens"] >= 1000 * (len(COMMANDS) + 1)
    assert result["summary"] == server.last
    assert {request.key for request in server.requests} == {KEY}
    assert KEY.encode() not in done.out


@pytest.mark.parametrize("model", ["openai/gpt-5", "anthropic/claude-sonnet-4-5"])
def test_aider_does_the_demo_s_task_by_editing_what_it_found_in_its_map(
    run: Run, wire_server: WireServers, model: str
) -> None:
    server = wire_server([], key=KEY, asides=EDITS)
    done = run(server, "--agent", f"aider/{model}:1")
    assert done.code == 0, done.out
    (result,) = done.of("result")
    assert (result["agent"], result["outcome"]) == ("aider", "succeeded")
    assert (result["files"], result["additions"], result["deletions"]) == (1, 1, 1), "its cache is no part of the patch"
    assert [check["exit_code"] for check in result["checks"] if check["on"] == "patch"] == [0]
    assert result["input_tokens"] == 1000 * len(server.requests) == 1000 * result["steps"]
    assert "Applied edit to todo.py" in result["summary"]
    assert {request.key for request in server.requests} == {KEY}
    assert KEY.encode() not in done.out
    assert b"Failed to resolve" not in done.out, "it asks nobody but its model"


def test_a_run_mixes_them_with_aideator_s_own_loop_and_tells_who_made_what(run: Run, wire_server: WireServers) -> None:
    server = wire_server(COMMANDS, key=KEY)
    agents = f"claude/{MODELS['claude']}:1,gemini/{MODELS['gemini']}:1,own/scripted/{DEMO / 'right.yaml'}:1"
    done = run(server, "--agent", agents)
    assert done.code == 0, done.out
    told = [(result["agent"], result["outcome"]) for result in done.of("result")]
    assert sorted(told, key=str) == [("claude", "succeeded"), ("gemini", "succeeded"), (None, "succeeded")]
    assert {request.wire for request in server.requests} == {"anthropic", "gemini"}


@pytest.mark.parametrize(
    ("limit", "reason"),
    [(("--max-steps", "4"), "steps"), (("--max-cost", "0.01"), "cost"), (("--max-tokens", "4000"), "tokens")],
)
def test_a_model_that_never_stops_is_ended_by_the_limits_and_its_patch_is_kept(
    run: Run, wire_server: WireServers, limit: tuple[str, str], reason: str
) -> None:
    server = wire_server(["echo again >> notes.txt"], endless=True)
    done = run(server, "--agent", f"codex/{MODELS['codex']}:1", *limit)
    assert done.code == 6, done.out
    (result,) = done.of("result")
    assert (result["outcome"], result["reason"], result["files"]) == ("limit", reason, 1)
    assert len(server.requests) <= 12


@pytest.mark.parametrize("agent", READING)
def test_an_agent_has_no_tools_but_those_of_its_role(
    run: Run, wire_server: WireServers, tmp_path: Path, agent: str
) -> None:
    server = wire_server([], key=KEY)
    (tmp_path / "reader.md").write_text("---\ntools: [read_file]\ntemperature: 0.3\n---\nYou read.\n")
    done = run(
        server, "--agent", f"{agent}/{MODELS[agent]}:1", "--role", str(tmp_path / "reader.md"), "--max-output", "900"
    )
    assert done.code in (0, 1, 5), done.out
    offered = [request for request in server.requests if request.question.tools]
    assert offered, done.out
    names = {name for request in offered for name in request.question.tools}
    assert READING[agent] in names
    assert names <= set(presets.find(agent).tools["read_file"])
    sampling = [request.body.get("generationConfig", request.body) for request in server.requests]
    assert {each["temperature"] for each in sampling} == {0.3}
    lengths = [each[name] for each in sampling for name in each if name.lower().startswith("max")]
    assert lengths
    assert max(lengths) <= 900


def test_an_agent_that_is_not_installed_is_told_before_anything_starts(tmp_path: Path) -> None:
    environment = {"AIDEATOR_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin", "ANTHROPIC_API_KEY": KEY}
    user = User(environment, ["--backend", "local", "--allow-local-shell"], tmp_path)
    done = user.run(str(repository(tmp_path / "todo").path), PROMPT, "--agent", "claude")
    assert done.code == 4
    assert "claude is not installed here: claude-agent-acp is not on the PATH" in done.err
    assert "npm install -g @agentclientprotocol/claude-agent-acp@" in done.err
    assert "docs/agents.md#claude-code" in done.err


def test_agents_lists_what_this_machine_has(tmp_path: Path, real_agents: Agents) -> None:
    environment = {"AIDEATOR_HOME": str(tmp_path / "home"), "PATH": real_agents.path}
    done = User(environment, [], tmp_path).call("agents", "--json")
    assert done.code == 0
    versions = {agent["name"]: agent["version"] for agent in done.of("agent")}
    assert versions["claude"] == "0.101.0"
    assert versions["opencode"] == "1.18.33"
    assert versions["aider"] == "aider 0.86.2"


@pytest.mark.parametrize("agent", ["claude", "opencode"])
def test_its_model_is_told_of_the_search_when_the_run_gives_it_to_all(
    run: Run, wire_server: WireServers, agent: str
) -> None:
    server = wire_server([], key=KEY)
    done = run(server, "--agent", f"{agent}/{MODELS[agent]}:1", "--search", "all")
    assert done.code in (0, 1, 5), done.out
    assert any("search_code" in json.dumps(request.body) for request in server.requests)
