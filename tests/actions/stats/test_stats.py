"""`stats`: all that was tried here, counted fairly."""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.program import AgentProgram
from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli import main
from aideator_cli.actions.stats import Share
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.domain.runs import Place, Selection
from aideator_cli.store import Store
from aideator_cli.store.migrations import STEPS

Stats = Callable[..., list[dict[str, Any]]]
CODEX = AgentProgram("codex", "acp", "codex-acp", "responses", "https://api.openai.com/v1")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("AIDEATOR_HOME", str(tmp_path))
    return Store.open(tmp_path)


@pytest.fixture
def stats(capsys: pytest.CaptureFixture[str]) -> Stats:
    def call(*words: str) -> list[dict[str, Any]]:
        assert main.main(["stats", "--json", *words]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return call


def add(
    store: Store, *results: Result, name: str = "k000001", created: str = "2026-03-01T00:00:00.000000Z", **changes: Any
) -> RunSpec:
    """A run whose variations have these results; None of them is one that has none."""
    variations = tuple(VariationSpec(r.variation, r.model) for r in results)
    repository = Repository("https://git.example/todo.git")
    spec = replace(RunSpec(name, "uuid", created, repository, "Fix it.", variations), **changes)
    store.add_run(spec, Place("local", "this machine"), state="ended")
    for result in results:
        if result.ended:
            store.save_result(spec.id, replace(result, attempt=f"uid-{result.variation}"))
    return spec


def ended(number: int, outcome: str = "succeeded", fault: str | None = None, **fields: Any) -> Result:
    return Result(number, fields.pop("model", "gpt-5"), outcome=outcome, fault=fault, **fields)


def check(code: int, **fields: Any) -> CheckResult:
    return CheckResult("unit", "make test", code, 1.0, "", **fields)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 1, 0.2065, 1.0), (8, 10, 0.4902, 0.9433), (81, 263, 0.2553, 0.3662)],
)  # the last one: Newcombe, Statistics in Medicine 17 (1998), table I, method 3
def test_the_interval_is_wilson_s(count: int, total: int, low: float, high: float) -> None:
    interval = Share(count, total).interval
    assert interval == pytest.approx((low, high), abs=0.0001)


def test_of_nothing_there_is_no_rate() -> None:
    assert (Share(0, 0).rate, Share(0, 0).interval) == (None, None)


def test_what_says_nothing_of_the_model_does_not_count_against_it(store: Store, stats: Stats) -> None:
    faults = ("infrastructure", "repository", "verifier", "agent", "model")
    add(
        store, ended(1), ended(2, "no_changes"), ended(3, "limit"), ended(4, "cancelled"),
        *(ended(5 + at, "failed", fault) for at, fault in enumerate(faults)), Result(10, "gpt-5"),
    )  # fmt: skip
    (group,) = stats()
    assert (group["group"], group["variations"], group["running"]) == ("gpt-5", 10, 1)
    assert (group["success"]["count"], group["success"]["total"]) == (1, 5)
    assert group["failed"] == dict.fromkeys(faults, 1)
    assert (group["no_changes"], group["limits"], group["cancelled"]) == (1, 1, 1)


def test_a_patch_that_does_not_pass_its_checks_is_no_success(store: Store, stats: Stats) -> None:
    add(store, ended(1, checks=(check(0),)), ended(2, checks=(check(0), check(1))), ended(3, checks=(check(1),)))
    (group,) = stats()
    assert (group["success"]["count"], group["checks_failed"]) == (1, 2)


def test_a_report_with_fewer_tests_than_on_the_base_is_no_success(store: Store, stats: Stats) -> None:
    base = (check(0, on="base", tests=12),)
    fewer, all_of_them = ended(1, checks=(check(0, tests=3),), baseline=base), ended(2, checks=(check(0, tests=12),))
    spec = add(store, fewer, all_of_them, verify_report="junit.xml")
    (group,) = stats()
    assert (group["success"]["count"], group["checks_failed"]) == (1, 1)
    assert [r.succeeded for r in store.results(spec.id)] == [False, True]


def test_wins_are_counted_among_decided_runs(store: Store, stats: Stats) -> None:
    for number, winner in enumerate((1, 1, 2, None)):
        spec = add(
            store, ended(1, model="gpt-5", cost=0.25), ended(2, model="claude", cost=0.5), ended(3, model="claude", cost=1.0),
            name=f"k00000{number}",
        )  # fmt: skip
        if winner:
            store.select(spec.id, Selection(winner, "uid", "", None))
    claude, gpt = stats()
    assert (claude["group"], claude["runs"], claude["variations"]) == ("claude", 4, 8)
    assert (claude["wins"]["count"], claude["wins"]["total"]) == (1, 3)
    assert (gpt["wins"]["count"], gpt["wins"]["total"]) == (2, 3)
    assert (gpt["total_cost"], gpt["cost_per_accepted"]) == (1.0, 0.5)
    assert (claude["median_cost"], claude["cost_per_accepted"]) == (0.75, 6.0)


def test_an_unknown_price_is_not_nothing(store: Store, stats: Stats) -> None:
    spec = add(store, ended(1, cost=None, seconds=10.0), ended(2, cost=0.5, seconds=20.0))
    store.select(spec.id, Selection(1, "uid", "", None))
    (group,) = stats()
    assert (group["median_cost"], group["median_seconds"]) == (0.5, 15.0)
    assert (group["total_cost"], group["cost_per_accepted"]) == (None, None)


def test_runs_are_grouped_by_any_axis(store: Store, stats: Stats, capsys: pytest.CaptureFixture[str]) -> None:
    variations = (
        VariationSpec(1, "gpt-5", 0.0, prompt_name="short"),
        VariationSpec(2, "gpt-5", 0.7, prompt_name="long", role="tester"),
        VariationSpec(3, "gpt-5", agent=CODEX),
    )
    add(store, ended(1), ended(2), ended(3), variations=variations)
    assert {g["group"] for g in stats("--by", "prompt")} == {"short", "long", "Fix it."}
    assert {g["group"] for g in stats("--by", "temperature")} == {"0", "0.7", "default"}
    assert {g["group"] for g in stats("--by", "role")} == {"engineer", "tester"}
    assert {g["group"]: g["variations"] for g in stats("--by", "agent")} == {"own": 2, "codex": 1}
    assert {g["group"] for g in stats("--by", "repo")} == {"https://git.example/todo.git"}
    assert main.main(["stats", "--by", "weather"]) == 2
    told = "error: --by takes model, agent, role, prompt, temperature, repo, not weather\n"
    assert capsys.readouterr().err == told


def test_only_some_runs_are_asked_for(store: Store, stats: Stats) -> None:
    add(store, ended(1, model="old"), created="2026-01-01T00:00:00.000000Z")
    other = Repository("https://git.example/Parser.git")
    add(store, ended(1, model="new"), name="k000002", repository=other)
    assert [g["group"] for g in stats("--since", "2026-02-01T00:00:00Z")] == ["new"]
    assert [g["group"] for g in stats("--repo", "parser")] == ["new"]
    assert [g["group"] for g in stats("--repo", "nothing")] == []


def test_a_person_reads_a_table(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    spec = add(store, ended(1, cost=0.2, seconds=61.0), ended(2, "limit", cost=0.4, seconds=61.0))
    store.select(spec.id, Selection(1, "uid", "", None))
    assert main.main(["stats"]) == 0
    said = capsys.readouterr()
    lines = [line.split() for line in said.out.splitlines()]
    assert said.err.startswith("95 %: the range in which the true share of successes probably lies; the second table ")
    assert lines[1] == ["gpt-5", "1", "2", "50", "%", "9–91", "1", "of", "1", "$0.30", "1m01", "$0.60"]
    assert lines[3:] == [["model", "limit"], ["gpt-5", "1"]]


def test_where_there_is_nothing_that_is_said(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["stats"]) == 0
    assert "no runs yet" in capsys.readouterr().err
    add(store, ended(1))
    assert main.main(["stats", "--repo", "nothing"]) == 0
    assert "no run matches" in capsys.readouterr().err


def test_foreign_names_are_harmless_on_a_terminal(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    add(store, ended(1, model="openai/\x1b]0;owned\x07[red]x\n"))
    assert main.main(["stats"]) == 0
    out = capsys.readouterr().out
    assert "\x1b]" not in out
    assert "[red]x" in out


def test_runs_from_before_are_counted_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stats: Stats) -> None:
    monkeypatch.setenv("AIDEATOR_HOME", str(tmp_path))
    spec = RunSpec("k3v9x2q", "uuid", "2026-01-01T00:00:00Z", Repository("https://git.example/todo.git"), "Fix it.", ())
    with sqlite3.connect(tmp_path / "aideator.db") as old:
        old.executescript(STEPS[0].up)
        old.execute("pragma user_version=1")
        old.execute(
            "insert into runs values ('k3v9x2q', '2026-01-01T00:00:00Z', 'local', null, null, '', null, ?, 'ended', '')",
            (spec.to_json(),),
        )
        old.execute("insert into variations values ('k3v9x2q', 1, 'gpt-5', 'engineer', null, null)")
    old.close()
    assert [g["running"] for g in stats("--by", "repo", "--repo", "todo")] == [1]


def test_answers_are_counted_apart_from_patches(store: Store, stats: Stats) -> None:
    add(store, ended(1, "failed", "agent"), name="k000001")
    add(store, ended(1), ended(2), name="k000002", answer=True)
    assert [(group["variations"], group["success"]["count"]) for group in stats()] == [(1, 0)]
    assert [(group["variations"], group["success"]["count"]) for group in stats("--answers")] == [(2, 2)]
