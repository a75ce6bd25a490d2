"""An attempt that is lost in the middle of its work, and the one that goes on from there."""

import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.checkpoint import INTERRUPTED, Standing
from aideator_agent.resuming import NOTE
from aideator_agent.spec import Limits, Price, Sent, VariationSpec
from tests.agent.running import Agent, Event, Record, Running, bash, spec_of, stood, submit
from tests.agent.test_lfs import large
from tests.agent.test_origin import CONTINUED, earlier, ran_upon
from tests.agent.test_sent import put
from tests.fixtures.repositories import LocalRepository

__all__ = ["large"]
COSTLY = {"input": 30_000, "output": 100}  # after such a turn it is time for a checkpoint
PRICED = VariationSpec(1, "scripted/turns.yaml", price=Price(1e-6, 0.0))
LOST = "22222222-2222-4222-8222-222222222222"


def costly(turn: dict[str, Any]) -> dict[str, Any]:
    return {**turn, "usage": COSTLY}


def standing_of(events: Sequence[Event], **more: Any) -> Standing:
    """Where an attempt stood at its last checkpoint."""
    patch = "".join(event["text"] for event in events if event["type"] == "patch").encode()
    return replace(stood(events, Standing(LOST, 0, ""), patch), **more)


@contextmanager
def stuck(agent: Agent, repository: LocalRepository, turns: Sequence[dict[str, Any]], **more: Any) -> Iterator[Running]:
    """An attempt at these turns, and then at a command that does not end."""
    waits = bash("echo lost > lost.txt; echo waiting; sleep 600")
    with agent.start(spec_of(str(repository.path), [*turns, waits], **more)) as running:
        running.until(lambda event: event["type"] == "output" and event["text"] == "waiting\n")
        yield running


def lost(agent: Agent, repository: LocalRepository, turns: Sequence[dict[str, Any]], **more: Any) -> list[Event]:
    """The events of an attempt that was killed while it waited."""
    with stuck(agent, repository, turns, **more) as running:
        os.kill(running.process.pid, signal.SIGKILL)
        return [json.loads(line) for line in running.lines]


def another(
    agent: Agent, standing: Standing | bytes, repository: LocalRepository, turns: Sequence[dict[str, Any]], **more: Any
) -> Record:
    """The attempt that gets the standing."""
    file = agent.folder / "standing"
    file.write_bytes(standing if isinstance(standing, bytes) else standing.packed())
    agent.workspace, agent.private = (agent.folder / "other" / name for name in ("workspace", "private"))
    return agent.run(spec_of(str(repository.path), turns, **more), AIDEATOR_RESUME=str(file))


def test_the_next_attempt_goes_on_with_the_tree_and_the_conversation(agent: Agent, repository: LocalRepository) -> None:
    turns = [
        bash(
            "printf 'x = 2\\n' > a.py; printf 'caf\\351 \\0' > new.bin; rm docs/*; ln -s a.py link; touch run; chmod +x run"
        ),
        costly({"say": "Half of it is done.", **bash("cat a.py")}),
    ]
    events = lost(agent, repository, turns)
    standing = standing_of(events)
    assert (standing.step, len(standing.messages)) == (2, 5)

    rest = [bash("git status --short; cat a.py"), bash("echo more >> a.py"), submit("All done.")]
    record = another(agent, standing, repository, [*turns, *rest])

    assert record.end["outcome"] == "succeeded", record.outcome
    (resumed,) = record.of("resumed")
    assert (resumed["attempt"], resumed["step"], resumed["messages"]) == (LOST, 2, 5)
    assert [event["step"] for event in record.of("sent")] == [3, 4, 5]
    assert NOTE[:40] in record.of("sent")[0]["text"]
    assert record.text("output").startswith(' M a.py\n D "docs/read me.txt"\n?? link\n?? new.bin\n?? run\nx = 2\n')
    for expected in (
        b"+x = 2\n+more",
        b"deleted file",
        b"new file mode 120000",
        b"new file mode 100755",
        b"GIT binary patch",
    ):
        assert expected in record.patch
    assert b"lost.txt" not in record.patch
    assert record.end["totals"]["steps"] == 5


def test_an_attempt_that_is_told_to_stop_loses_nothing(agent: Agent, repository: LocalRepository) -> None:
    turns = [bash("echo one > one.txt")]
    with stuck(agent, repository, turns) as running:
        running.terminate()
        first = running.finish()
    assert len(first.of("checkpoint")) == 1
    standing = standing_of(first.events)
    assert standing.messages[-1]["content"] == INTERRUPTED

    waited = bash("this one was played")
    record = another(agent, standing, repository, [*turns, waited, bash("ls"), submit()])

    assert record.text("output").startswith("a.py\ndocs\nlost.txt\none.txt\n")
    assert b"lost.txt" in record.patch


def test_an_attempt_that_went_on_can_be_lost_too(agent: Agent, repository: LocalRepository) -> None:
    one, two = costly(bash("echo one > one.txt")), costly(bash("echo two > two.txt"))
    first = standing_of(lost(agent, repository, [one]))
    file = agent.folder / "standing"
    file.write_bytes(first.packed())
    agent.workspace, agent.private = (agent.folder / "second" / name for name in ("workspace", "private"))
    waits = bash("echo waiting; sleep 600")
    with agent.start(spec_of(str(repository.path), [one, two, waits]), AIDEATOR_RESUME=str(file)) as running:
        running.until(lambda event: event["type"] == "output" and event["text"] == "waiting\n")
        events = [json.loads(line) for line in running.lines]
    standing = stood(events, first, None)
    assert standing.step == 2
    record = another(agent, standing, repository, [one, two, bash("cat one.txt two.txt"), submit()])
    assert record.text("output").startswith("one\ntwo\n")
    assert record.end["totals"]["steps"] == 4


@pytest.mark.parametrize(
    ("did", "expected"), [("ls", "a.py:x = 2\n"), ("echo 'x = 1' > a.py", "a.py:x = 1\n"), ("echo y >> a.py", "a.py:x = 2\na.py:y\n")]
)  # fmt: skip
def test_what_was_done_before_the_run_is_there_after_a_loss(
    agent: Agent, repository: LocalRepository, did: str, expected: str
) -> None:
    """Also if the attempt had not changed anything yet, or had taken all of it back."""
    patch = earlier(repository, "echo 'x = 2' > a.py")
    turns = [bash(did), bash("echo waiting; sleep 600")]
    spec = replace(spec_of(str(repository.path), turns), sent=Sent(patch=put(agent, "patch", patch)), origin=CONTINUED)
    with agent.start(spec, AIDEATOR_SENT=str(agent.folder / "sent")) as running:
        running.until(lambda event: event["type"] == "output" and event["text"] == "waiting\n")
        running.terminate()
        first = running.finish()
    file = agent.folder / "standing"
    file.write_bytes(standing_of(first.events).packed())
    agent.workspace, agent.private = (agent.folder / "other" / name for name in ("workspace", "private"))
    turns = [bash(did), bash("this one was played"), bash("grep -r . a.py /dev/null | cat"), submit()]
    record = ran_upon(agent, spec_of(str(repository.path), turns), patch, CONTINUED, AIDEATOR_RESUME=str(file))
    assert record.of("resumed"), record.notices()
    assert record.text("output") == expected


def test_limits_hold_for_the_work_of_all_attempts_together(agent: Agent, repository: LocalRepository) -> None:
    turns = [costly(bash("echo one > one.txt"))]
    limits = Limits(cost=0.05)
    events = lost(agent, repository, turns, variations=(PRICED,), limits=limits)
    spent = sum(event["cost"] for event in events if event["type"] == "usage")
    standing = standing_of(events, cost=spent, input=30_000, output=100)
    more = [costly(bash(f"echo {number}")) for number in range(5)]
    record = another(agent, standing, repository, [*turns, *more, submit()], variations=(PRICED,), limits=limits)
    assert record.outcome == ("limit", None, "cost")
    assert record.end["totals"]["cost"] == pytest.approx(
        0.03
    )  # its own: the other 0.03 was counted in the first attempt
    assert record.end["totals"]["steps"] == 2
    (resumed,) = record.of("resumed")
    assert (resumed["cost"], resumed["input"], resumed["output"]) == (spent, 30_000, 100)


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda _: b"no checkpoint at all", "incorrect header check"),
        (lambda standing: standing.packed()[:-9], "it is cut"),
        (lambda standing: replace(standing, base="0" * 40).packed(), "it was made on commit 000000000000"),
        (
            lambda standing: replace(standing, diff=standing.diff.replace(b"x = 1", b"y = 1")).packed(),
            "its changes do not fit",
        ),
        (
            lambda standing: replace(standing, diff=standing.diff.replace(b"a.py", b"../a.py")).packed(),
            "its changes do not fit",
        ),
        (
            lambda standing: replace(standing, diff=standing.diff.replace(b"a.py", b".git/a.py")).packed(),
            "its changes do not fit",
        ),
        (lambda standing: replace(standing, opening=99).packed(), "its numbers do not fit"),
        (lambda standing: replace(standing, messages=({"role": "tool"},)).packed(), "its conversation can't be read"),
        (
            lambda standing: replace(standing, messages=({"role": "assistant", "tool_calls": [7]},)).packed(),
            "can't be read",
        ),
        (lambda standing: replace(standing, diff=bytes(64 * 2**20)).packed(), "larger than it may be"),
    ],
)
def test_a_checkpoint_that_can_not_be_used_lets_the_attempt_start_over(
    agent: Agent, repository: LocalRepository, harm: Any, why: str
) -> None:
    turns = [costly(bash("echo 'x = 2' > a.py"))]
    standing = standing_of(lost(agent, repository, turns))
    record = another(agent, harm(standing), repository, [*turns, submit()])
    assert why in record.notices("warning")
    assert "so this attempt starts over" in record.notices("warning")
    assert not record.of("resumed")
    assert b"+x = 2" in record.patch
    assert record.end["totals"]["steps"] == 2


@pytest.mark.parametrize("did", ["printf small > docs/a.bin", "rm docs/a.bin", "git mv docs/a.bin docs/b.bin"])
@pytest.mark.parametrize("stopped", [False, True])
def test_a_changed_file_in_lfs_makes_no_checkpoint(
    agent: Agent, large: LocalRepository, did: str, stopped: bool
) -> None:
    """Of which a diff says nothing, or what does not fit. One from before that stays."""
    turns = [costly(bash("echo y > a.py")), costly(bash(did)), costly(bash("echo z > z.txt"))]
    with stuck(agent, large, turns) as running:
        if stopped:
            running.terminate()
            running.finish()
    events = [json.loads(line) for line in running.lines]
    assert [event["step"] for event in events if event["type"] == "checkpoint"] == [1]


@pytest.mark.parametrize("beside", ["", r"\0 and much more"])
def test_a_diff_with_a_key_makes_no_checkpoint(agent: Agent, repository: LocalRepository, beside: str) -> None:
    """Neither in a text nor in the compressed hunk of a binary file."""
    keyed = replace(PRICED, keys=("SOME_API_KEY",))
    turns = [
        costly(bash(f"printf '%s%s{beside}\\n' sk-0123 456789abcdef > a.py")),
        costly(bash("echo hello > b.py; git checkout -q a.py")),
    ]
    spec = spec_of(str(repository.path), [*turns, submit()], variations=(keyed,))
    record = agent.run(spec, SOME_API_KEY="sk-0123456789abcdef")
    assert [event["step"] for event in record.of("checkpoint") if "sha256" in event] == [2]


def test_a_quick_attempt_makes_no_checkpoint(agent: Agent, repository: LocalRepository) -> None:
    record = agent.run(spec_of(str(repository.path), [bash(f"echo {n} >> a.py") for n in range(10)]))
    assert not record.of("checkpoint")


def test_checkpoints_leave_the_log_to_the_work(agent: Agent, repository: LocalRepository) -> None:
    """However large the changes are, and however many steps there are."""
    grow = "head -c 30000 /dev/urandom | base64 >> big.txt; echo"
    turns = [costly(bash(f"{grow} {number}")) for number in range(60)]
    record = agent.run(spec_of(str(repository.path), [*turns, submit()]))
    assert record.end["outcome"] == "succeeded"
    used = sum(
        len(line) for line, event in zip(record.lines, record.events, strict=True) if event["type"] == "checkpoint"
    )
    assert 100_000 < used < 700_000


def test_what_the_model_has_of_its_own_in_git_is_left_alone(
    agent: Agent, repository: LocalRepository, tmp_path: Path
) -> None:
    """The index, hooks and filters of the tree are the model's business."""
    trap = (
        f"printf '* filter=a\\n' > .gitattributes; echo x >> a.py; git add a.py;"
        f" git config filter.a.clean 'touch {tmp_path}/sprung; cat'; git config filter.a.process 'touch {tmp_path}/sprung'"
    )
    turns = [costly(bash(trap)), bash(f"ls {tmp_path}; git -c filter.a.process= diff --cached --name-only"), submit()]
    record = agent.run(spec_of(str(repository.path), turns))
    assert record.of("checkpoint")
    assert "sprung" not in record.text("output")
    assert "a.py\n" in record.text("output")
