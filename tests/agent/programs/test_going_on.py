"""A program that is lost with its machine: the next one gets what it had changed, and is told so."""

from pathlib import Path
from typing import Any

import pytest

from aideator_agent.checkpoint import Standing
from aideator_agent.resuming import ANEW
from tests.agent.programs.conftest import FakeAgent
from tests.agent.running import Agent, stood


def test_the_next_one_begins_with_its_changes(agent: Agent, fake: FakeAgent, tmp_path: Path) -> None:
    program = fake.plays({"run": "echo 'x = 2' > a.py; echo more > b.py"}, {"wait": None})
    with agent.start(fake.spec(program)) as running:
        running.until(lambda event: event["type"] == "changes")
        running.terminate()
        first = running.finish()
    standing = stood(first.events, Standing(first.events[0]["attempt"], 0, ""), first.patch)
    file = tmp_path / "standing"
    file.write_bytes(standing.packed())

    agent.workspace, agent.private = (tmp_path / "other" / name for name in ("workspace", "private"))
    program = fake.plays({"run": "cat a.py b.py; git status --short; echo last >> b.py"})
    second = agent.run(fake.spec(program, task="Make x two."), AIDEATOR_RESUME=str(file))

    assert second.end["outcome"] == "succeeded", second.outcome
    assert [(e["attempt"], e["messages"]) for e in second.of("resumed")] == [(standing.attempt, None)]
    assert "x = 2\nmore\n M a.py\n?? b.py\n" in second.text("output")
    assert b"+x = 2" in second.patch
    assert b"+more\n+last" in second.patch
    task = str(fake.notes("prompt")[-1])
    assert ANEW[:60] in task


@pytest.mark.parametrize(
    ("steps", "outcome", "told"),
    [
        ([{"say": "On."}], "no_changes", "fake asked no model through AIdeator"),
        ([{"model": 2}, {"say": "My provider seems to be down."}], "failed", ""),
    ],
)
def test_one_that_does_nothing_is_seen_through_also_after_a_loss(
    agent: Agent, fake: FakeAgent, tmp_path: Path, steps: list[dict[str, Any]], outcome: str, told: str
) -> None:
    """The steps of the attempt before it are not its own."""
    file = tmp_path / "standing"
    file.write_bytes(Standing("lost", 5, fake.repository.git("rev-parse", "HEAD")).packed())
    record = agent.run(fake.spec(fake.plays(*steps)), AIDEATOR_RESUME=str(file))
    assert record.of("resumed")
    assert record.outcome[0] == outcome
    assert told in record.notices("warning")
    assert [event["step"] for event in record.of("sent")] == [6] * len(record.of("sent"))
