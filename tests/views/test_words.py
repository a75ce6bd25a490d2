"""What views say of a result is true, in every one of them."""

import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from aideator_cli.choice.comparison import compare
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.domain.runs import Place, StoredRun
from aideator_cli.views.json_lines import run_record, show_results
from aideator_cli.views.live import drawing
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.comparison import show_comparison, show_json
from aideator_cli.views.text.markdown import show_markdown
from aideator_cli.views.text.runs import show_run
from aideator_cli.views.text.table import show_end
from tests.views.stream import RUN, Agent, spec

PASSED = CheckResult("pytest", "pytest -q", 0, 1.0, "")
MADE = Result(1, "gpt-5", outcome="succeeded", files=1, additions=2, steps=3, checks=(PASSED,))
BROKEN = replace(
    MADE, variation=2, checks=(replace(PASSED, exit_code=1),), input_tokens=None, output_tokens=None, cost=None
)
RESULTS = [MADE, BROKEN]
SPEC = spec(2)
STORED = StoredRun(SPEC, Place("local", "here"), "ended", None, None)
TABLES: list[Callable[[Screen], None]] = [
    lambda screen: show_end(screen, RESULTS),
    lambda screen: show_run(screen, STORED, RESULTS, (), None),
    lambda screen: show_comparison(screen, SPEC, compare(RESULTS), None),
    lambda screen: show_markdown(screen, SPEC, compare(RESULTS), None),
]


def written(show: Callable[[Screen], None]) -> str:
    out = io.StringIO()
    show(Screen(out))
    return out.getvalue()


@pytest.mark.parametrize("table", TABLES)
def test_no_table_says_succeeded_of_what_failed_its_checks_nor_counts_what_nobody_counted(
    table: Callable[[Screen], None],
) -> None:
    good, bad = [line for line in written(table).splitlines() if "gpt" in line][:2]
    assert "✓" in good
    assert "succeeded" in good
    assert "✗" in bad
    assert "failed checks" in bad
    assert "succeeded" not in bad
    assert bad.replace("|", " ").split()[-4:-2] == ["?", "?"]
    assert good.replace("|", " ").split()[-4:-2] == ["0", "–"]


def test_in_json_the_outcome_stays_and_the_status_is_what_tables_show() -> None:
    records = [json.loads(line) for line in written(lambda screen: show_results(screen, RESULTS, RUN)).splitlines()]
    compared = json.loads(written(lambda screen: show_json(screen, SPEC, compare(RESULTS), None, None)))
    for each in (records, compared["variations"], run_record(STORED, RESULTS, None)["variations"]):
        told = [(one["outcome"], one["status"], one["input_tokens"], one["cost"]) for one in each]
        assert told == [("succeeded", "succeeded", 0, 0.0), ("succeeded", "failed checks", None, None)]


def test_the_live_table_knows_no_count_that_nobody_made() -> None:
    agent = Agent(1)
    silent = agent.event("usage", step=1, input=0, output=0, cached=0, reasoning=0, cost=None)
    head, table = drawing(spec(1), [*agent.start(), silent], 120, 24).renderables[:2]
    assert str(head).count("?") == 2
    assert [str(cell) for column in table.columns for cell in column.cells][4:6] == ["?", "?"]
