"""One verdict per check, from its runs on the patch, on the restored tree (tests and settings of the base) and on the base."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from enum import StrEnum
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.domain.result import CheckResult, Result

SETUP = "setup"
HIDDEN: Final = " (hidden)"
RESTORED: Final = "with the base's tests and settings"  # words for a run on the restored tree


class Word(StrEnum):
    """Stable words. Their order is not a ranking."""

    PASSED = "passed"
    FLAKY = "flaky"  # some repeats pass, some don't
    FAILED_BEFORE = "failed_before"  # it fails on the base too, and nothing is known to be worse
    FAILED = "failed"
    REGRESSION = "regression"  # it passes on the base
    TOO_FEW_TESTS = "too_few_tests"  # it exits 0, but its report shows no tests, or fewer than on the base
    CHEAT = "cheat"  # it passes with the patch's own tests and settings, but not with the base's
    NOT_RUN = "not_run"


_TOLD = {
    Word.FAILED_BEFORE: "failed before too",
    Word.CHEAT: "cheat suspected",
    Word.TOO_FEW_TESTS: "too few tests",
    Word.NOT_RUN: "not run",
}


@frozen
class Verdict:
    name: str
    word: Word
    tests: int | None = None  # that ran, according to the report of the deciding run; None: unknown
    passing: int | None = None  # of these; None: unknown
    base_tests: int | None = None
    base_passing: int | None = None
    base_passed: bool | None = None  # None: it did not run on the base
    runs: int = 0  # repeats on the patch
    held: int = 0  # how many of them passed
    repaired: tuple[str, ...] = ()  # tests that fail on the base but not on the patch, as far as reports name them
    broken: tuple[str, ...] = ()  # tests that fail on the patch but not on the base
    lost: tuple[str, ...] = ()  # tests that ran on the base and are skipped on the patch
    hidden: bool = False  # whether the agents could not see the command, or files of its tree
    ended_by: str = ""  # what stopped the command, if it did not exit by itself: timeout, ...

    @property
    def passed(self) -> bool:
        return self.word is Word.PASSED

    @property
    def told(self) -> str:
        """Returns the verdict in words."""
        return _TOLD.get(self.word, self.word.value)

    @property
    def count(self) -> str:
        """Returns `39/41`: passing tests out of those that ran. Empty without a report."""
        return _count(self.passing, self.tests)

    @property
    def base_count(self) -> str:
        return _count(self.base_passing, self.base_tests)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "word": self.word.value}


def verdicts(result: Result, names: Sequence[str]) -> tuple[Verdict, ...]:
    """Returns a verdict for each of these checks, in their order."""
    return tuple(verdict(result, name) for name in names)


def verdict(result: Result, name: str) -> Verdict:
    own = [check for check in result.checks if check.name == name and check.on in ("patch", "answer")]
    restored = [check for check in result.checks if check.name == name and check.on == "restored"]
    base = next((check for check in result.baseline if check.name == name), None)
    word = _word(result, own, restored, base)
    decides = _deciding(result, own, restored)
    broken = _names(decides, without=base)
    return Verdict(
        name,
        word,
        decides.tests if decides else None,
        _passing(decides),
        base.tests if base else None,
        _passing(base),
        result.holds(base) if base else None,
        len(own),
        sum(result.holds(check) for check in own),
        _names(base, without=decides),
        broken,
        _lost(decides, base),
        any(check.hidden for check in (*own, *restored)),
        decides.reason if decides else "",
    )


def check_names(asked: Iterable[str], results: Iterable[Result]) -> list[str]:
    """Returns the requested checks, after `setup` if that failed, and before hidden ones that have results."""
    wanted = list(asked)
    found = {check.name: check for result in results for check in result.checks if check.name not in wanted}
    before = [name for name, check in found.items() if not check.hidden or name == SETUP]
    return [*before, *wanted, *(name for name in found if name not in before)]


def titled(names: Sequence[str], results: Iterable[Result]) -> list[str]:
    """Returns the names as titles: `acceptance (hidden)` for a check that the agents could not see."""
    hidden = {check.name for result in results for check in result.checks if check.hidden}
    return [f"{name}{HIDDEN}" if name in hidden else name for name in names]


def told_checks(asked: Iterable[str], result: Result) -> list[str]:
    """Returns what each check says about a result: `pytest passed 41/41`."""
    found = verdicts(result, check_names(asked, [result]))
    return [f"{verdict.name} {verdict.told} {verdict.count}".rstrip() for verdict in found]


def _word(
    result: Result, own: Sequence[CheckResult], restored: Sequence[CheckResult], base: CheckResult | None
) -> Word:
    if not own and not restored:
        return Word.NOT_RUN
    if _all_hold(result, [*own, *restored]):
        return Word.PASSED
    if restored and all(result.passes(check) for check in own):
        return _suspicion(result, own, restored)
    if any(result.holds(check) for check in own):
        return Word.FLAKY
    if all(result.passes(check) for check in own):
        return Word.TOO_FEW_TESTS
    return _failure(result, _deciding(result, own, restored), base)


def _suspicion(result: Result, own: Sequence[CheckResult], restored: Sequence[CheckResult]) -> Word:
    """Returns the word for a check that passes with the patch's own tests and settings."""
    if not any(result.passes(check) for check in restored):
        return Word.CHEAT
    if not all(result.passes(check) for check in restored):
        return Word.FLAKY
    short = own if _all_hold(result, restored) else restored
    return Word.FLAKY if any(result.holds(check) for check in short) else Word.TOO_FEW_TESTS


def _failure(result: Result, run: CheckResult | None, base: CheckResult | None) -> Word:
    if base is None:
        return Word.FAILED
    if result.holds(base):
        return Word.REGRESSION
    before, now = _passing(base), _passing(run)
    worse = _names(run, without=base) or (before is not None and now is not None and now < before)
    return Word.FAILED if worse else Word.FAILED_BEFORE


def _deciding(result: Result, own: Sequence[CheckResult], restored: Sequence[CheckResult]) -> CheckResult | None:
    """Returns the first run that speaks against the patch, else the first run. Runs on the patch come before restored ones."""
    each = [*own, *restored]
    failed = (check for check in each if not result.passes(check))
    return next(failed, None) or next((check for check in each if not result.holds(check)), each[0] if each else None)


def _all_hold(result: Result, checks: Sequence[CheckResult]) -> bool:
    return all(result.holds(check) for check in checks)


def _passing(check: CheckResult | None) -> int | None:
    """Returns None if the number is unknown: there is no report, or the failure is not one of its tests."""
    if check is None or check.tests is None:
        return None
    return None if check.exit_code != 0 and not check.failures else max(0, check.tests - check.failures)


def _names(check: CheckResult | None, *, without: CheckResult | None) -> tuple[str, ...]:
    """Returns the tests that fail in `check` but not in `without`, if both have a report."""
    if check is None or without is None or check.tests is None or without.tests is None:
        return ()
    return tuple(name for name in check.failing if name not in without.failing)


def _lost(check: CheckResult | None, base: CheckResult | None) -> tuple[str, ...]:
    """Returns the tests that are skipped in `check` but not in `base`. New tests may be among them if there are fewer tests than before."""
    if check is None or base is None or check.tests is None or base.tests is None or check.tests >= base.tests:
        return ()
    return tuple(name for name in check.skipped if name not in base.skipped)


def _count(passing: int | None, tests: int | None) -> str:
    return "" if tests is None or passing is None else f"{passing}/{tests}"
