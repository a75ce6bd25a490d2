"""Tests are counted without being asked for: a check that exits with 0 can still have failed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aideator_cli.choice.verdicts import Verdict, verdict
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import parse
from aideator_cli.domain.result import Result, fold
from tests.choice.outcomes import OUTCOMES
from tests.choice.project import Project
from tests.fixtures.made_once import made_once

FILES = {outcome.name: outcome.files for outcome in OUTCOMES}
WORDS = {
    "right": "passed",
    "right with a test of its own": "passed",
    "wrong": "failed",
    "partial": "failed_before",
    "os._exit in a module": "too_few_tests",
    "os._exit at the end": "failed_before",
    "a function that skips its tests": "too_few_tests",
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Verdict]:
    lines = made_once(tmp_path_factory, "counted", lambda: _checked(tmp_path_factory.mktemp("made")))

    def of(name: str) -> Verdict:
        attempt = Attempt("uid", "k3v9x2q", 1, "2026-11-21T12:00:00Z", "log")
        events = [parse(attempt, line, None) for line in (*lines["base"], *lines[name])]
        return verdict(fold(events, Result(1, "gpt-5", "uid")), "pytest")

    return of


def _checked(folder: Path) -> dict[str, list[bytes]]:
    project = Project(folder, report=False)
    ended = {"outcome": "succeeded"}
    return {"base": project.baseline(), **{name: project.attempt(FILES[name], ended) for name in WORDS}}


@pytest.mark.parametrize("name", WORDS)
def test_each_outcome_gets_its_verdict_without_a_report(judged: Callable[[str], Verdict], name: str) -> None:
    assert judged(name).word == WORDS[name]


def test_the_tests_are_named(judged: Callable[[str], Verdict]) -> None:
    right, skipping = judged("right"), judged("a function that skips its tests")
    assert (right.count, right.base_count, right.repaired) == ("4/4", "3/4", ("tests.test_sums::test_add",))
    assert skipping.lost == ("tests.test_sums::test_add", "tests.test_sums::test_add_nothing")
