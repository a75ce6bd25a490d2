"""Where a lost attempt stood, by what is stored of it: whatever its log holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.checkpoint import Checkpoint, Standing, digest
from aideator_agent.spec import RunSpec
from aideator_cli.domain.attempts import Attempt
from aideator_cli.store import Store
from aideator_cli.stream.inheriting import left_by, stood
from tests.fixtures.stored_runs import BASE, Record, Told, add_run, tell

LOST = {"fault": "infrastructure", "reason": "evicted"}


def said(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def checkpoint(step: int, kept: int, *added: str, diff: bytes | None = None, patch: bool = False) -> Record:
    text = Checkpoint(kept, tuple(map(said, added)), 1, diff, patch, BASE).packed()
    return {"type": "checkpoint", "step": step, "part": 1, "parts": 1, "text": text, "sha256": digest(text)}


def used(step: int) -> list[Record]:
    return [
        {"type": "sent", "step": step, "sha256": "0" * 64},
        {"type": "usage", "step": step, "input": 100, "output": 10, "cost": 0.5},
    ]


def resumed(standing: Standing) -> Record:
    return {
        "type": "resumed", "attempt": standing.attempt, "step": standing.step, "messages": len(standing.messages) or None, "why": "",
        "cost": standing.cost, "input": standing.input, "output": standing.output,
    }  # fmt: skip


class Losing:
    """A run of one variation, whose attempts are lost one after the other."""

    def __init__(self, home: Path, *records: Record) -> None:
        self.spec: RunSpec = add_run(home, lost(records))
        self.store = Store.open(home)

    def again(self, number: int, *records: Record) -> None:
        attempt = Attempt(f"{self.spec.id}-again-{number}", self.spec.id, 1, f"2026-11-21T13:00:0{number}Z", "pod")
        tell(self.store, self.spec, attempt, lost(records))

    def stood(self) -> Standing:
        standing = stood(self.store, self.spec, 1)
        assert standing is not None
        return standing

    @property
    def contents(self) -> list[str]:
        return [message["content"] for message in self.stood().messages]


def lost(records: Sequence[Record]) -> Told:
    return Told(outcome="failed", more=records, end=LOST)


def test_two_checkpoints_after_the_same_step_are_told_apart(tmp_path: Path) -> None:
    """An attempt that is told to stop makes its last one, perhaps just after another."""
    losing = Losing(tmp_path, *used(1), checkpoint(1, 0, "a", "b", diff=b"1"), checkpoint(1, 2, "c", diff=b"2"))
    first = losing.stood()
    assert (losing.contents, first.diff) == (["a", "b", "c"], b"2")
    losing.again(2, resumed(first))
    assert (losing.contents, losing.stood().diff) == (["a", "b", "c"], b"2")
    losing.again(3, resumed(losing.stood()), *used(2), checkpoint(2, 3, "d"))
    assert losing.contents == ["a", "b", "c", "d"]
    assert (losing.stood().input, losing.stood().cost) == (200, 1.0)


def test_a_conversation_that_is_not_the_one_that_went_on_is_not_used(tmp_path: Path) -> None:
    losing = Losing(tmp_path, *used(1), checkpoint(1, 0, "a", "b"))
    other = {**resumed(losing.stood()), "messages": 7}
    losing.again(2, other, *used(2), checkpoint(2, 7, "h"))
    assert left_by(losing.store, losing.spec, 1) is None


def test_a_last_checkpoint_whose_patch_is_lost_leaves_the_one_before_it(tmp_path: Path) -> None:
    broken = {"type": "patch", "part": 2, "parts": 2, "encoding": "utf-8", "text": "", "sha256": "0" * 64}
    losing = Losing(
        tmp_path, *used(1), checkpoint(1, 0, "a", diff=b"1"), broken, *used(2), checkpoint(2, 1, "b", patch=True)
    )
    assert (losing.contents, losing.stood().diff, losing.stood().step) == (["a"], b"1", 1)


@pytest.mark.parametrize(
    "hostile",
    [
        {"type": "sent", "step": []},
        {"type": "usage", "step": {}, "cost": "much", "input": -1, "output": 1e999},
        {"type": "resumed", "attempt": {}, "step": [], "messages": []},
        {**checkpoint(2, 0, "b"), "part": []},
        {**checkpoint(2, 0, "b"), "text": "é", "sha256": digest("é")},
        {**checkpoint(2, 0, "b"), "text": "\ud800"},
        {**checkpoint(2, 0, "b"), "step": "x"},
    ],
)
def test_a_hostile_log_breaks_nothing(tmp_path: Path, hostile: Record) -> None:
    losing = Losing(tmp_path, *used(1), checkpoint(1, 0, "a"), hostile)
    standing = stood(losing.store, losing.spec, 1)
    assert standing is None or losing.contents == ["a"]
