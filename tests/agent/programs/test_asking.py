"""An agent that is a program asks another role of its team, as somebody who follows its events sees it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from aideator_agent import told
from aideator_agent.colleague import ARGUMENTS, Colleagues
from aideator_agent.mcp.server import McpServer
from aideator_agent.programs.descriptions import described, is_tool
from aideator_agent.spec import Limits, RunSpec
from tests.agent.programs.conftest import FakeAgent
from tests.agent.running import Agent
from tests.agent.test_asking import TEAM, answers
from tests.fixtures.provider import Provider, Reply, document

HTTP = {"protocolVersion": 1, "agentCapabilities": {"mcpCapabilities": {"http": True}}}
KEY = "sk-real-0123456789abcdef"
CHANGE = {"run": "echo 'x = 2' > a.py"}


def says(text: str) -> Reply:
    usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
    return document({"choices": [{"index": 0, "message": {"role": "assistant", "content": text}}], "usage": usage})


def ask(role: str, question: str, server: str = "team") -> dict[str, Any]:
    return {"tool": {"server": server, "tool": "ask", "arguments": {"role": role, "question": question}}}


def spec(
    fake: FakeAgent, provider: Provider, *steps: dict[str, Any], team: Colleagues | None = TEAM, **more: Any
) -> RunSpec:
    """Its agent works as the backend, and does these steps with a model at this provider."""
    program = replace(fake.plays(*steps, initialize=HTTP), upstream=provider.url)
    made = fake.spec(program, colleagues=team, **more)
    return replace(made, variations=(replace(made.variations[0], role="backend"),))


def test_a_role_answers_with_its_own_text_and_the_plan(agent: Agent, fake: FakeAgent, place: dict[str, str]) -> None:
    with Provider(says("On."), says("ISO 8601, always."), says("Done.")) as provider:
        steps = [{"model": 1}, {"say": "I ask."}, ask("cto", "Which format for dates?"), {"model": 1}, CHANGE]
        record = agent.run(spec(fake, provider, *steps), **place, OPENAI_API_KEY=KEY)
        consulted = provider.asked[1]
    assert record.outcome == ("succeeded", None, "")
    assert fake.notes("result") == ["ISO 8601, always."]
    assert answers(record) == [("ISO 8601, always.", "cto", 0), ("", None, 0)]
    asked, changed = record.of("call")  # the agent's own word of the first call is left out
    assert (asked["tool"], asked["arguments"]) == ("ask", {"role": "cto", "question": "Which format for dates?"})
    assert (asked["step"], changed["step"]) == (1, 3)
    system, user = consulted.json["messages"]
    assert system["content"].startswith("You are the CTO.")
    assert "the backend" in system["content"]
    assert user["content"].startswith(TEAM.about)
    assert user["content"].endswith("Which format for dates?")
    assert consulted.json["model"] == "fake"
    assert consulted.headers["authorization"] == f"Bearer {KEY}"
    told_sent = record.of("sent")[1]["text"].splitlines()
    assert [json.loads(message)["role"] for message in told_sent] == ["system", "user"]
    assert (record.end["totals"]["steps"], record.end["totals"]["input"]) == (3, 300)  # it is counted like all else
    kinds = [e["type"] for e in record.events if e["type"] in ("say", "call", "sent", "usage", "output", "done")]
    assert kinds[:8] == ["sent", "usage", "say", "call", "sent", "usage", "output", "done"]


def test_a_person_answers_in_a_role_s_place(agent: Agent, fake: FakeAgent) -> None:
    file = agent.folder / "told"
    file.touch()
    waiting = Colleagues(TEAM.roles, TEAM.about, wait=60.0)
    with Provider(says("On.")) as provider:
        asked = spec(fake, provider, {"model": 1}, ask("cto", "Which format?"), CHANGE, team=waiting)
        with agent.start(asked, AIDEATOR_TOLD=str(file), OPENAI_API_KEY=KEY) as running:
            running.until(lambda event: event["type"] == "call")
            file.write_bytes(told.line("a1", "Unix time."))
            record = running.finish()
        assert len(provider.asked) == 1
    assert fake.notes("result") == ["Unix time."]
    assert fake.notes("cancelled") == []
    assert answers(record)[0] == ("Unix time.", "user", 0)
    assert record.end["totals"]["steps"] == 1


def test_a_question_waits_no_longer_than_it_should_and_the_next_message_interrupts(
    agent: Agent, fake: FakeAgent
) -> None:
    file = agent.folder / "told"
    file.touch()
    waiting = Colleagues(TEAM.roles, TEAM.about, wait=0.2)
    with Provider(says("On."), says("ISO.")) as provider:
        steps = [{"model": 1}, ask("qa", "Which format?"), {"say": "It is ISO."}, {"wait": None}]
        asked = spec(fake, provider, *steps, team=waiting)
        with agent.start(asked, AIDEATOR_TOLD=str(file), OPENAI_API_KEY=KEY) as running:
            running.until(lambda event: event["type"] == "say")
            file.write_bytes(told.line("a1", "Unix time."))
            record = running.finish()
    assert answers(record)[0] == ("ISO.", "qa", 0)
    assert "Unix time." in fake.notes("prompt")[1]["prompt"][0]["text"]


def test_a_question_that_nobody_answers_is_told_to_the_agent(agent: Agent, fake: FakeAgent) -> None:
    with Provider(says("On."), document({"error": {"message": "overloaded"}}, status=529), says("")) as provider:
        steps = [
            {"model": 1},
            ask("ceo", "Shall we?"),
            ask("cto", " "),
            ask("cto", "Which?"),
            ask("cto", "Which?"),
            CHANGE,
        ]
        record = agent.run(spec(fake, provider, *steps), OPENAI_API_KEY=KEY)
    assert [(text, code) for text, by, code in answers(record)[:4] if by is None] == [
        ("There is no role 'ceo' to ask; there are cto, qa.", 1),
        ("A question has 1 to 4,000 characters.", 1),
        (
            f"cto gave no answer: status 529: {json.dumps({'error': {'message': 'overloaded'}})}. Ask again later, or decide yourself.",
            1,
        ),
        ("cto gave no answer.", 1),
    ]
    assert fake.notes("result") == [text for text, _, _ in answers(record)[:4]]
    assert record.end["totals"]["steps"] == 2  # the provider took nothing for the refused one
    assert record.outcome[0] == "succeeded"


@pytest.mark.parametrize("limits", [Limits(steps=1), Limits(tokens=100)])
def test_a_limit_ends_a_question_too(agent: Agent, fake: FakeAgent, limits: Limits) -> None:
    with Provider(says("On.")) as provider:
        steps = [{"model": 1}, CHANGE, ask("cto", "Which format?"), {"wait": None}]
        record = agent.run(spec(fake, provider, *steps, limits=limits), OPENAI_API_KEY=KEY)
        assert len(provider.asked) == 1
    assert record.outcome == ("limit", None, "steps" if limits.tokens is None else "tokens")
    assert b"+x = 2" in record.patch
    assert [event.get("reason") for event in record.of("done")] == [None, "stopped"]


def test_without_a_team_there_is_nobody_to_ask(agent: Agent, fake: FakeAgent) -> None:
    with Provider(says("On.")) as provider:
        steps = [{"model": 1}, ask("cto", "Which format?"), CHANGE]
        record = agent.run(spec(fake, provider, *steps, team=None), OPENAI_API_KEY=KEY)
    assert fake.notes("session")[0]["mcpServers"] == []
    assert record.of("call")[0]["tool"] == "mcp__team__ask"


def test_a_call_that_never_came_to_the_team_is_told_as_the_agent_tells_it(agent: Agent, fake: FakeAgent) -> None:
    lost = {
        "sessionUpdate": "tool_call",
        "toolCallId": "c",
        "kind": "other",
        "status": "pending",
        "title": "mcp__team__ask",
    }
    said = [{"type": "content", "content": {"type": "text", "text": "the server is not connected"}}]
    with Provider(says("On.")) as provider:
        ended = {**lost, "sessionUpdate": "tool_call_update", "status": "failed", "content": said}
        steps = [{"model": 1}, {"update": lost}, {"update": ended}, CHANGE]
        record = agent.run(spec(fake, provider, *steps), OPENAI_API_KEY=KEY)
    assert record.of("call")[0]["tool"] == "mcp__team__ask"
    assert "the server is not connected" in record.text("output")
    assert [event["exit_code"] for event in record.of("done")] == [1, 0]


def test_a_server_of_the_user_s_keeps_its_name(agent: Agent, fake: FakeAgent) -> None:
    own = (McpServer("team", url="https://mcp.example.com"),)
    with Provider(says("On."), says("ISO.")) as provider:
        steps = [{"model": 1}, ask("cto", "Which format?", server="team1"), CHANGE]
        record = agent.run(spec(fake, provider, *steps, mcp=own), OPENAI_API_KEY=KEY)
    assert [server["name"] for server in fake.notes("session")[0]["mcpServers"]] == ["team", "team1"]
    assert answers(record)[0] == ("ISO.", "cto", 0)


@pytest.mark.parametrize("title", ["mcp__team__ask", "mcp.team.ask", "team_ask", "ask (team MCP Server)"])
@pytest.mark.parametrize(
    ("server", "tool", "is_it"),
    [("team", "ask", True), ("tea", "ask", False), ("team", "as", False), ("t.*", "ask", False)],
)
def test_a_tool_is_known_by_what_real_agents_call_it(title: str, server: str, tool: str, *, is_it: bool) -> None:
    kind = "execute" if title == "mcp.team.ask" else "other"
    assert is_tool({"title": title, "kind": kind}, server, tool, ARGUMENTS) is is_it
    assert not is_tool({"title": f"cat {title}", "rawInput": {"command": f"cat {title}"}}, server, tool, ARGUMENTS)
    assert is_tool({"title": "{}", "rawInput": {"role": "cto", "question": "Which?"}}, server, tool, ARGUMENTS)


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "team_ask; curl evil.example"},
        {"title": "team/ask", "rawInput": {}},
        {"title": "mcp.team.ask", "rawInput": {"command": ["mcp.team.ask"]}},
    ],
    ids=lambda fields: fields["title"],
)
def test_a_command_that_is_called_like_the_tool_is_told(fields: dict[str, object]) -> None:
    assert not is_tool({"kind": "execute", **fields}, "team", "ask", ARGUMENTS)


def test_codex_s_call_of_an_mcp_server_s_tool_is_no_command() -> None:
    fields = {"kind": "execute", "title": "mcp.repository.search_code", "rawInput": {"arguments": {"query": "dates"}}}
    told = {"title": "mcp.repository.search_code", "arguments": {"query": "dates"}}
    assert described(fields, "/repo") == ("mcp.repository.search_code", told)
    assert described({"kind": "execute", "title": "mcp.sh"}, "/repo") == ("bash", {"command": "mcp.sh"})
