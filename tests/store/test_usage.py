"""What every attempt at a variation has used is known, whatever has followed it."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.actions.here import Here
from aideator_cli.actions.stats import Stats, stats
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.judgements import Judgement
from aideator_cli.store import Store
from aideator_cli.store.migrations import STEPS
from aideator_cli.store.sqlite import SQLiteEngine
from aideator_cli.system.settings import Settings
from tests.fixtures.stored_runs import Told, add_run, tell
from tests.store.conftest import Kept

FAILED = {"outcome": "failed", "fault": "infrastructure"}


def used(cost: float | None, *, tokens: int = 100) -> dict[str, Any]:
    return {"type": "usage", "step": 1, "input": tokens, "output": tokens // 10, "cost": cost}


def ended(cost: float | None, **end: Any) -> Told:
    """An agent that has made one call of the model."""
    return Told(b"", more=[used(cost)], end={"totals": {"steps": 1, "cost": cost, "seconds": 1.0}, **end})


def attempt(number: int) -> Attempt:
    return Attempt(f"uid-{number}", "k3v9x2q", 1, f"2026-11-21T12:0{number}:00Z", "pod")


@pytest.fixture
def home(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIDEATOR_HOME", str(kept.home))
    if kept.url:
        monkeypatch.setenv("AIDEATOR_DATABASE", kept.url)
    return kept.home


@pytest.fixture
def spec(home: Path) -> RunSpec:
    """A run of one variation that infrastructure has failed once it had spent 25 cents."""
    return add_run(home, ended(0.25, **FAILED))


def counted() -> Stats:
    (group,) = stats(Here(Settings()))
    return group


def test_what_an_earlier_attempt_has_cost_is_counted(spec: RunSpec) -> None:
    store = Here(Settings()).store
    tell(store, spec, attempt(2), ended(0.5))
    group = counted()
    assert (group.variations, group.total_cost, group.median_cost) == (1, 0.75, 0.5)
    assert (group.total_input_tokens, group.total_output_tokens) == (200, 20)
    assert store.spent(spec.id) == {1: 0.75}


def test_while_another_attempt_is_awaited_what_was_spent_stays_spent(spec: RunSpec) -> None:
    store = Here(Settings()).store
    store.reopen(spec.id, {1: 2}, [1])
    assert counted().total_cost == 0.25
    assert store.spent(spec.id) == {1: 0.25}


def test_one_attempt_whose_price_is_unknown_makes_the_whole_unknown(spec: RunSpec) -> None:
    store = Here(Settings()).store
    tell(store, spec, attempt(2), ended(None))
    tell(store, spec, attempt(3), ended(0.5))
    assert counted().total_cost is None
    assert store.spent(spec.id) == {1: None}


def test_an_attempt_that_is_read_late_counts_though_another_one_has_followed(spec: RunSpec) -> None:
    store = Here(Settings()).store
    store.open_attempt(attempt(2))
    store.open_attempt(attempt(3))
    tell(store, spec, attempt(3), ended(0.5))
    tell(store, spec, attempt(2), ended(1.0, **FAILED))
    assert store.spent(spec.id) == {1: 1.75}
    assert [result.cost for result in store.results(spec.id)] == [0.5]


def test_a_database_from_before_is_told_from_its_results_and_events(tmp_path: Path) -> None:
    spec = RunSpec(
        "k3v9x2q", "uuid", "2026-01-01T00:00:00Z", Repository("https://git.example/todo.git"), "Fix it.",
        (VariationSpec(1, "gpt-5"), VariationSpec(2, "gpt-5")),
    )  # fmt: skip
    with sqlite3.connect(tmp_path / "aideator.db") as old:
        for step in STEPS[:4]:
            old.executescript(step.up)
        old.execute("pragma user_version=4")
        old.executemany("insert into runs(id, created, backend, where_text, spec, state) values (?, ?, 'local', '', ?, 'ended')",
                        [(spec.id, spec.created, spec.to_json())])  # fmt: skip
        result = {"attempt": "b", "outcome": "succeeded", "cost": 0.5, "input_tokens": 7, "output_tokens": 3}
        old.execute("insert into variations(run, number, model, role, result) values ('k3v9x2q', 1, 'gpt-5', '', ?)",
                    (json.dumps(result),))  # fmt: skip
        old.execute("insert into variations(run, number, model, role) values ('k3v9x2q', 2, 'gpt-5', '')")
        old.executemany("insert into attempts(id, run, variation, number, name, created) values (?, 'k3v9x2q', ?, ?, '', '')",
                        [("a", 1, 1), ("b", 1, 2), ("c", 2, 1)])  # fmt: skip
        old.executemany("insert into events(attempt, after, type, time, raw) values (?, ?, ?, '', ?)", _events())
    old.close()
    store = Store.open(tmp_path)
    assert store.spent(spec.id) == {1: 1.75, 2: None}
    assert [(each.spent, each.input_tokens, each.output_tokens) for each in store.tried()] == [
        (1.75, 32, 6),
        (None, None, None),
    ]


def test_tokens_of_a_judgement_that_nobody_has_counted_are_unknown_and_older_ones_too(tmp_path: Path) -> None:
    spec = add_run(tmp_path, Told(b""))
    answer = Judgement("r", 2, 1, 2, "a", "b", "tie", "", "m", None, None, None)
    Store.open(tmp_path).save_judgement(spec.id, answer)
    assert Store.open(tmp_path).judgements(spec.id) == [answer]
    step = next(number for number, step in enumerate(STEPS) if "judgements_anew" in step.up)
    SQLiteEngine.open(tmp_path, step).close()
    with sqlite3.connect(tmp_path / "aideator.db") as old:
        old.execute("delete from judgements")
        rows = [("uncounted", 0, 0, None), ("counted", 7, 3, 0.5), ("not asked", 0, 0, 0.0)]
        old.executemany(
            f"insert into judgements values (null, '{spec.id}', 'r', 3, 1, 2, 'a', 'b', 'tie', ?, 'm', ?, ?, ?, 1, '')",
            rows,
        )
    old.close()
    kept = [
        (each.reason, each.input_tokens, each.output_tokens, each.cost)
        for each in Store.open(tmp_path).judgements(spec.id)
    ]
    assert kept == [("uncounted", None, None, None), *rows[1:]]


def _events() -> Iterator[tuple[str, int, str, str]]:
    yield "a", 0, "usage", '{"cost": 0.25, "input": 20, "output": 2}'
    yield "a", 1, "usage", '{"cost": 1, "input": 5, "output": 1}'
    yield "a", 2, "say", '{"cost": 99}'
    yield "c", 0, "usage", '{"cost": null, "input": 4, "output": 0}'
    yield "c", 1, "usage", '{"cost": NaN}'
