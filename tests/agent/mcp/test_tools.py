"""A model uses tools of MCP servers: real ones, made with the official SDK, on standard input and over HTTP."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aideator_agent.mcp.server import McpServer
from aideator_agent.spec import Limits, VariationSpec
from tests.agent.running import Agent, Record, bash, call, spec_of, submit
from tests.fixtures.repositories import LocalRepository

ROOT = Path(__file__).parents[3]
KEY = "calculator-key-0123456789"
ADDRESS_KEY = f"address-{secrets.token_hex(8)}"  # no other process of this machine has it
KEYS = {"CALC_KEY": KEY, "ADDRESS_KEY": ADDRESS_KEY}
PROGRAM = McpServer(
    "calc",
    command=sys.executable,
    args=("-m", "tests.fixtures.mcp_server", "stdio"),
    env={"PYTHONPATH": os.fspath(ROOT), "CALC_KEY": "${CALC_KEY}"},
)


@pytest.fixture(scope="module")
def address() -> Iterator[McpServer]:
    command = [sys.executable, "-m", "tests.fixtures.mcp_server", "http"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{ADDRESS_KEY}\n")
        process.stdin.flush()
        url = process.stdout.readline().strip()
        yield McpServer("calc", url=url, headers={"Authorization": "Bearer ${ADDRESS_KEY}"})
        process.kill()


@pytest.fixture(params=["program", "address"])
def server(request: pytest.FixtureRequest, address: McpServer) -> McpServer:
    return PROGRAM if request.param == "program" else address


def work(
    agent: Agent, repository: LocalRepository, server: McpServer, *calls: dict[str, object], **more: object
) -> Record:
    turns = [*({"calls": [each]} for each in calls), submit()]
    return agent.run(spec_of(str(repository.path), turns, mcp=(server,), **more), **KEYS)


def test_calls_and_answers_are_events_and_reach_the_model(
    agent: Agent, repository: LocalRepository, server: McpServer
) -> None:
    record = work(agent, repository, server, call("calc__add", a=2, b=3), call("calc__fail"))
    assert "MCP server calc offers 6 tools." in record.notices("info")
    assert [event["tool"] for event in record.of("call")] == ["calc__add", "calc__fail", "submit"]
    assert record.of("call")[0]["arguments"] == {"a": 2, "b": 3}
    assert record.of("output")[0]["text"] == "5"
    assert [event["exit_code"] for event in record.of("done")] == [0, 1, 0]
    assert '"content":"5"' in record.of("sent")[1]["text"]
    assert record.outcome[0] == "no_changes"


def test_a_long_answer_is_cut_for_the_model(agent: Agent, repository: LocalRepository, server: McpServer) -> None:
    record = work(agent, repository, server, call("calc__long"))
    assert len(record.text("sent")) < 30_000
    assert "characters are left out here" in record.text("sent")


def test_a_call_that_takes_too_long_is_given_up_and_the_work_goes_on(
    agent: Agent, repository: LocalRepository, server: McpServer
) -> None:
    limits = Limits(command_seconds=1)
    record = work(agent, repository, server, call("calc__wait", seconds=60), call("calc__add", a=1, b=1), limits=limits)
    assert record.of("done")[0]["reason"] == "timeout"
    assert "did not answer within 1 seconds" in record.of("output")[0]["text"]


def test_the_attempt_can_end_during_a_call(agent: Agent, repository: LocalRepository, server: McpServer) -> None:
    turns = [{"calls": [call("write_file", path="b.py", content="x\n"), call("calc__wait", seconds=60)]}]
    with agent.start(spec_of(str(repository.path), turns, mcp=(server,)), **KEYS) as running:
        running.until(lambda event: event["type"] == "call" and event["tool"] == "calc__wait")
        running.terminate()
        record = running.finish()
    assert record.outcome[0] == "cancelled"
    assert b"b.py" in record.patch


def test_a_program_that_dies_in_a_call_is_started_again(agent: Agent, repository: LocalRepository) -> None:
    record = work(agent, repository, PROGRAM, call("calc__die"), call("calc__add", a=1, b=1))
    assert record.of("done")[0]["reason"] == "lost"
    assert "ended with exit code 3" in record.notices("warning")
    assert record.of("output")[-1]["text"] == "2"


def test_a_secret_reaches_the_server_and_no_event(agent: Agent, repository: LocalRepository) -> None:
    record = work(agent, repository, PROGRAM, call("calc__variable", name="CALC_KEY"))
    assert record.text("output") == "[redacted]"
    assert KEY.encode() not in b"".join(record.lines)


def test_what_opens_an_address_is_not_where_commands_run(
    afresh: Agent, repository: LocalRepository, address: McpServer
) -> None:
    look = "{ env; cat /proc/*/environ /proc/*/cmdline; } 2>/dev/null > found"
    look += f"; grep -ac '[a]{ADDRESS_KEY[1:]}' found; rm found"
    turns = [{"calls": [call("calc__add", a=1, b=1)]}, bash(look), submit()]
    record = afresh.run(spec_of(str(repository.path), turns, mcp=(address,)), **KEYS)
    assert record.of("output")[-1]["text"] == "0\n"


def test_a_role_limits_what_is_offered(agent: Agent, repository: LocalRepository) -> None:
    role = VariationSpec(1, "scripted/turns.yaml", role="adder", tools=("calc__add",))
    calls = call("calc__add", a=1, b=1), call("calc__long"), call("bash", command="ls")
    record = work(agent, repository, PROGRAM, *calls, variations=(role,))
    assert [event["exit_code"] for event in record.of("done")] == [0, 1, 1, 0]
    assert "there are submit, calc__add" in record.of("output")[1]["text"]


def test_a_server_of_which_the_role_has_no_tool_is_not_started(agent: Agent, repository: LocalRepository) -> None:
    role = VariationSpec(1, "scripted/turns.yaml", role="reader", tools=("read_file",))
    broken = McpServer("broken", command="no-such-program")
    record = work(agent, repository, broken, call("read_file", path="a.py"), variations=(role,))
    assert record.outcome[0] == "no_changes"
