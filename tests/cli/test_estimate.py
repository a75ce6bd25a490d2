"""`run --estimate`: what a run would cost and take, by earlier attempts."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.spec import Repository
from aideator_cli.store import Store
from tests.cli.conftest import Said, Shell
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.stored_runs import Told, add_run


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalRepository:
    repository = LocalRepository(tmp_path / "source")
    repository.commit({"a.py": "x\n"})
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    return repository


def told(cost: float | None, seconds: float, outcome: str = "succeeded", **end: Any) -> Told:
    return Told(outcome=outcome, end={"totals": {"steps": 1, "cost": cost, "seconds": seconds}, **end})


def ask(aideator: Shell, source: LocalRepository, *words: str) -> Said:
    options = ("--backend", "local", "--allow-local-shell", "--estimate")
    return aideator("run", str(source.path), "Fix it.", *options, *words)


def test_earlier_attempts_on_this_repository_say_what_the_run_costs_and_takes(
    aideator: Shell, home: Path, source: LocalRepository
) -> None:
    costs = [told(0.1 * n, 60.0 * n) for n in range(1, 12)]  # 0.1 to 1.1
    ended = [told(99.0, 9999.0, "cancelled"), told(99.0, 9999.0, "failed", fault="infrastructure")]
    add_run(home, *costs, *ended, repository=Repository(str(source.path)))
    add_run(home, told(50.0, 5000.0), run="otherrr")
    said = ask(aideator, source, "--model", "gpt-5:3", "--json")
    assert said.code == 0, said.err
    (record,) = [json.loads(line) for line in said.out.splitlines()]
    (part,) = record["parts"]
    assert (part["variations"], part["sample"], part["priced"], part["same_repository"]) == (3, 11, 11, True)
    assert part["cost"] == {"p10": 0.2, "p50": 0.6, "p90": 1.0}
    assert record["cost"] == {"p10": 0.6, "p50": 1.8, "p90": 3.0}
    assert record["seconds"] == {"p10": 120, "p50": 360, "p90": 600}
    assert len(Store.open(home).runs()) == 2


def test_agents_that_take_turns_take_longer(aideator: Shell, home: Path, source: LocalRepository) -> None:
    add_run(home, told(0.1, 60.0), repository=Repository(str(source.path)))
    said = ask(aideator, source, "--model", "gpt-5:5", "--max-parallel", "2", "--json")
    assert json.loads(said.out)["seconds"]["p50"] == 180


def test_without_attempts_here_those_of_other_repositories_count_and_this_is_said(
    aideator: Shell, home: Path, source: LocalRepository
) -> None:
    add_run(home, told(0.2, 100.0), told(None, 120.0))
    said = ask(aideator, source, "--model", "gpt-5:2")
    row = "gpt-5 2 2 attempts of other repositories, 1 without a cost $0.20 ($0.20 to $0.20) 1m50 (1m42 to 1m58)"
    assert " ".join(said.out.splitlines()[1].split()) == row
    assert "the run: $0.40 ($0.40 to $0.40), 1m50" in said.err
    assert "2 attempts of gpt-5 say little" in said.err


def test_what_nobody_has_tried_is_unknown_and_so_is_the_run(
    aideator: Shell, home: Path, source: LocalRepository
) -> None:
    add_run(home, told(0.2, 100.0))
    said = ask(aideator, source, "--model", "gpt-5,gpt-5-mini")
    assert said.code == 0
    assert "gpt-5-mini       1  nothing                          ?" in said.out
    assert "the run: ?, ?" in said.err
    assert "no earlier attempt of gpt-5-mini is stored here" in said.err
    assert len(Store.open(home).runs()) == 1


def test_a_question_is_estimated_from_questions(aideator: Shell, home: Path, source: LocalRepository) -> None:
    add_run(home, told(5.0, 900.0))
    add_run(home, told(0.2, 60.0), run="answers", answer=True)
    for words, cost in ((("--model", "gpt-5:1"), 5.0), (("--model", "gpt-5:1", "--answer"), 0.2)):
        assert json.loads(ask(aideator, source, *words, "--json").out)["cost"]["p50"] == cost


@pytest.mark.parametrize("shown", [("--estimate",), ("--team", "feature", "--dry-run", "--verify", "true")])
def test_what_only_shows_what_would_start_needs_no_key_and_no_permission_and_leaves_no_trace(
    aideator: Shell, home: Path, source: LocalRepository, shown: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    words = ("run", str(source.path), "Fix it.", "--backend", "local", "--model", "gpt-5")
    said = aideator(*words, *shown)
    assert said.code == 0, said.err
    assert said.out
    assert not home.exists()
    assert "needs OPENAI_API_KEY" in aideator(*words).err


def test_without_any_earlier_attempt_there_is_nothing_to_explain(aideator: Shell, source: LocalRepository) -> None:
    said = ask(aideator, source, "--model", "gpt-5")
    assert said.code == 0
    assert "in brackets" not in said.err
    assert "no earlier attempt of gpt-5 is stored here" in said.err
