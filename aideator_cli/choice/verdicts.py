"""One verdict a check: what its runs on the patch, on the patch with the base's tests and settings, and on the base say together."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from aideator_cli.result import CheckResult, Result

SETUP = "setup"
RESTORED: Final = "with the base's tests and settings"  # how a run on the restored tree is told


class Word(StrEnum):
    """Stable; the worst is not the last."""

    PASSED = "passed"
    FLAKY = "flaky"  # some of its repeats pass, some don't
    FAILED_BEFORE = "failed_before"  # it fails on the base too, and nothing is known to be worse
    FAILED = "failed"
    REGRESSION = "regression"  # it passes on the base
    TOO_FEW_TESTS = "too_few_tests"  # it exits 0, and its report shows none, or fewer than on the base
    CHEAT = "cheat"  # it passes with the patch's own tests and settings, and not with the base's
    NOT_RUN = "not_run"


_TOLD = {
    Word.FAILED_BEFORE: "failed before too",
    Word.CHEAT: "cheat suspected",
    Word.TOO_FEW_TESTS: "too few tests",
    Word.NOT_RUN: "not run",
}


@dataclass(frozen=True)
class Verdict:
    name: str
    word: Word
    tests: int | None = None  # that ran, by the report of the run that decides; None: unknown
    passing: int | None = None  # of these; None: unknown
    base_tests: int | None = None
    base_passing: int | None = None
    base_passed: bool | None = None  # None: it did not run on the base
    runs: int = 0  # repeats on the patch
    held: int = 0  # of these
    repaired: tuple[str, ...] = ()  # tests that fail on the base and not on the patch, as far as reports name them
    broken: tuple[str, ...] = ()  # tests that fail on the patch and not on the base
    ended_by: str = ""  # what ended the command, if it was not itself: timeout, ...

    @property
    def passed(self) -> bool:
        return self.word is Word.PASSED

    @property
    def told(self) -> str:
        """In words."""
        return _TOLD.get(self.word, self.word.value)

    @property
    def count(self) -> str:
        """`39/41`: tests that pass of those that ran; empty where no report tells."""
        return _count(self.passing, self.tests)

    @property
    def base_count(self) -> str:
        return _count(self.base_passing, self.base_tests)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "word": self.word.value}


def verdicts(result: Result, names: Sequence[str]) -> tuple[Verdict, ...]:
    """One for each of these checks, in their order."""
    return tuple(verdict(result, name) for name in names)


def verdict(result: Result, name: str) -> Verdict:
    own = [check for check in result.checks if check.name == name and check.on == "patch"]
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
        decides.reason if decides else "",
    )


def check_names(asked: Iterable[str], results: Iterable[Result]) -> list[str]:
    """The checks that were asked for, and others that there are results of (`setup`, where it failed) before them."""
    wanted = list(asked)
    found = [check.name for result in results for check in result.checks]
    return list(dict.fromkeys([*(name for name in found if name not in wanted), *wanted]))


def _word(
    result: Result, own: Sequence[CheckResult], restored: Sequence[CheckResult], base: CheckResult | None
) -> Word:
    if not own and not restored:
        return Word.NOT_RUN
    if _all_hold(result, [*own, *restored]):
        return Word.PASSED
    if restored and all(check.passed for check in own):
        return _suspicion(result, own, restored)
    if any(result.holds(check) for check in own):
        return Word.FLAKY
    if all(check.passed for check in own):
        return Word.TOO_FEW_TESTS
    return _failure(result, _deciding(result, own, restored), base)


def _suspicion(result: Result, own: Sequence[CheckResult], restored: Sequence[CheckResult]) -> Word:
    """It exits 0 with the patch's own tests and settings."""
    if not any(check.passed for check in restored):
        return Word.CHEAT
    if not all(check.passed for check in restored):
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
    """The first run that speaks against the patch, else the first: on the patch's own tests before the base's."""
    each = [*own, *restored]
    failed = (check for check in each if not check.passed)
    return next(failed, None) or next((check for check in each if not result.holds(check)), each[0] if each else None)


def _all_hold(result: Result, checks: Sequence[CheckResult]) -> bool:
    return all(result.holds(check) for check in checks)


def _passing(check: CheckResult | None) -> int | None:
    """None where it is unknown: without a report, or when what failed is not among its tests."""
    if check is None or check.tests is None:
        return None
    failed = len(check.failing) if check.failed is None else check.failed
    return None if not check.passed and not failed else max(0, check.tests - failed)


def _names(check: CheckResult | None, *, without: CheckResult | None) -> tuple[str, ...]:
    """Tests that fail in the one and not in the other, where both have a report."""
    if check is None or without is None or check.tests is None or without.tests is None:
        return ()
    return tuple(name for name in check.failing if name not in without.failing)


def _count(passing: int | None, tests: int | None) -> str:
    return "" if tests is None or passing is None else f"{passing}/{tests}"
