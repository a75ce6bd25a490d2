"""What real agents make of the options that their presets hand them."""

import json

import pytest

from tests.agents.demo_task import EDITS, KEY
from tests.agents.test_local import MODELS, Run, run
from tests.fixtures.wire_server import WireServers

__all__ = ["run"]


def test_claude_does_not_wait_for_a_command_beyond_its_limit(run: Run, wire_server: WireServers) -> None:
    server = wire_server(["echo begun; sleep 100; echo late > late.txt", "echo more > more.txt"], key=KEY)
    done = run(server, "--agent", f"claude/{MODELS['claude']}:1", "--command-timeout", "2s")
    assert done.code in (0, 7), done.out
    events = [record["event"] for record in done.of("event")]
    (first, _) = [event for event in events if event["type"] == "done"]
    assert 1.5 < first["seconds"] < 60
    assert any("2s timeout" in event["text"] for event in events if event["type"] == "output")
    assert done.of("result")[0]["files"] == 1


@pytest.mark.parametrize(
    ("agent", "summing_up"), [("codex", "summary produced by the other language model"), ("opencode", "was compacted")]
)
def test_an_agent_sums_up_when_its_window_is_full(
    run: Run, wire_server: WireServers, agent: str, summing_up: str
) -> None:
    """Each answer of the provider's says that it has read 1,000 tokens, and 1,024 are the window."""
    server = wire_server([f"echo {number} >> notes.txt" for number in range(3)], key=KEY)
    options = ("--context-window", "1024", "--max-output", "500", "--max-steps", "4")
    done = run(server, "--agent", f"{agent}/{MODELS[agent]}:1", *options)
    assert done.code in (0, 6, 7), done.out
    assert any(summing_up in json.dumps(request.body) for request in server.requests)


def test_aider_says_that_its_window_is_full(run: Run, wire_server: WireServers) -> None:
    server = wire_server([], key=KEY, asides=EDITS)
    done = run(server, "--agent", f"aider/{MODELS['codex']}:1", "--context-window", "700")
    assert done.code == 0, done.out
    said = "".join(record["event"]["text"] for record in done.of("event") if record["event"]["type"] == "say")
    assert "exceeds the 700 token limit" in said
    assert "Repo-map: using 1024 tokens" in said
