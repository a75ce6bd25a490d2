"""A real agent is killed in the middle of its work, and the attempt after it takes up its conversation. No account and no network."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.resuming import NOTE
from tests.agents.demo_task import KEY, PROMPT, repository
from tests.agents.test_local import KEYS, MODELS
from tests.end_to_end.user import User, finish
from tests.fixtures.agents import Agents
from tests.fixtures.wire_server import WireServers

COSTLY = 30_000  # tokens: after such a turn it is time for a checkpoint


@pytest.mark.parametrize("agent", ["claude", "codex", "gemini", "qwen"])
def test_its_model_knows_what_was_said_before(
    tmp_path: Path, real_agents: Agents, wire_server: WireServers, agent: str
) -> None:
    go = tmp_path / "go"
    commands = ["echo half > half.txt; echo first", "echo more >> half.txt", f"test -e {go} || sleep 600"]
    server = wire_server(commands, key=KEY, read=COSTLY)
    home = tmp_path / "home"
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_TOKEN"))}
    own = {"AIDEATOR_HOME": str(home), "KUBECONFIG": str(tmp_path / "none"), "PATH": real_agents.path}
    user = User({**kept, **own, **KEYS}, ["--backend", "local", "--allow-local-shell"], tmp_path)
    folder = str(repository(tmp_path / "todo").path)
    words = ("--agent", f"{agent}/{MODELS[agent]}:1", "--api-base", server.url, "--json")
    shown = user.start("run", folder, PROMPT, *user.options, *words)
    assert shown.stdout is not None
    told: list[dict[str, Any]] = []
    for line in shown.stdout:
        record = json.loads(line)
        event: dict[str, Any] = record.get("event", {})
        told.append(event)
        if event.get("type") == "call" and "sleep 600" in str(event["arguments"]):
            break
    else:
        raise AssertionError(finish(shown).err)
    process = max((home / "runs" / record["run"] / "1").glob("*.json"), key=lambda file: file.stat().st_mtime)
    os.kill(int(json.loads(process.read_bytes())["pid"]), signal.SIGKILL)
    asked_before = len(server.requests)
    go.touch()
    done = finish(shown)

    assert done.code == 0, done.out
    (result,) = done.of("result")
    assert result["status"] == "succeeded, resumed"
    said = [request for request in server.requests[asked_before:] if request.question.shell]
    first = json.dumps(said[0].body)
    for expected in (
        PROMPT[:40],
        NOTE[:40],
        "Step 1.",
    ):  # a program may write down a call only after it has told of its end
        assert expected in first, f"{expected} is not in what the model was asked"
    events = [each["event"] for each in done.of("event")]
    assert [event["text"] for event in events if event["type"] == "notice" and "conversation" in event["text"]] == [
        f"{agent} goes on with its conversation."
    ]
    assert not [event for event in events if event["type"] == "say" and "Step 1." in event["text"]], "it is no news"
    usages = [event["input"] for event in (*told, *events) if event.get("type") == "usage"]
    begun = next(nth for nth, event in enumerate(events) if event["type"] == "start")
    here = [event["input"] for event in events[begun:] if event["type"] == "usage"]
    assert result["input_tokens"] == sum(usages) == COSTLY * len(server.requests)
    assert result["resumed"]["input_tokens"] == result["input_tokens"] - sum(here)
    assert "+half" in user.call("diff", f"{record['run']}/1").out.decode()
