"""A person tells an agent at work something, as somebody who follows its events sees it."""

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from aideator_agent import arriving, told
from aideator_agent.loop import HEARD
from aideator_agent.spec import Check, Piece, RunSpec, Sent
from tests.agent.running import Agent, Event, Record, Running, bash, call, spec_of, submit
from tests.agent.test_sent import bundle, lines_of
from tests.fixtures.repositories import LocalRepository


class Talk:
    """An agent whose first command waits until the test lets it go on."""

    def __init__(self, running: Running, file: Path, gate: Path) -> None:
        self.running, self.file, self.gate = running, file, gate

    def write(self, data: bytes) -> None:
        with self.file.open("ab") as opened:
            opened.write(data)

    def tell(self, id_: str, text: str) -> Event:
        """Returns the event that says it has arrived."""
        self.write(told.line(id_, text))
        return self.running.until(lambda event: event["type"] == "told" and event["id"] == id_)

    def until_refused(self, id_: str) -> Event:
        return self.running.until(lambda event: event.get(told.REFUSED) == id_)

    def go_on(self) -> Record:
        self.gate.write_text("")
        return self.running.finish()


@contextmanager
def talk(agent: Agent, repository: LocalRepository, *turns: dict[str, Any], **more: Any) -> Iterator[Talk]:
    gate, file = agent.folder / "gate", agent.folder / "told"
    os.mkfifo(gate)
    file.touch(0o600)
    waiting = bash(f"echo at work; cat {gate}")
    with agent.start(spec_of(str(repository.path), [waiting, *turns], **more), AIDEATOR_TOLD=str(file)) as running:
        running.until(lambda event: event["type"] == "output")
        yield Talk(running, file, gate)


def finish(running: Running, gate: Path) -> Record:
    """Opens the gate as often as somebody waits there."""

    def opened() -> None:
        with suppress(FileNotFoundError):  # the test is over
            for _ in range(2):
                gate.write_text("")

    threading.Thread(target=opened, daemon=True).start()
    return running.finish()


def heard(record: Record) -> list[tuple[int, str]]:
    """The step and the text of each message of the user that the model got, without what stands before it."""
    requests: dict[int, str] = {}
    for sent in record.of("sent"):
        requests[sent["step"]] = requests.get(sent["step"], "") + sent["text"]
    found = []
    for step, text in requests.items():
        for line in text.split("\n"):
            content = str(json.loads(line)["content"])
            if content.startswith(HEARD):
                found.append((step, content.removeprefix(HEARD)))
    return found


def test_a_message_reaches_the_model_before_its_next_turn(agent: Agent, repository: LocalRepository) -> None:
    with talk(agent, repository, bash("true"), submit()) as talking:
        event = talking.tell("a1", "Leave the docs alone.\nAnd be quick: 'now'.")
        record = talking.go_on()
    assert event["text"] == "Leave the docs alone.\nAnd be quick: 'now'."
    assert heard(record) == [(2, "Leave the docs alone.\nAnd be quick: 'now'.")]
    assert record.notices("warning") == ""


def test_several_messages_come_in_order_and_each_once(agent: Agent, repository: LocalRepository) -> None:
    with talk(agent, repository, submit()) as talking:
        talking.tell("a1", "one")
        talking.write(told.line("a1", "one"))  # the sender did not see that it had arrived
        talking.tell("a2", "two")
        record = talking.go_on()
    assert heard(record) == [(2, "one"), (2, "two")]
    assert [event["id"] for event in record.of("told")] == ["a1", "a2"]


def test_an_agent_that_submits_while_a_message_waits_gets_it_first(agent: Agent, repository: LocalRepository) -> None:
    gate = agent.folder / "gate"
    first = {"calls": [call("bash", command=f"echo at work; cat {gate}"), call("submit", summary="early")]}
    file = agent.folder / "told"
    os.mkfifo(gate)
    file.touch()
    spec = spec_of(str(repository.path), [first, submit("late")])
    with agent.start(spec, AIDEATOR_TOLD=str(file)) as running:
        running.until(lambda event: event["type"] == "output")
        talking = Talk(running, file, gate)
        talking.tell("a1", "One more thing.")
        record = talking.go_on()
    assert record.end["summary"] == "late"
    assert heard(record) == [(2, "One more thing.")]


def test_a_message_after_the_work_is_refused_and_said(agent: Agent, repository: LocalRepository) -> None:
    checks = agent.folder / "checks"
    os.mkfifo(checks)
    change = bash("echo 'x = 2' > a.py")
    waits = (Check("waits", f"cat {checks}"),)
    with talk(agent, repository, change, submit(), checks=waits, baseline=False) as talking:
        talking.gate.write_text("")
        talking.running.until(lambda event: event["type"] == "phase" and event["name"] == "verify")
        talking.write(told.line("b1", "Too late."))
        talking.until_refused("b1")
        record = finish(talking.running, checks)
    assert record.of("told") == []
    assert "the agent has done its work" in record.notices("warning")


@pytest.mark.parametrize(
    "line",
    [
        b"tell\n", b"tell x\n", b"\0" * 200_000 + b"\n", "täll".encode() + b" x\n", b"tell a1 %%% 00000000\n",
        told.line("h1", "cut")[:-3] + b"\n", told.line("h1", "changed").replace(b"tell h1", b"tell h2"),
        b"tell " + b"i" * 65 + told.line("h1", "long id")[7:],
    ],
)  # fmt: skip
def test_a_harmed_line_is_skipped_and_what_follows_is_taken(
    agent: Agent, repository: LocalRepository, line: bytes
) -> None:
    with talk(agent, repository, submit()) as talking:
        talking.write(line)
        talking.tell("ok", "Still here?")
        record = talking.go_on()
    assert [event["text"] for event in record.of("told")] == ["Still here?"]
    assert heard(record) == [(2, "Still here?")]


def test_a_message_that_is_too_long_or_empty_is_refused_by_the_agent_too(
    agent: Agent, repository: LocalRepository
) -> None:
    with talk(agent, repository, submit()) as talking:
        talking.write(told.line("long", "x" * (told.CHARACTERS + 1)))
        talking.until_refused("long")
        talking.write(told.line("empty", " \n"))
        talking.until_refused("empty")
        record = talking.go_on()
    assert heard(record) == []


def test_the_longest_message_is_recorded_whole(agent: Agent, repository: LocalRepository) -> None:
    text = "ü" * told.CHARACTERS
    with talk(agent, repository, submit()) as talking:
        talking.write(told.line("long", text))
        talking.running.until(lambda event: event["type"] == "told" and event.get("part") == event.get("parts"))
        record = talking.go_on()
    assert record.text("told") == text
    assert heard(record) == [(2, text)]


def test_nobody_can_fill_the_log_with_messages(agent: Agent, repository: LocalRepository) -> None:
    with talk(agent, repository, submit()) as talking:
        for number in range(told.MOST + 5):
            talking.write(told.line(f"m{number}", "again"))
        talking.until_refused(f"m{told.MOST}")
        record = talking.go_on()
    assert len(record.of("told")) == told.MOST


def test_a_message_may_come_between_the_commits_on_standard_input(agent: Agent, repository: LocalRepository) -> None:
    base = repository.commit({"a.py": "y\n"})
    data = bundle(repository)
    piece = Piece(len(data), hashlib.sha256(data).hexdigest())
    spec: RunSpec = spec_of("/nowhere", [submit()], base=base, sent=Sent(piece, by_connection=True))
    wire = agent.folder / "wire"
    lines = lines_of(data)
    wire.write_bytes(b"".join([told.line("a1", "Hello."), *lines[:-1], b"\n", lines[-1]]))
    record = agent.run(spec, program=("sh", "-c", f'exec "$@" < "{wire}"', "sh"))
    assert [event["text"] for event in record.of("told")] == ["Hello."]
    assert record.outcome[0] == "no_changes"
    assert arriving.parsed(told.line("a1", "Hello.").strip()) is None
