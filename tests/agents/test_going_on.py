"""A real agent is killed in the middle of its work, and the attempt after it takes up its conversation. No account and no network."""

import json
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.resuming import NOTE
from tests.agents.demo_task import KEY, PROMPT, repository
from tests.agents.test_local import KEYS, MODELS
from tests.end_to_end.user import User
from tests.faults.watching import Record, Watching
from tests.fixtures.agents import Agents
from tests.fixtures.wire_server import Request, WireServer, WireServers

COSTLY = 30_000  # tokens: after such a turn it is time for a checkpoint
LONGEST_SECONDS = 240.0
Start = Callable[[WireServer, str], "Work"]


class Work:
    """A run of one agent."""

    def __init__(self, user: User, folder: Path, server: WireServer, agent: str) -> None:
        words = ("--agent", f"{agent}/{MODELS[agent]}:1", "--api-base", server.url, "--retries", "2")
        self.shown = Watching(user, "run", str(folder), PROMPT, *user.options, *words)
        self._user = user
        self._server = server

    def lose(self, waits_for: Path) -> int:
        """Kills the agent while its command waits, and lets that of the next one go on. Returns how often its model was asked before."""
        call = self.shown.until(lambda record: str(waits_for) in called(record), LONGEST_SECONDS)
        runs = Path(self._user.environment["AIDEATOR_HOME"]) / "runs" / call["run"] / "1"
        process = max(runs.glob("*.json"), key=lambda file: file.stat().st_mtime)
        os.kill(int(json.loads(process.read_bytes())["pid"]), signal.SIGKILL)
        asked = len(self._server.requests)
        waits_for.touch()
        return asked

    def end(self) -> Record:
        assert self.shown.end() == 0, self.shown.err
        return self.shown.result

    def events(self, type_: str) -> list[dict[str, Any]]:
        told = [record["event"] for record in self.shown.records if record["kind"] == "event"]
        return [event for event in told if event["type"] == type_]

    @property
    def diff(self) -> str:
        return self._user.call("diff", f"{self.shown.result['run']}/1").out.decode()


@pytest.fixture
def start(tmp_path: Path, real_agents: Agents) -> Start:
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_TOKEN"))}
    own = {"AIDEATOR_HOME": str(tmp_path / "home"), "KUBECONFIG": str(tmp_path / "none"), "PATH": real_agents.path}
    user = User({**kept, **own, **KEYS}, ["--backend", "local", "--allow-local-shell"], tmp_path)
    folder = repository(tmp_path / "todo").path
    return lambda server, agent: Work(user, folder, server, agent)


def waits(file: Path) -> str:
    return f"test -e {file} || sleep 600"


def first_question(requests: Sequence[Request]) -> str:
    return next(json.dumps(request.body) for request in requests if request.question.shell)


def called(record: Record) -> str:
    event = record.get("event", {})
    return str(event["arguments"]) if event.get("type") == "call" else ""


@pytest.mark.parametrize("agent", ["claude", "codex", "gemini", "qwen"])
def test_its_model_knows_what_was_said_before(
    tmp_path: Path, start: Start, wire_server: WireServers, agent: str
) -> None:
    go = tmp_path / "go"
    commands = ["echo half > half.txt; echo first", "echo more >> half.txt", waits(go)]
    server = wire_server(commands, key=KEY, read=COSTLY)
    work = start(server, agent)
    asked = work.lose(go)
    told = len(work.shown.records)
    result = work.end()

    assert result["status"] == "succeeded, resumed"
    first = first_question(server.requests[asked:])
    # A program may write down a call only after it has told of its end
    for expected in (PROMPT[:40], NOTE[:40], "Step 1."):
        assert expected in first, f"{expected} is not in what the model was asked"
    notices = [event["text"] for event in work.events("notice") if "conversation" in event["text"]]
    assert notices == [f"{agent} goes on with its conversation."]
    said = [record["event"] for record in work.shown.records[told:] if record["kind"] == "event"]
    assert not [event for event in said if event["type"] == "say" and "Step 1." in event["text"]], "it is no news"
    begun = next(nth for nth, event in enumerate(said) if event["type"] == "start")
    here = [event["input"] for event in said[begun:] if event["type"] == "usage"]
    assert result["input_tokens"] == sum(event["input"] for event in work.events("usage"))
    assert result["input_tokens"] == COSTLY * len(server.requests)
    assert result["resumed"]["input_tokens"] == result["input_tokens"] - sum(here)
    assert "+half" in work.diff


@pytest.mark.parametrize("agent", ["claude", "gemini"])
def test_its_model_knows_what_was_said_before_also_if_it_is_lost_again(
    tmp_path: Path, start: Start, wire_server: WireServers, agent: str
) -> None:
    once, again = tmp_path / "once", tmp_path / "again"
    first = ["echo half > half.txt", "echo more >> half.txt", waits(once)]
    # Programs differ in how many results they make of a command that was lost, and the script goes on behind those
    server = wire_server([*first, *["echo again >> half.txt"] * 3, *[waits(again)] * 3], key=KEY, read=COSTLY)
    work = start(server, agent)
    work.lose(once)
    begun = len(work.events("say"))
    asked = work.lose(again)
    by_second = work.events("say")[begun]["text"]
    result = work.end()

    assert result["status"] == "succeeded, resumed"
    question = first_question(server.requests[asked:])
    for expected in (PROMPT[:40], NOTE[:40], "Step 1.", by_second):
        assert expected in question, f"{expected} is not in what the model was asked"
    notices = [event["text"] for event in work.events("notice") if "conversation" in event["text"]]
    assert notices == [f"{agent} goes on with its conversation."] * 2
    assert result["input_tokens"] == sum(event["input"] for event in work.events("usage"))
    diff = work.diff
    assert all(f"+{line}\n" in diff for line in ("half", "more", "again"))
