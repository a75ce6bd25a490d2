"""What following and showing a run take does not grow with how much else is stored."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import parse
from aideator_cli.domain.runs import Place
from aideator_cli.store import Store

FIRST, SECOND = VariationSpec(1, "gpt-5"), VariationSpec(2, "gpt-5")
SPEC = RunSpec(
    "k3v9x2q",
    "uuid",
    "2026-11-21T12:00:00.000000Z",
    Repository("https://git.example/todo.git"),
    "fix it",
    (FIRST, SECOND),
)
SMALL = Attempt("uid-1", SPEC.id, 1, "2026-11-21T12:00:01Z", "pod-1")
LARGE = Attempt("uid-2", SPEC.id, 2, "2026-11-21T12:00:01Z", "pod-2")


def write(store: Store, attempt: Attempt, count: int) -> None:
    store.open_attempt(attempt)
    lines = [json.dumps({"v": 1, "seq": seq, "type": "say", "text": "word " * 8}).encode() for seq in range(count)]
    store.record([parse(attempt, line, f"{seq:06d}", seq - 1) for seq, line in enumerate(lines)], [])


def effort(store: Store, work: Callable[[], object]) -> int:
    """In hundreds of SQLite's instructions."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    connection = store._engine._own  # type: ignore[attr-defined]
    with store.transaction():
        connection.set_progress_handler(step, 100)
        work()
        connection.set_progress_handler(None, 0)
    return count


@pytest.mark.parametrize(
    "work",
    [
        lambda store: store.cursor(SMALL.id),
        lambda store: list(store.events(SMALL)),
        lambda store: list(store.events(SMALL, ("end",))),
    ],
    ids=["where to read on", "all of an attempt", "some of an attempt"],
)
def test_one_attempt_costs_the_same_beside_a_large_one(tmp_path: Path, work: Callable[[Store], object]) -> None:
    store = Store.open(tmp_path)
    store.add_run(SPEC, Place("local", "this machine"))
    write(store, SMALL, 20)
    alone = effort(store, lambda: work(store))
    write(store, LARGE, 20_000)
    assert effort(store, lambda: work(store)) <= alone + 2
