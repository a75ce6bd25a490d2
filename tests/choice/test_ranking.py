"""The documented rule, step by step, and its reasons in words."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from aideator_agent.signals.finding import Signal
from aideator_cli.choice.comparison import candidates
from aideator_cli.choice.crossed import Crossed, Foreign
from aideator_cli.choice.ranking import Candidate, ranked
from aideator_cli.choice.reasons import obstacle, obstacles, reason, summary
from aideator_cli.choice.verdicts import check_names, verdict, verdicts
from aideator_cli.domain.result import CheckResult, Result

PASSED = CheckResult("pytest", "pytest -q", 0, 1.0, "")
FAILED = replace(PASSED, exit_code=1)
RESTORED = replace(FAILED, on="restored")
BASE = replace(FAILED, on="base")
MADE = Result(1, "gpt-5", "uid", "succeeded", files=1, additions=5, cost=0.2, checks=(PASSED,))


def counted(check: CheckResult, tests: int | None, *failing: str) -> CheckResult:
    return replace(check, tests=tests, failing=failing, failed=len(failing))


def of(results: Sequence[Result], **more: object) -> list[Candidate]:
    made = candidates(results, check_names((), results))
    return [replace(each, **more) for each in made] if more else made  # type: ignore[arg-type]


def order(*results: Result) -> list[int]:
    """Numbered as they come."""
    numbered = [replace(result, variation=number) for number, result in enumerate(results, 1)]
    return [each.number for each in ranked(of(numbered))]


LOOK = Signal("swallows-errors", "look", "src/calc.py", 30, "except:")
CHEAT = Signal("ends-process", "cheat", "src/calc.py", 12, "os._exit")
NOTE = replace(LOOK, severity="note")
CHEATED = replace(MADE, checks=(PASSED, RESTORED), tests=("tests/test_a.py",))
STEPS = [
    MADE,
    replace(MADE, checks=(FAILED,), baseline=(BASE,)),
    replace(MADE, checks=(FAILED,), baseline=(replace(BASE, exit_code=0),)),
    CHEATED,
    Result(1, "gpt-5", outcome="no_changes"),
    Result(1, "gpt-5"),
]


def test_each_outcome_stands_before_the_next_worse_one() -> None:
    assert order(*STEPS) == [1, 2, 3, 4, 5, 6]
    assert order(*reversed(STEPS)) == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (replace(MADE, outcome="limit"), MADE),
        (replace(MADE, checks=(counted(FAILED, 9, "a", "b"),)), replace(MADE, checks=(counted(FAILED, 9, "a"),))),
        (replace(MADE, checks=(FAILED,)), replace(MADE, checks=(PASSED, replace(FAILED, repeat=2)))),
        (replace(MADE, outcome="limit", checks=(FAILED,)), replace(MADE, outcome="limit")),
        (replace(MADE, config=("setup.cfg",), additions=1), MADE),
        (replace(MADE, signals=(CHEAT,), additions=1), replace(MADE, checks=(FAILED,), signals=(LOOK,))),
        (replace(MADE, signals=(LOOK,), additions=1), replace(MADE, signals=(NOTE,))),
        (replace(MADE, signals=(LOOK, LOOK), additions=1), replace(MADE, signals=(LOOK,))),
        (replace(MADE, additions=9, cost=0.1), MADE),
        (replace(MADE, cost=None), MADE),
        (replace(MADE, cost=0.3), MADE),
        (MADE, MADE),
    ],
)
def test_the_steps_of_the_rule(worse: Result, better: Result) -> None:
    assert order(better, worse) == [1, 2]
    assert worse == better or order(worse, better) == [2, 1]


THEIRS = Foreign(4, "pytest", "test_a::test_a", (3, 4), 3)
MORE = replace(THEIRS, name="test_a::test_b")
ANOTHERS = replace(THEIRS, author=5)


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        (Crossed(failed=(THEIRS,)), Crossed(passed=(THEIRS,))),
        (Crossed(failed=(THEIRS, MORE)), Crossed(passed=(MORE,), failed=(THEIRS,))),
        (Crossed(failed=(THEIRS, ANOTHERS)), Crossed(passed=(ANOTHERS,), failed=(THEIRS, MORE))),
    ],
)
def test_fewer_others_whose_tests_it_fails_and_then_fewer_of_these(worse: Crossed, better: Crossed) -> None:
    second, first = (
        replace(each, crossed=crossed)
        for each, crossed in zip(of([MADE, replace(MADE, variation=2)]), (worse, better), strict=True)
    )
    assert [each.number for each in ranked([second, first])] == [2, 1]


def test_what_cannot_run_on_a_patch_is_not_held_against_it() -> None:
    first, second = of([MADE, replace(MADE, variation=2)])
    told = [replace(second, crossed=Crossed(passed=(THEIRS,))), replace(first, crossed=Crossed(unfit=1))]
    assert [each.number for each in ranked(told)] == [1, 2]


def test_the_only_one_that_passes_the_others_tests_is_called_that() -> None:
    first, second = of([replace(MADE, additions=9), replace(MADE, variation=2)])
    order = [replace(first, crossed=Crossed(passed=(THEIRS,))), replace(second, crossed=Crossed(failed=(THEIRS,)))]
    assert reason(order) == (
        "the only one of the 2 that pass pytest that passes 1 test by others "
        "(2 fails 1 of 1 test by others, which most patches pass: test_a (of 4))"
    )


def test_a_judge_comes_before_agreement_and_both_before_size() -> None:
    judged, agreed, small = (replace(MADE, variation=n, additions=a) for n, a in ((3, 9), (2, 8), (1, 1)))
    (first,), (second,), (third,) = of([judged], place=1), of([agreed], place=2, twins=(4, 5)), of([small], place=2)
    assert [each.number for each in ranked([third, second, first])] == [3, 2, 1]
    assert reason([first, second, third]) == "the judge's choice of the 3 that pass pytest"
    assert reason([second, third]) == "of the 2 that pass pytest the one that 3 variations agree on"


@pytest.mark.parametrize(
    ("checks", "baseline", "report", "word", "count"),
    [
        ([PASSED], [], False, "passed", ""),
        ([FAILED], [], False, "failed", ""),
        ([FAILED], [BASE], False, "failed_before", ""),
        ([FAILED], [replace(BASE, exit_code=0)], False, "regression", ""),
        ([counted(FAILED, 41, "a", "b")], [counted(BASE, 41, "a")], True, "failed", "39/41"),
        ([counted(FAILED, 41, "a")], [counted(BASE, 41, "a", "b")], True, "failed_before", "40/41"),
        ([counted(PASSED, 41)], [counted(BASE, 41, "a")], True, "passed", "41/41"),
        ([counted(PASSED, 40)], [counted(BASE, 41, "a")], True, "too_few_tests", "40/40"),
        ([PASSED], [counted(BASE, 41, "a")], True, "too_few_tests", ""),
        ([PASSED], [], True, "too_few_tests", ""),
        ([PASSED, replace(FAILED, repeat=2)], [], False, "flaky", ""),
        ([PASSED, replace(PASSED, on="restored"), replace(RESTORED, repeat=2)], [], False, "flaky", ""),
        ([PASSED, RESTORED], [], False, "cheat", ""),
        ([counted(PASSED, 40), counted(RESTORED, 41, "a")], [counted(BASE, 41, "a")], True, "cheat", "40/41"),
        ([counted(PASSED, 40), counted(replace(PASSED, on="restored"), 41)], [counted(BASE, 41, "a")], True, "too_few_tests", "40/40"),
        ([], [BASE], False, "not_run", ""),
    ],
)  # fmt: skip
def test_the_verdict_of_a_check(
    checks: list[CheckResult], baseline: list[CheckResult], report: bool, word: str, count: str
) -> None:
    result = replace(MADE, checks=tuple(checks), baseline=tuple(baseline), report=report)
    found = verdict(result, "pytest")
    assert (found.word, found.count) == (word, count)
    assert found.passed == (result.succeeded and bool(checks))


def test_what_was_repaired_and_broken_is_told_by_the_reports() -> None:
    result = replace(MADE, checks=(counted(FAILED, 41, "t.b", "t.c"),), baseline=(counted(BASE, 41, "t.a", "t.c"),))
    (found,) = verdicts(replace(result, report=True), ["pytest"])
    assert (found.repaired, found.broken) == (("t.a",), ("t.b",))


def test_a_setup_that_failed_is_a_check_before_the_others() -> None:
    result = replace(MADE, checks=(replace(FAILED, name="setup"),))
    assert check_names(["pytest"], [result]) == ["setup", "pytest"]
    assert [each.word for each in verdicts(result, ["setup", "pytest"])] == ["failed", "not_run"]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (CHEATED, "is suspected of cheating: pytest passes only with its own tests/test_a.py"),
        (replace(MADE, checks=(FAILED,), baseline=(replace(BASE, exit_code=0),)), "fails pytest, which passes on the base"),
        (replace(MADE, checks=(counted(FAILED, 41, "a"),)), "fails pytest 40/41"),
        (replace(MADE, checks=(replace(FAILED, exit_code=None, reason="timeout"),)), "fails pytest (timeout)"),
        (replace(MADE, checks=(PASSED, replace(FAILED, repeat=2))), "is flaky: pytest passed 1 of 2 times"),
        (replace(MADE, report=True), "ran too few tests: pytest exits 0 and reports no tests"),
        (replace(MADE, outcome="limit", reason="steps", checks=()), "reached its limit (steps)"),
        (Result(1, "m", outcome="failed", fault="model", reason="refused"), "failed (model: refused)"),
        (Result(1, "m", outcome="no_changes"), "changed nothing"),
        (Result(1, "m"), "is still at work"),
    ],
)  # fmt: skip
def test_what_stood_in_the_way_is_told(result: Result, words: str) -> None:
    assert obstacle(of([result])[0]) == words


def test_a_check_that_was_asked_for_and_did_not_run_is_no_pass() -> None:
    (other,) = candidates([replace(MADE, checks=())], ["pytest"])
    assert (other.result.succeeded, other.passes, obstacle(other)) == (True, False, "was not checked by pytest")
    assert ranked([other, *of([replace(MADE, variation=2)])])[0].number == 2


def test_foreign_names_are_cleaned_in_reasons() -> None:
    hostile = replace(CHEATED, tests=("tests/\x1b[2J\nx.py",))
    assert "\x1b" not in obstacle(of([hostile])[0])
    assert "\n" not in obstacle(of([hostile])[0])


def test_the_end_of_a_run_is_told_in_a_sentence() -> None:
    other = replace(MADE, variation=2)
    assert summary(of([MADE, other])) == "1 and 2 pass pytest."
    assert summary(of([MADE, replace(CHEATED, variation=2)])).startswith(
        "1 is the only one that passes pytest; 2 is susp"
    )
    assert summary(of([replace(other, checks=(FAILED,))])) == "None passes pytest."
    assert summary(of([replace(MADE, checks=())])) == ""


def test_those_that_are_suspected_of_the_same_are_told_together() -> None:
    two, four = (replace(CHEATED, variation=number) for number in (2, 4))
    other = replace(CHEATED, variation=5, tests=("test_b.py",))
    wrong = [replace(MADE, variation=number, checks=(FAILED,)) for number in (6, 7)]
    assert obstacles(of([two, *wrong, four, other])) == [
        "2 and 4 are suspected of cheating: pytest passes only with their own tests/test_a.py",
        "6 fails pytest",
        "7 fails pytest",
        "5 is suspected of cheating: pytest passes only with its own test_b.py",
    ]
    assert "; 2 and 4 are suspected of cheating: " in summary(of([MADE, two, four]))


def test_of_those_that_pass_it_is_told_whose_patch_is_the_same() -> None:
    one, two, three = (replace(MADE, variation=n, patch_sha256=sha) for n, sha in ((1, "a"), (2, "b"), (3, "a")))
    assert summary(of([one, two, three])) == "1, 2 and 3 pass pytest; 1 and 3 are the same patch."
    assert summary(of([one, three])) == "1 and 3 pass pytest with the same patch."


def test_how_the_base_fares_stands_beside_the_check() -> None:
    small, big = (replace(MADE, variation=n, additions=n, baseline=(BASE,)) for n in (1, 2))
    assert reason(of([small, big])) == (
        "the smallest change (+1 −0, next +2 −0) of the 2 that pass pytest (on the base it fails)"
    )
    assert reason(of([big])) == "the only variation, and it passes pytest (on the base it fails)"


def test_a_suspected_patch_is_told_with_file_and_line() -> None:
    (suspected,) = of([replace(MADE, signals=(CHEAT, LOOK))])
    assert not suspected.passes
    assert obstacle(suspected) == "is suspected of cheating: src/calc.py:12 ends the process: os._exit"


def test_what_needs_a_second_look_is_the_reason() -> None:
    first, second = of([MADE, replace(MADE, variation=2, signals=(LOOK,), additions=1)])
    assert reason([first, second]) == (
        "the first of the 2 that pass pytest, because nothing in it needs a second look (2: src/calc.py:30 swallows errors: except:)"
    )


def test_what_most_patches_share_is_only_noted() -> None:
    several = of([replace(MADE, variation=number, signals=(LOOK, CHEAT)) for number in (1, 2, 3)])
    few = of([replace(MADE, variation=number, signals=(LOOK,)) for number in (1, 2)])
    assert [[each.severity for each in candidate.signals] for candidate in several] == [["note", "cheat"]] * 3
    assert [[each.severity for each in candidate.signals] for candidate in few] == [["look"]] * 2


@pytest.mark.parametrize(
    "name", ["tests.test_x::test_a", "test_a (tests.test_x.Case.test_a)", "test_a (tests.test_x.Case)"]
)
def test_a_repaired_test_is_told_by_its_own_name(name: str) -> None:
    before = counted(replace(BASE, on="base"), 9, name)
    (repaired,) = of([replace(MADE, checks=(counted(PASSED, 9),), baseline=(before,))])
    assert reason([repaired]).endswith("(base 8/9, 1 repaired test_a, broke none)")
