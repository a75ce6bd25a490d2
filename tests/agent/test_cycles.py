"""A model that goes round in circles is warned and then ended. One that makes progress, however slowly, is left alone."""

from collections.abc import Sequence
from typing import Any

import pytest

from aideator_agent.cycles import Cycles
from aideator_agent.models.base import Call
from aideator_agent.verdict import Ended
from tests.agent.running import Agent, bash, spec_of, submit
from tests.fixtures.repositories import LocalRepository

FAILS = "E   AssertionError: assert parse('#') == []"


def played(calls: Sequence[tuple[str, str, bool]]) -> tuple[int, str]:
    """Returns how many warnings came, and why the work ended, if it did."""
    cycles = Cycles()
    warnings = 0
    try:
        for number, (command, result, failing) in enumerate(calls):
            call = Call(str(number), "bash", {"command": command})
            warnings += cycles.before(call) is not None
            warnings += cycles.after(call, result, failing=failing) is not None
    except Ended as ended:
        return warnings, ended.verdict.reason
    return warnings, ""


@pytest.mark.parametrize("period", [2, 3, 4])
def test_a_cycle_of_calls_with_the_same_results_is_warned_of_and_ended(period: int) -> None:
    round_ = [(f"call {n}", f"result {n} in 0.03 s", False) for n in range(period)]
    assert played(round_ * 3) == (1, "")
    again = [(command, result.replace("0.03", "0.11"), failing) for command, result, failing in round_]
    assert played([*round_ * 3, *again]) == (
        1,
        f"the model made the same {period} calls 4 times over, with the same results",
    )
    assert played([("begin", "", False), *round_ * 2, ("other", "", False), *round_ * 2]) == (0, "")


def test_a_cycle_whose_results_change_is_progress() -> None:
    assert played(
        [step for word in "abcdefgh" for step in (("edit", "ok", False), ("test", f"{word} fails", True))]
    ) == (0, "")


def test_the_same_failure_again_and_again_with_changed_words_is_warned_of_and_ended() -> None:
    tries = [(f"pytest -{'v' * n}", f"{FAILS}\n1 failed in 0.0{n} s\n[exit code 1]", True) for n in range(20)]
    assert played(tries[:4]) == (0, "")
    assert played(tries[:5]) == (1, "")
    assert played(tries) == (1, "the model's calls failed 10 times with the same output")


def test_calls_that_fail_without_a_word_are_no_circle() -> None:
    assert played([(f"grep {n} a.py", "[exit code 1]", True) for n in range(30)]) == (0, "")


def test_failures_that_differ_are_no_circle() -> None:
    words = [chr(97 + n) for n in range(20)]
    assert played([("test " + word, f"{FAILS} {word}\n[exit code 1]", True) for word in words]) == (0, "")


def test_an_attempt_in_a_circle_leaves_its_patch_long_before_its_steps_are_used_up(
    agent: Agent, repository: LocalRepository
) -> None:
    round_ = [bash("cat a.py"), bash("echo no such parser as that >&2; false")]
    turns: list[dict[str, Any]] = [bash("echo y > b.py"), *round_ * 40, submit()]
    record = agent.run(spec_of(str(repository.path), turns))
    assert record.outcome == ("failed", "agent", "the model made the same 2 calls 4 times over, with the same results")
    assert record.end["totals"]["steps"] < 10
    assert "Do something else" in record.text("sent")
    assert b"+y" in record.patch
