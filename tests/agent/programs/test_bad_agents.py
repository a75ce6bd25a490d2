"""Agents that misbehave: each ends in a right outcome, with the patch so far and one line that says what to do."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.changes import Changes
from aideator_agent.emitter import Emitter
from aideator_agent.keys import Redactor
from aideator_agent.local_shell import LocalShell
from aideator_agent.program import AgentProgram
from aideator_agent.programs.acp import AcpAgent, Patience, Task
from aideator_agent.programs.telling import Telling
from aideator_agent.spec import Limits
from aideator_agent.told import Told
from aideator_agent.totals import Totals
from aideator_agent.verdict import Ended
from tests.agent.programs.conftest import FakeAgent, program
from tests.agent.running import Agent, Record

CHANGE = {"run": "echo 'x = 2' > a.py"}
KILL = -9
PERMISSION = {
    "method": "session/request_permission",
    "params": {
        "sessionId": "s-1",
        "toolCall": {"toolCallId": "call-9", "title": "Write a.py", "kind": "edit", "rawInput": {"path": "a.py"}},
        "options": [
            {"optionId": "no", "name": "No", "kind": "reject_once"},
            {"optionId": "ever", "name": "Always", "kind": "allow_always"},
            {"optionId": "once", "name": "Once", "kind": "allow_once"},
        ],
    },
}


def expect(record: Record, outcome: str, fault: str | None, *words: str) -> None:
    """It ended so, and the reason has the words on one line."""
    assert record.outcome[:2] == (outcome, fault), record.outcome
    assert "\n" not in record.end["reason"]
    assert all(word in record.end["reason"] for word in words), record.end["reason"]


def expect_patch(record: Record) -> None:
    assert b"+x = 2" in record.patch


def test_an_agent_that_is_not_in_the_image_is_told_before_any_model_is_asked(
    agent: Agent, fake: FakeAgent, place: dict[str, str]
) -> None:
    absent = program("no-such-agent acp", version="no-such-agent --version", docs="docs/agents.md#fake")
    record = agent.run(fake.spec(absent), **place)

    expect(record, "failed", "infrastructure", "no-such-agent was not found", "docs/agents.md#fake describes an image")
    assert not record.of("usage")
    assert not record.of("sent")


@pytest.mark.parametrize("protocol", ["acp", "text"])
def test_it_is_told_too_if_nobody_knows_how_to_ask_for_its_version(
    agent: Agent, fake: FakeAgent, protocol: Any
) -> None:
    expect(
        agent.run(fake.spec(program("no-such-agent acp", protocol=protocol))), "failed", "infrastructure", "not found"
    )


def test_another_version_of_the_protocol(agent: Agent, fake: FakeAgent) -> None:
    record = agent.run(fake.spec(fake.plays(initialize={"protocolVersion": 2})))

    expect(record, "failed", "agent", "speaks version 2 of ACP", "use another version of the agent")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo 'Usage: fake [--help]'; exit 2", ["ended before it began", "Usage: fake", "exit 2"]),
        ("echo 'no config' >&2; exit 1", ["ended before it began", "exit 1", "no config"]),
        ("kill -9 $$", ["ended before it began", "exit 137", "memory"]),
    ],
)
def test_a_program_that_is_no_agent(agent: Agent, fake: FakeAgent, command: str, words: list[str]) -> None:
    expect(agent.run(fake.spec(program(command))), "failed", "agent", *words)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            "echo waiting >&2; sleep 1000",
            ["did not answer `initialize` within 0.5 seconds", "(waiting)", "check its command"],
        ),
        ("while echo Welcome; do sleep 0.1; done", ["speaks no ACP", "'Welcome'", "check its command"]),
        ("head -c 20000000 /dev/zero; sleep 1000", ["did not answer"]),
    ],
)
def test_a_program_that_never_answers_is_waited_for_only_so_long(
    tmp_path: Path, command: str, words: list[str]
) -> None:
    began = time.monotonic()

    reason = ended_with(tmp_path, command)

    assert time.monotonic() - began < 10
    assert all(word in reason for word in words), reason


def ended_with(folder: Path, command: str) -> str:
    """The reason why an agent with half a second's patience ends."""
    shell = LocalShell(folder, {"PATH": os.environ["PATH"]})
    events = os.open(folder / "events", os.O_WRONLY | os.O_CREAT)
    emitter = Emitter(events, Redactor(()))
    telling = Telling(str(folder), emitter, Totals(), Changes.__new__(Changes))
    conversation = shell.start(command, lambda: False)
    client = AcpAgent(
        program(command), conversation, telling, emitter, Told(emitter), lambda: None, Patience(answer=0.5)
    )
    with pytest.raises(Ended) as ended:
        client.run(Task("Do it.", folder))
    assert shell.end()
    emitter.end()  # its clock would go on
    return ended.value.verdict.reason


def test_permissions_are_given_once_and_recorded(agent: Agent, fake: FakeAgent) -> None:
    record = agent.run(fake.spec(fake.plays({"ask": PERMISSION}, CHANGE)))

    assert fake.notes("answer")[0]["result"] == {"outcome": {"outcome": "selected", "optionId": "once"}}
    assert "asked for permission and got it once: Write a.py" in record.notices("debug")
    assert record.outcome[0] == "succeeded"


@pytest.mark.parametrize(
    "wrong",
    [
        {"sessionId": "another"},
        {"toolCall": None},
        {"options": "all"},
        {"options": [{"kind": "reject_once", "optionId": "no"}]},
    ],
)
def test_a_permission_in_the_middle_of_nothing_is_not_given(
    agent: Agent, fake: FakeAgent, wrong: dict[str, Any]
) -> None:
    request = {**PERMISSION, "params": {**PERMISSION["params"], **wrong}}  # type: ignore[dict-item]
    record = agent.run(fake.spec(fake.plays({"ask": request}, CHANGE)))

    (answer,) = fake.notes("answer")
    assert answer.get("result", {"outcome": {"outcome": "cancelled"}}) == {"outcome": {"outcome": "cancelled"}}
    assert answer.get("error", {"code": -32602})["code"] == -32602
    assert record.outcome[0] == "succeeded"


@pytest.mark.parametrize("method", ["fs/read_text_file", "terminal/create", "made/up"])
def test_what_we_do_not_offer_is_refused_and_told(agent: Agent, fake: FakeAgent, method: str) -> None:
    record = agent.run(fake.spec(fake.plays({"ask": {"method": method, "params": {"path": "/etc/passwd"}}}, CHANGE)))

    assert fake.notes("answer")[0]["error"]["code"] == -32601
    assert method in record.notices("debug")
    assert record.outcome[0] == "succeeded"


def test_news_of_another_session_and_garbage_are_left_out(agent: Agent, fake: FakeAgent) -> None:
    other = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "SECRET"}}
    steps = [
        {"send": {"method": "session/update", "params": {"sessionId": "other", "update": other}}},
        {"line": "not json"}, {"line": "\xff\xfe\x00{"}, {"line": "[" * 100_000}, {"line": "[]"}, {"line": '"text"'},
        {"line": '{"id": 2}'}, {"line": '{"id": true, "result": {"stopReason": "end_turn"}}'},
        {"line": '{"method": 7, "id": {}}'}, {"line": '{"method": "session/update", "params": [1]}'},
        {"line": '{"method": "session/update", "params": {"sessionId": "s-1", "update": {"sessionUpdate": {}}}}'},
        {"update": {"sessionUpdate": "tool_call", "toolCallId": 7}},
        {"update": {"sessionUpdate": "tool_call_update", "toolCallId": "never told", "status": "completed"}},
        {"update": {"sessionUpdate": "tool_call", "toolCallId": "x", "status": "in_progress", "rawInput": 3, "content": 4, "kind": []}},
        {"update": {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "\ud800 half"}}},
        {"update": {"sessionUpdate": "new_kind"}}, {"long": 20_000_000}, CHANGE, {"say": "Done."},
    ]  # fmt: skip
    record = agent.run(fake.spec(fake.plays(*steps)))

    assert record.outcome == ("succeeded", None, "")
    assert record.end["summary"] == "Done."
    assert "SECRET" not in json.dumps(record.events)
    assert "a session that AIdeator did not start" in record.notices("debug")
    assert "new_kind" in record.notices("debug")
    assert "more than 8,388,608 bytes" in record.notices("warning")
    assert [e.get("reason") for e in record.of("done")] == [None, "lost"]


def test_a_hundred_megabytes_of_errors_hold_nobody_up(agent: Agent, fake: FakeAgent, place: dict[str, str]) -> None:
    record = agent.run(fake.spec(fake.plays({"errors": 100_000_000}, CHANGE, {"die": 3})), **place)

    expect(record, "failed", "agent", "ended while it worked (exit 3)", "(the last error)")
    expect_patch(record)


def test_a_flood_of_words_and_output_leaves_room_for_the_patch(agent: Agent, fake: FakeAgent) -> None:
    noisy = {"run": "head -c 3000000 /dev/zero | tr '\\0' x; echo 'x = 2' > a.py"}
    record = agent.run(fake.spec(fake.plays({"say": "y" * 3_000_000}, noisy, {"say": "Done."})))

    assert record.outcome[0] == "succeeded"
    assert "are left out of the log here" in record.notices("info")
    assert record.of("done")[0]["truncated"] > 2_000_000
    expect_patch(record)


@pytest.mark.parametrize("death", [3, KILL])
def test_an_agent_that_dies_in_a_call_leaves_its_patch(
    agent: Agent, fake: FakeAgent, place: dict[str, str], death: int
) -> None:
    call = {
        "sessionUpdate": "tool_call",
        "toolCallId": "c",
        "kind": "execute",
        "status": "in_progress",
        "title": "make",
    }
    record = agent.run(fake.spec(fake.plays(CHANGE, {"update": call}, {"die": death})), **place)

    expect(record, "failed", "agent", "fake ended while it worked", "137" if death == KILL else "exit 3")
    assert record.of("done")[-1]["reason"] == "lost"
    expect_patch(record)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("max_tokens", ("limit", None, "tokens")),
        ("max_turn_requests", ("limit", None, "steps")),
        ("refusal", ("failed", "model", "the model of fake refused the task")),
        ("cancelled", ("failed", "agent", "fake cancelled its work by itself")),
        ("something new", ("succeeded", None, "")),
    ],
)
def test_what_the_agent_says_of_its_end_is_heard(
    agent: Agent, fake: FakeAgent, reason: str, outcome: tuple[str, str | None, str]
) -> None:
    record = agent.run(fake.spec(fake.plays(CHANGE, {"stop": reason})))

    assert record.outcome == outcome
    expect_patch(record)


def test_an_error_of_the_agents_is_its_end(agent: Agent, fake: FakeAgent) -> None:
    error = {"code": -32603, "message": "the provider said:\n no"}
    record = agent.run(fake.spec(fake.plays(CHANGE, error=error)))

    expect(record, "failed", "agent", "fake gave up: the provider said: no")
    expect_patch(record)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"error": {"code": -32000, "message": "Authentication required"}}, ["wants a login"]),
        ({"error": "odd"}, ["began no session: odd"]),
        ({}, ["without an id"]),
    ],
)
def test_an_agent_that_begins_no_session(
    agent: Agent, fake: FakeAgent, answer: dict[str, Any], words: list[str]
) -> None:
    expect(agent.run(fake.spec(fake.plays(session=answer))), "failed", "agent", *words)


def test_told_to_stop_it_gets_the_chance_to_and_the_patch_is_kept(
    agent: Agent, fake: FakeAgent, place: dict[str, str]
) -> None:
    with agent.start(fake.spec(fake.plays(CHANGE, {"say": "Waiting."}, {"wait": True})), **place) as running:
        running.until(lambda e: e["type"] == "say")
        running.terminate()
        record = running.finish()

    assert record.code == 143
    assert record.outcome == ("cancelled", None, "the agent was told to stop")
    assert fake.notes("cancelled")
    expect_patch(record)


def test_an_agent_that_never_stops_is_ended_by_the_time_limit(
    agent: Agent, fake: FakeAgent, place: dict[str, str]
) -> None:
    steps = [CHANGE, {"deaf": True}, {"run": "trap '' TERM; sleep 1000"}]
    began = time.monotonic()
    record = agent.run(fake.spec(fake.plays(*steps), limits=Limits(seconds=12)), **place)

    assert record.outcome == ("limit", None, "time")
    assert time.monotonic() - began < 40
    assert record.of("done")[-1]["reason"] == "stopped"
    expect_patch(record)


def test_a_hostile_file_or_variable_is_refused(agent: Agent, fake: FakeAgent) -> None:
    good = fake.plays()
    for bad in (
        replace(good, files={"../x": ""}),
        replace(good, files={"/tmp/x": ""}),
        replace(good, env={"A; echo": ""}),
    ):
        assert isinstance(bad, AgentProgram)
        record = agent.run(fake.spec(bad))
        assert record.outcome[:2] == ("failed", "agent")
