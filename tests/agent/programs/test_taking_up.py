"""A program that keeps its conversation in a file: the attempt after a loss takes it up, or says why it can't."""

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.checkpoint import FILE_BYTES, Checkpoint, Standing, read
from aideator_agent.past import BYTES, Past, fits
from aideator_agent.program import SessionFile
from aideator_agent.programs import keeping as keeping_module
from aideator_agent.programs.home import Home
from aideator_agent.programs.keeping import LINE, NAMES, READ_LINES, Keeping
from aideator_agent.resuming import ANEW, NOTE
from tests.agent.programs.conftest import FakeAgent, program
from tests.agent.running import Agent, Record, stood

KEEPS = ".fake/{folder}/one.jsonl"
FILE = SessionFile(".fake/*/*.jsonl", ("statistics",))
WORK = ({"say": "First I look around."}, {"run": "echo half > half.txt"}, {"wait": None})
OTHER = {
    "agentCapabilities": {"loadSession": True}, "protocolVersion": 1, "agentInfo": {"name": "fake", "version": "2"},
}  # fmt: skip
BEGUN = Past("s-1", "", "/w", ".fake/-w-repo/one.jsonl", ('{"sessionId": "s-1"}', '{"n": 1}'))


def lost(agent: Agent, fake: FakeAgent, *steps: dict[str, Any], **script: Any) -> Standing:
    """Where an attempt stood that was told to stop in the middle of its work."""
    program = fake.plays(*(steps or WORK), file=FILE, **{"keeps": KEEPS, **script})
    with agent.start(fake.spec(program), OPENAI_API_KEY="sk-not-to-be-seen") as running:
        running.until(lambda event: event["type"] == "changes")
        running.terminate()
        first = running.finish()
    return stood(first.events, Standing(first.events[0]["attempt"], 0, ""), first.patch)


def another(agent: Agent, fake: FakeAgent, standing: Standing, *steps: dict[str, Any], **script: Any) -> Record:
    """The attempt that gets the standing, in other folders."""
    file = agent.folder / "standing"
    file.write_bytes(standing.packed())
    agent.workspace, agent.private = (agent.folder / "other" / name for name in ("workspace", "private"))
    Path(f"{fake.script}.notes").unlink(missing_ok=True)
    program = fake.plays(*(steps or [{"say": "Now the rest."}]), file=FILE, **{"keeps": KEEPS, **script})
    return agent.run(fake.spec(program), AIDEATOR_RESUME=str(file))


def prompt(fake: FakeAgent) -> str:
    """The text with which its work began."""
    return str(fake.notes("prompt")[0]["prompt"][0]["text"])


@pytest.mark.parametrize("late", [False, True], ids=["told before the answer", "told after the answer"])
def test_it_takes_up_its_conversation_and_what_it_tells_again_is_no_news(
    agent: Agent, fake: FakeAgent, late: bool
) -> None:
    before = agent.workspace
    record = another(agent, fake, lost(agent, fake), {"run": "cat half.txt"}, {"say": "Now the rest."}, late=late)
    assert record.end["outcome"] == "succeeded", record.outcome
    (asked,) = fake.notes("load")
    assert asked == {"sessionId": "s-1", "cwd": str(agent.workspace / "repo"), "mcpServers": []}
    assert fake.notes("session") == []
    (remembered,) = fake.notes("remembered")
    assert remembered[0] == {"sessionId": "s-1", "cwd": str(agent.workspace / "repo")}, "its old folder is gone"
    assert remembered[-1] == {"type": "agent", "text": "First I look around."}
    assert str(before) not in str(remembered)
    assert prompt(fake) == NOTE
    assert record.text("say") == "Now the rest."
    assert record.text("output") == "half\n"
    assert "fake goes on with its conversation." in record.notices("info")
    assert record.notices("warning").count("conversation") == 0


@pytest.mark.parametrize(
    ("script", "change", "why"),
    [
        ({"initialize": {"protocolVersion": 1}}, None, "this agent takes up none"),
        ({"initialize": OTHER}, None, "an agent without a name has led it, and this is fake 2"),
        ({"load": {"error": {"code": -32603, "message": "I forget"}}}, None, "I forget"),
        ({"load": {"die": 3}}, None, "the agent ended (exit 3)"),
        ({}, lambda past: replace(past, session="s-9", lines=(*past.lines[:1], "{no json")), "it is not whole"),
        ({}, lambda past: replace(past, path=".bashrc"), "'.bashrc' is not where its file lies"),
        ({}, lambda past: replace(past, path=".fake/../one.jsonl"), "is not where its file lies"),
        ({}, lambda past: replace(past, path=".fake/other/one.jsonl"), "there is no such session"),
    ],
    ids=["none offered", "another version", "refused", "dies of it", "garbled", "elsewhere", "out of it", "not found"],
)  # fmt: skip
def test_what_can_not_be_taken_up_is_said_once_and_a_new_conversation_begins(
    agent: Agent, fake: FakeAgent, script: dict[str, Any], change: Callable[[Past], Past] | None, why: str
) -> None:
    standing = lost(agent, fake)
    assert standing.past is not None
    record = another(agent, fake, replace(standing, past=(change or (lambda past: past))(standing.past)), **script)
    assert record.end["outcome"] == "succeeded", record.outcome
    assert record.notices("warning").count("fake can't go on with its conversation, so it begins a new one: ") == 1
    assert why in record.notices("warning")
    assert len(fake.notes("session")) == 1
    assert ANEW in prompt(fake)
    assert record.text("say") == "Now the rest."
    assert b"half.txt" in record.patch


def test_one_that_took_up_its_conversation_can_be_lost_too(agent: Agent, fake: FakeAgent) -> None:
    first = lost(agent, fake)
    file = agent.folder / "standing"
    file.write_bytes(first.packed())
    agent.workspace, agent.private = (agent.folder / "second" / name for name in ("workspace", "private"))
    program = fake.plays({"say": "On."}, {"run": "echo more > more.txt"}, {"wait": None}, file=FILE, keeps=KEEPS)
    with agent.start(fake.spec(program), AIDEATOR_RESUME=str(file)) as running:
        running.until(lambda event: event["type"] == "changes")
        running.terminate()
        second = running.finish()
    record = another(agent, fake, stood(second.events, first, second.patch))
    assert record.end["outcome"] == "succeeded", record.outcome
    (remembered,) = fake.notes("remembered")
    assert [line.get("text") for line in remembered[2:]] == ["First I look around.", NOTE, "On."]


def test_keys_and_what_it_does_not_need_are_not_kept(agent: Agent, fake: FakeAgent) -> None:
    key = {"text": "The key is sk-not-to-be-seen."}
    standing = lost(agent, fake, {"keep": key}, {"keep": {"type": "statistics", "n": 7}}, *WORK)
    assert standing.past is not None
    assert '{"text": "The key is [redacted]."}' in standing.past.lines
    assert not [line for line in standing.past.lines if "statistics" in line]


@pytest.mark.parametrize(
    "command",
    [
        'cp -r "$HOME/.fake" away && rm -r "$HOME/.fake" && ln -s "$PWD/away" "$HOME/.fake"',
        'cd "$HOME"/.fake/* && cp one.jsonl ~/own && rm one.jsonl && ln -s ~/own one.jsonl',
        'cd "$HOME"/.fake/* && rm one.jsonl && mkfifo one.jsonl',
        'cd "$HOME"/.fake/* && chmod 0 one.jsonl && mv one.jsonl ~',
    ],
    ids=["folder is a link", "file is a link", "a FIFO", "gone"],
)
def test_a_file_that_does_not_lie_where_it_belongs_is_not_read(agent: Agent, fake: FakeAgent, command: str) -> None:
    standing = lost(agent, fake, {"run": f"({command}); echo half > half.txt"}, {"wait": None})
    assert standing.past is None
    assert b"half" in standing.diff


def test_a_conversation_that_is_too_long_is_left_out_and_the_changes_are_kept(agent: Agent, fake: FakeAgent) -> None:
    line = json.dumps({"x": "y" * 1000})
    fill = f"cd \"$HOME\"/.fake/* && yes '{line}' | head -c {2 * BYTES} >> one.jsonl"
    standing = lost(agent, fake, {"run": f"({fill}); echo half > half.txt"}, {"wait": None})
    assert standing.past is None
    assert b"half" in standing.diff


@pytest.mark.parametrize(
    "more", [b"\n" * (READ_LINES + 1), b'{"x": "' + b"y" * LINE + b'"}\n'], ids=["many lines", "a long line"]
)
def test_lines_are_read_as_json_only_if_they_are_few_and_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: bytes
) -> None:
    file = tmp_path / ".fake" / "a" / "one.jsonl"
    file.parent.mkdir(parents=True)
    file.write_bytes(b'{"sessionId": "s-1"}\n')
    keeping = Keeping(Home(tmp_path, {}, program("fake")), SessionFile(".fake/*/*.jsonl", ("x",)), tmp_path)
    assert keeping.look("s-1", "") is not None
    file.write_bytes(b'{"sessionId": "s-1"}\n' + more)
    monkeypatch.setattr(keeping_module, "_record", pytest.fail)
    assert keeping.look("s-1", "") is None


def test_a_program_that_would_write_a_new_file_by_the_old_name_finds_the_old_one_by_another(tmp_path: Path) -> None:
    file = SessionFile(".fake/*/*.jsonl", laid="earlier-")
    path = ".fake/a/one.jsonl"
    for _ in range(2):  # it may be lost again
        home = Home(tmp_path, {}, program("fake"))
        laid = Keeping(home, file, tmp_path).lay(replace(BEGUN, path=path, place=str(tmp_path)))
        path = laid.path
        assert path == ".fake/a/earlier-one.jsonl"
        assert (home.folder / path).read_text().splitlines() == list(BEGUN.lines)


def test_of_many_folders_few_are_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[tuple[str, ...]] = []

    def names(_: Path, path: tuple[str, ...], *, last: bool) -> list[str]:
        looked.append(path)
        return [f"{n}.jsonl" for n in range(NAMES)] if last else [str(n) for n in range(NAMES)]

    monkeypatch.setattr(keeping_module, "_names", names)
    keeping = Keeping(Home(tmp_path, {}, program("fake")), SessionFile("*/*/*.jsonl"), tmp_path)
    assert keeping.look("s-1", "") is None
    assert len(looked) == 3, "each of them has more than enough"


def test_a_standing_that_would_be_too_large_goes_without_the_conversation() -> None:
    noise = random.Random(0).randbytes(FILE_BYTES).hex()
    standing = Standing("lost", 3, "c0ffee", diff=b"a diff", past=replace(BEGUN, lines=(f'"{noise}"',)))
    assert Standing.unpacked(standing.packed()) == replace(standing, past=None)


def test_only_what_a_conversation_has_gained_is_kept_each_time() -> None:
    longer = replace(BEGUN, lines=(*BEGUN.lines, '{"n": 2}'))
    grown = longer.beyond(BEGUN)
    assert grown is not None
    assert (grown.kept, grown.lines) == (2, ('{"n": 2}',))
    assert grown.after(BEGUN) == longer
    assert longer.beyond(longer) is None
    shorter = replace(longer, lines=('{"n": 3}',)).beyond(longer)
    assert shorter is not None
    assert shorter.after(longer).lines == ('{"n": 3}',), "one that was written anew replaces the old one"
    elsewhere = replace(longer, path="x")
    assert elsewhere.beyond(longer) == elsewhere


@pytest.mark.parametrize(
    "past",
    [
        7, {"session": "s"}, {**vars(BEGUN), "lines": "x"}, {**vars(BEGUN), "lines": ["a\nb"]}, {**vars(BEGUN), "kept": -1},
        {**vars(BEGUN), "kept": 10**9}, {**vars(BEGUN), "lines": ["x" * (BYTES + 1)]}, {**vars(BEGUN), "by": None},
    ],
)  # fmt: skip
def test_a_conversation_that_makes_no_sense_is_none(past: Any) -> None:
    with pytest.raises(ValueError, match="conversation"):
        Past.from_json(past)


def test_growth_without_its_beginning_is_no_conversation() -> None:
    checkpoint = Checkpoint(0, (), 0, b"", past=replace(BEGUN, kept=5))
    assert Checkpoint.unpacked(checkpoint.packed()) == checkpoint
    with pytest.raises(ValueError, match="a part of the agent's own conversation is missing"):
        replace(BEGUN, kept=5).after(BEGUN)


@pytest.mark.parametrize(
    "past", [7, {"session": "s"}, {**vars(BEGUN), "lines": ["x" * (BYTES + 1)]}, {**vars(BEGUN), "kept": 5}]
)
def test_a_conversation_that_can_not_be_used_takes_no_changes_with_it(
    past: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = Checkpoint(0, (), 0, b"a diff", past=BEGUN)
    with monkeypatch.context() as patched:
        patched.setattr("aideator_agent.checkpoint._told", lambda _: {"past": past})
        garbled = checkpoint.packed()
    standing = Standing("lost", 0, "", past=BEGUN).then(Checkpoint.unpacked(garbled), 1, None)
    assert (standing.past, standing.diff) == (None, b"a diff")
    grown = replace(BEGUN, lines=('{"n": 2}',), kept=2)
    assert standing.then(replace(checkpoint, past=grown), 2, None).past is None, "nobody knows what it follows"
    assert standing.then(checkpoint, 2, None).past == BEGUN, "all of it is there again"


def test_a_standing_whose_conversation_can_not_be_used_keeps_its_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    standing = Standing("lost", 1, "c0ffee", diff=b"a diff", past=BEGUN)
    with monkeypatch.context() as patched:
        patched.setattr("aideator_agent.checkpoint._told", lambda _: {"past": {"session": "s"}})
        garbled = standing.packed()
    assert Standing.unpacked(garbled) == replace(standing, past=None)


@pytest.mark.parametrize("character", ["x", "\x7f", "é", "語", "😀"])
def test_the_longest_conversation_that_is_kept_can_be_read_again(character: str) -> None:
    line = character * (BYTES // len(character.encode()))
    assert fits([line])
    assert not fits([line + character])
    past = replace(BEGUN, lines=(line,))
    checkpoint = Checkpoint(0, (), 0, b"", past=past)
    assert Checkpoint.unpacked(checkpoint.packed()) == checkpoint
    assert Standing.unpacked(Standing("lost", 0, "", past=past).packed()).past == past


@pytest.mark.skipif(os.geteuid() != 0, reason="a container of one's own needs root")
def test_it_works_where_commands_have_a_container(
    agent: Agent, fake: FakeAgent, request: pytest.FixtureRequest
) -> None:
    channel = {"AIDEATOR_CHANNEL": str(request.getfixturevalue("container").channel)}
    program = fake.plays(*WORK, file=FILE, keeps=KEEPS)
    with agent.start(fake.spec(program), **channel) as running:
        running.until(lambda event: event["type"] == "changes")
        running.terminate()
        first = running.finish()
    ((_, checkpoint),) = read(first.of("checkpoint"))
    assert checkpoint.past is not None
    assert '"First I look around."' in checkpoint.past.lines[-1]
