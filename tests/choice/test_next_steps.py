"""What a run's end suggests: commands that can be pasted as they stand, and that take nothing which did not pass."""

from dataclasses import replace

import pytest

from aideator_agent.spec import Check, Repository, RunSpec, VariationSpec
from aideator_cli.actions.next_steps import next_steps
from aideator_cli.domain.result import CheckResult, Result

SPEC = RunSpec(
    "k3v9x2q", "uuid", "2026-11-21T12:00:00.000000Z", Repository("https://git.example/todo.git"), "Accept comments.",
    tuple(VariationSpec(number, "gpt-5") for number in (1, 2, 3)), checks=(Check("pytest", "pytest -q"),),
)  # fmt: skip
PASSED = CheckResult("pytest", "pytest -q", 0, 1.0, "")
FAILED = replace(PASSED, exit_code=1)
RIGHT = Result(2, "gpt-5", "uid", "succeeded", files=1, additions=5, checks=(PASSED,))
WRONG = replace(RIGHT, variation=3, checks=(FAILED,))
CHEAT = replace(RIGHT, variation=1, checks=(PASSED, replace(FAILED, on="restored")), tests=("test_a.py",))
NOTHING = replace(RIGHT, variation=2, outcome="no_changes", files=0, additions=0, checks=())


@pytest.mark.parametrize(
    ("results", "steps"),
    [
        ([CHEAT, RIGHT, WRONG], ["diff k3v9x2q/2", "apply k3v9x2q/2"]),
        ([RIGHT, replace(RIGHT, variation=3)], ["compare k3v9x2q", "diff k3v9x2q/2", "apply k3v9x2q/2"]),
        ([CHEAT, NOTHING, WRONG], ["compare k3v9x2q", "diff k3v9x2q/3", "logs k3v9x2q/3"]),
        ([CHEAT], ["diff k3v9x2q/1", "logs k3v9x2q/1"]),
        ([replace(WRONG, checks=())], ["diff k3v9x2q/3", "logs k3v9x2q/3"]),  # its check never ran
        ([NOTHING], ["logs k3v9x2q", "show k3v9x2q"]),
        ([replace(NOTHING, attempt=None, outcome="failed")], ["show k3v9x2q"]),  # it never began
    ],
)
def test_what_passed_is_to_be_applied_and_what_did_not_only_to_be_looked_at(
    results: list[Result], steps: list[str]
) -> None:
    assert [step.written() for step in next_steps(SPEC, results)] == [f"aideator {step}" for step in steps]


def test_a_matrix_is_compared_along_its_axes() -> None:
    of_a_matrix = replace(SPEC, variations=tuple(replace(v, temperature=v.number / 2) for v in SPEC.variations))
    assert next_steps(of_a_matrix, [RIGHT])[0].written() == "aideator compare k3v9x2q --by temperature"
