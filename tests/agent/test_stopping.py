"""An agent that is told to stop: at once, with its patch, its end and a status that is not 0."""

import socket
import threading
import time
from pathlib import Path

import pytest

from aideator_agent.spec import Limits
from tests.agent.running import Agent, Event, Record, bash, call, spec_of, submit
from tests.fixtures.repositories import LocalRepository

CHANGE = {"calls": [call("write_file", path="a.py", content="y\n")]}
SOON = 5.0  # seconds, on a machine that has other things to do


@pytest.fixture
def agent(afresh: Agent) -> Agent:
    return afresh


def stopped(agent: Agent, spec: object, moment: "dict[str, object]") -> tuple[Record, float]:
    """The record, and the seconds from SIGTERM to the program's end."""

    def is_it(event: Event) -> bool:
        return all(event.get(name) == value for name, value in moment.items())

    with agent.start(spec) as running:  # type: ignore[arg-type]
        running.until(is_it)
        began = time.monotonic()
        running.terminate()
        return running.finish(), time.monotonic() - began


@pytest.mark.parametrize(
    ("turns", "moment"),
    [
        ([CHANGE, bash("echo here; sleep 600")], {"type": "output", "text": "here\n"}),
        ([CHANGE, bash("trap '' TERM; echo here; while :; do sleep 1; done")], {"type": "output", "text": "here\n"}),
        ([CHANGE, {"say": "here and there " * 50, "delay": 0.3}], {"type": "say"}),
        ([CHANGE, {"say": "later", "delay": 600}], {"type": "sent", "step": 2}),
    ],
    ids=["a command", "a command that is deaf", "the model's words", "a model that thinks"],
)
def test_told_to_stop_it_leaves_the_patch(
    agent: Agent, repository: LocalRepository, turns: list[Event], moment: Event
) -> None:
    record, seconds = stopped(agent, spec_of(str(repository.path), turns), moment)
    assert record.code == 143
    assert record.outcome == ("cancelled", None, "the agent was told to stop")
    assert b"+y" in record.patch
    assert seconds < SOON + (2 if "trap" in str(turns) else 0)
    assert not (agent.folder / "room").exists()


def test_told_to_stop_while_it_waits_to_ask_again(agent: Agent, repository: LocalRepository) -> None:
    faults = [{"fault": "server_error"}] * 7
    record, _ = stopped(agent, spec_of(str(repository.path), [CHANGE, *faults]), {"type": "notice"})
    assert record.outcome[0] == "cancelled"
    assert b"+y" in record.patch


def test_told_to_stop_while_it_clones_there_is_no_patch_but_an_end(agent: Agent) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and says nothing
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x.git"
        record, seconds = stopped(agent, spec_of(url, [submit()]), {"type": "phase", "name": "clone"})
    assert record.code == 143
    assert record.outcome == ("cancelled", None, "the agent was told to stop")
    assert [e["state"] for e in record.of("phase")] == ["begin", "end"]
    assert not record.of("patch")
    assert seconds < SOON


def test_the_time_limit_ends_a_clone_too(agent: Agent) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x.git"
        record = agent.run(spec_of(url, [submit()], limits=Limits(seconds=0.5)))
    assert record.code == 1
    assert record.outcome == ("limit", None, "time")


def test_told_to_stop_while_it_cuts_the_patch_nothing_of_it_is_lost(agent: Agent, repository: LocalRepository) -> None:
    turns = [bash("for i in $(seq 3000); do echo $i > f$i; done"), submit()]
    record, _ = stopped(agent, spec_of(str(repository.path), turns), {"type": "phase", "name": "patch"})
    assert record.code == 143
    assert record.outcome == ("cancelled", None, "the agent was told to stop after its work was done")
    assert record.of("patch")[-1]["files"] == 3000
    assert record.patch.count(b"diff --git") == 3000


def test_told_again_and_again_it_ends_just_the_same(agent: Agent, repository: LocalRepository) -> None:
    over = threading.Event()
    with agent.start(spec_of(str(repository.path), [CHANGE, bash("echo here; sleep 600")])) as running:
        running.until(lambda e: e["type"] == "output" and "here" in e["text"])

        def insist() -> None:
            while not over.wait(0.01) and running.process.poll() is None:
                running.terminate()

        insisting = threading.Thread(target=insist)
        insisting.start()
        record = running.finish()
        over.set()
        insisting.join()
    assert record.code == 143
    assert b"+y" in record.patch


def test_told_to_stop_before_it_has_begun_it_still_says_so(agent: Agent, repository: LocalRepository) -> None:
    """From the first moments on, in which Python itself starts, the signal waits for the agent."""
    with agent.start(spec_of(str(repository.path), [submit()]), GIT_TOKEN="ghp_0123456789abcdef") as running:
        status = Path(f"/proc/{running.process.pid}/status")
        while not _blocks_sigterm(status.read_text()):
            assert running.process.poll() is None
        running.terminate()
        record = running.finish()
    assert record.code == 143
    assert record.outcome[0] == "cancelled"


def _blocks_sigterm(status: str) -> bool:
    """proc(5): SigBlk, SigCgt as hexadecimal masks; 15 is bit 14."""
    masks = [line.split()[1] for line in status.splitlines() if line.startswith(("SigBlk", "SigCgt"))]
    return any(int(mask, 16) >> 14 & 1 for mask in masks)


def test_when_nobody_takes_its_log_any_more_it_ends_and_leaves_nothing(
    agent: Agent, repository: LocalRepository
) -> None:
    with agent.start(spec_of(str(repository.path), [bash("while echo here; do sleep 0.01; done")])) as running:
        running.until(lambda e: e["type"] == "output")
        assert running.process.stdout is not None
        running.process.stdout.close()
        assert running.process.wait() == 1
    assert not (agent.folder / "room").exists()


def test_what_a_command_left_running_ends_with_the_work(agent: Agent, repository: LocalRepository) -> None:
    alive = agent.folder / "alive"
    alive.touch()
    turns = [
        bash(f"(setsid sh -c 'while [ -e {alive} ]; do echo z >> late.txt; sleep 0.01; done' &) ; echo $!"),
        CHANGE,
    ]
    record = agent.run(spec_of(str(repository.path), [*turns, submit()]))
    assert record.outcome[0] == "succeeded"
    assert b"+y" in record.patch
    alive.unlink()
    assert not (agent.folder / "room").exists()
