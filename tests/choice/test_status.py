"""What every table says became of a variation."""

from dataclasses import replace

import pytest

from aideator_cli.choice.status import long_status, status
from aideator_cli.domain.result import CheckResult, Result

PASSED = CheckResult("pytest", "pytest -q", 0, 1.0, "")
FAILED = replace(PASSED, exit_code=1)
MADE = Result(1, "m", outcome="succeeded")
CHEATED = (PASSED, replace(FAILED, on="restored"))


@pytest.mark.parametrize(
    ("result", "short", "long"),
    [
        (replace(MADE, checks=(PASSED,)), "succeeded", "succeeded"),
        (replace(MADE, checks=(FAILED,)), "failed checks", "failed pytest"),
        (replace(MADE, checks=(PASSED, replace(FAILED, name="lint"))), "failed checks", "failed lint"),
        (replace(MADE, checks=CHEATED), "cheat?", "cheat?"),
        (replace(MADE, checks=(*CHEATED, replace(FAILED, name="lint"))), "cheat?", "failed lint, cheat?"),
        (replace(MADE, outcome="limit", reason="cost"), "limit (cost)", "limit (cost)"),
        (replace(MADE, outcome="failed", fault="model"), "failed (model)", "failed (model)"),
        (replace(MADE, outcome="no_changes"), "no changes", "no changes"),
        (replace(MADE, outcome="running"), "running", "running"),
    ],
)
def test_what_its_checks_refuse_has_not_succeeded(result: Result, short: str, long: str) -> None:
    assert (status(result), long_status(result)) == (short, long)
