"""Which of a run's variations is the best, by the rule of docs/comparing.md; `RULE` is that rule, in its order."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from aideator_cli.choice.verdicts import Verdict, Word
from aideator_cli.result import Result

RULE: Final = (
    "class", "regressions", "failed", "failing tests", "flaky", "outcome", "touches", "judge", "agreement", "change", "cost", "number",
)  # fmt: skip
OUTCOMES: Final = ("succeeded", "limit", "cancelled", "failed", "no_changes", "running")


@dataclass(frozen=True)
class Candidate:
    """A variation with all that the rule asks about it."""

    result: Result
    verdicts: tuple[Verdict, ...]
    touched: tuple[str, ...] = ()  # tests of the base that its patch changes or removes, and checks' settings
    twins: tuple[int, ...] = ()  # other variations whose patches are equivalent to its own
    place: int | None = None  # a judge's, from 1; None: it was not judged

    @property
    def number(self) -> int:
        return self.result.variation

    @property
    def passes(self) -> bool:
        """It succeeded, and every check that was asked for has run."""
        return self.result.succeeded and not self.count(Word.NOT_RUN)

    @property
    def agreeing(self) -> int:
        """How many variations made an equivalent patch, itself counted."""
        return 1 + len(self.twins)

    @property
    def has_patch(self) -> bool:
        return bool(self.result.files)

    @property
    def suspected(self) -> bool:
        return any(verdict.word is Word.CHEAT for verdict in self.verdicts)

    def count(self, *words: Word) -> int:
        return sum(verdict.word in words for verdict in self.verdicts)


def ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Best first."""
    return sorted(candidates, key=key)


def key(candidate: Candidate) -> tuple[float, ...]:
    result = candidate.result
    return (
        _class(candidate),
        candidate.count(Word.REGRESSION, Word.TOO_FEW_TESTS),
        candidate.count(Word.FAILED, Word.FAILED_BEFORE, Word.NOT_RUN),
        sum(v.tests - v.passing for v in candidate.verdicts if v.tests is not None and v.passing is not None),
        candidate.count(Word.FLAKY),
        OUTCOMES.index(result.outcome) if result.outcome in OUTCOMES else len(OUTCOMES),
        bool(candidate.touched),
        inf if candidate.place is None else candidate.place,
        -candidate.agreeing,
        result.additions + result.deletions,
        inf if result.cost is None else result.cost,
        result.variation,
    )


def _class(candidate: Candidate) -> int:
    """0 it passes, 1 it left a patch, 2 one that is suspected of cheating, 3 it left none."""
    if candidate.passes:
        return 0
    if not candidate.has_patch:
        return 3
    return 2 if candidate.suspected else 1
