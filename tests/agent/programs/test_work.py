"""An attempt whose work a program of its own does over ACP, as somebody who follows its events sees it."""

import json
import os
import signal

import pytest

from aideator_agent import told
from aideator_agent.mcp.server import McpServer
from tests.agent.programs.conftest import FakeAgent
from tests.agent.running import Agent
from tests.agent.shell.containers import Container

CHANGE = {"run": "echo 'x = 2' > a.py; echo changed; exit 3"}


def test_its_words_calls_and_changes_are_told_as_our_own_loops_are(
    agent: Agent, fake: FakeAgent, place: dict[str, str]
) -> None:
    plan = {"sessionUpdate": "plan", "entries": [{"content": "Look", "status": "completed", "priority": "low"}]}
    steps = [
        {"think": "It is a.py."},
        {"update": plan},
        {"say": "I change it."},
        CHANGE,
        {"say": "All "},
        {"say": "done."},
    ]
    record = agent.run(fake.spec(fake.plays(*steps)), **place)

    assert record.outcome == ("succeeded", None, "")
    assert record.end["summary"] == "All done."
    assert b"-x = 1\n+x = 2\n" in record.patch
    assert record.text("say") == "I change it.All done."
    assert record.text("think") == "It is a.py.Plan:\n[x] Look\n"
    (called,) = record.of("call")
    assert (called["tool"], called["arguments"]) == ("bash", {"command": CHANGE["run"]})
    assert record.text("output") == "changed\n"
    assert [(e["id"], e["exit_code"], e["truncated"]) for e in record.of("done")] == [("call-1", 3, 0)]
    assert [(e["files"], e["additions"], e["deletions"]) for e in record.of("changes")] == [(1, 1, 1)]
    kinds = [e["type"] for e in record.events if e["type"] in ("say", "call", "output", "done", "changes")]
    assert kinds == ["say", "call", "output", "done", "changes", *["say"] * (len(kinds) - 5)]
    assert record.end["totals"]["commands"] == 1
    assert [e["name"] for e in record.of("phase") if e["state"] == "end"] == ["clone", "work", "patch"]


def test_it_gets_our_task_in_the_repository(agent: Agent, fake: FakeAgent) -> None:
    record = agent.run(fake.spec(fake.plays({"say": "Nothing to do."}), task="Make x two."))

    assert record.outcome == ("no_changes", None, "")
    assert [p["prompt"] for p in fake.notes("prompt")] == [[{"type": "text", "text": "Make x two."}]]
    assert fake.notes("session")[0] == {"cwd": str(agent.workspace / "repo"), "mcpServers": []}
    (sent,) = record.of("sent")
    assert json.loads(sent["text"])["content"] == "Make x two."


def test_it_gets_the_repositorys_instructions_for_aideators_agents(agent: Agent, fake: FakeAgent) -> None:
    fake.repository.commit({"AGENTS.md": "It reads this itself.", ".aideator/instructions.md": "Touch no test."})
    agent.run(fake.spec(fake.plays(CHANGE), task="Make x two."))

    (prompt,) = fake.notes("prompt")
    told = "Make x two.\n\nThe repository's .aideator/instructions.md says:\n\nTouch no test."
    assert prompt["prompt"][0]["text"] == told


def test_what_the_user_says_interrupts_it_and_it_goes_on(agent: Agent, fake: FakeAgent) -> None:
    file = agent.folder / "told"
    file.touch()
    call = {
        "sessionUpdate": "tool_call",
        "toolCallId": "c",
        "kind": "execute",
        "status": "in_progress",
        "title": "make",
    }
    steps = [{"say": "Waiting."}, {"update": call}, {"wait": True}]
    spec = fake.spec(fake.plays(*steps, then=[CHANGE, {"say": "I heard it."}]))
    with agent.start(spec, AIDEATOR_TOLD=str(file)) as running:
        running.until(lambda e: e["type"] == "call")
        file.write_bytes(told.line("m1", "Make it two."))
        record = running.finish()

    assert record.outcome == ("succeeded", None, "")
    assert record.end["summary"] == "I heard it."
    assert len(fake.notes("cancelled")) == 1
    assert "Make it two." in fake.notes("prompt")[1]["prompt"][0]["text"]
    assert [e["text"] for e in record.of("told")] == ["Make it two."]
    assert [e.get("reason") for e in record.of("done")] == ["stopped", None]


def test_it_gets_the_runs_mcp_servers_as_far_as_it_can_reach_them(agent: Agent, fake: FakeAgent) -> None:
    servers = (
        McpServer("files", command="/bin/serve", args=("--x",), env={"KEY": "${MCP_KEY}"}),
        McpServer("web", url="https://mcp.example.com", headers={"A": "b"}),
    )
    stdio = {
        "name": "files",
        "command": "/bin/serve",
        "args": ["--x"],
        "env": [{"name": "KEY", "value": "a-key-for-it"}],
    }
    record = agent.run(fake.spec(fake.plays(CHANGE), mcp=servers), MCP_KEY="a-key-for-it")
    assert fake.notes("session")[-1]["mcpServers"] == [stdio]
    assert "reaches no MCP server by HTTP" in record.notices("warning")

    able = {"protocolVersion": 1, "agentCapabilities": {"mcpCapabilities": {"http": True}}}
    agent.run(fake.spec(fake.plays(CHANGE, initialize=able), mcp=servers), MCP_KEY="a-key-for-it")
    program, address = fake.notes("session")[-1]["mcpServers"]
    assert program == stdio
    assert (address["type"], address["name"]) == ("http", "web")
    assert address["url"].startswith("http://127.0.0.1:")  # the key proxy's, which has the headers

    record = agent.run(fake.spec(fake.plays(CHANGE), mcp=servers))
    assert record.outcome == ("failed", "infrastructure", "an MCP server needs MCP_KEY, which has no value")


def test_a_container_that_dies_while_it_works_leaves_the_patch(
    agent: Agent, fake: FakeAgent, container: Container
) -> None:
    spec = fake.spec(fake.plays(CHANGE, {"say": "Waiting."}, {"wait": True}))
    with agent.start(spec, AIDEATOR_CHANNEL=str(container.channel)) as running:
        running.until(lambda e: e["type"] == "say")
        os.kill(container.first, signal.SIGKILL)
        record = running.finish()

    assert record.outcome == ("failed", "infrastructure", "the container of fake was lost while it worked")
    assert b"+x = 2" in record.patch


@pytest.mark.parametrize("answers", [0, 1])
def test_killed_before_its_work_it_has_failed_without_a_change(agent: Agent, fake: FakeAgent, answers: int) -> None:
    dying = {"initialize": {"die": -9}} if answers == 0 else {"session": {"die": -9}}
    record = agent.run(fake.spec(fake.plays(**dying)))

    assert record.outcome[:2] == ("failed", "agent")
    assert "fake ended before it began (exit 137)" in record.end["reason"]
    assert record.patch == b""
