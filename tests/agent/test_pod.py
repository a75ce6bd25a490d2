"""The agent as in a pod: its commands run in a container of their own, where there is neither key nor git directory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.running import Agent, bash, call, spec_of, submit
from tests.agent.shell.containers import Container, can_isolate
from tests.fixtures.repositories import LocalRepository

KEY = "ghp_0123456789abcdef"
HUNT = "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c GIT_TOKEN"

pytestmark = pytest.mark.skipif(not can_isolate(), reason="a container of one's own needs root and unshare")


@pytest.fixture
def channel(agent: Agent) -> Iterator[Path]:
    channel = agent.folder / "channel"
    channel.mkdir()
    container = Container(channel, ["sh"])
    container.start()
    yield channel
    container.close()


def test_an_attempt_in_a_pod(agent: Agent, repository: LocalRepository, channel: Path) -> None:
    turns = [
        bash(f"pwd; {HUNT}; (setsid sleep 1000 &); exit 3"),
        bash("kill -9 -1"),
        bash("echo y > a.py; git config core.fsmonitor 'touch ran; false'"),
        {"calls": [call("str_replace", path="a.py", old="y", new="z")]},
        submit(),
    ]
    record = agent.run(spec_of(str(repository.path), turns), GIT_TOKEN=KEY, AIDEATOR_CHANNEL=str(channel))
    assert record.outcome == ("succeeded", None, "")
    assert [e.get("reason") for e in record.of("done")] == [None, "lost", None, None, None]
    assert record.text("output").startswith(f"{agent.workspace}/repo\n0\n")
    assert b"+z" in record.patch
    assert record.of("patch")[-1]["files"] == 1
    assert agent.workspace.exists()


def test_stopped_in_a_pod_it_leaves_the_patch(agent: Agent, repository: LocalRepository, channel: Path) -> None:
    spec = spec_of(str(repository.path), [bash("echo y > a.py; echo here; sleep 600")])
    with agent.start(spec, AIDEATOR_CHANNEL=str(channel)) as running:
        running.until(lambda e: e["type"] == "output")
        running.terminate()
        record = running.finish()
    assert record.code == 143
    assert record.outcome[0] == "cancelled"
    assert b"+y" in record.patch
