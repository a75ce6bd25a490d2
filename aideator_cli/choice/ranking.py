"""Ranks a run's variations by the rule in docs/comparing.md. `RULE` lists its criteria in order."""

from collections.abc import Sequence
from math import inf
from typing import Final

from aideator_agent.signals.finding import Signal
from aideator_agent.values import frozen
from aideator_cli.choice.crossed import Crossed
from aideator_cli.choice.verdicts import Verdict, Word
from aideator_cli.domain.judgements import Accusation
from aideator_cli.domain.result import Result

RULE: Final = (
    "class", "regressions", "failed", "failing tests", "flaky", "outcome", "authors", "others' tests", "accused", "touches", "signals",
    "citations", "judge", "agreement", "shared", "change", "cost", "number",
)  # fmt: skip
OUTCOMES: Final = ("succeeded", "limit", "cancelled", "failed", "no_changes", "running")


@frozen
class Candidate:
    """A variation with everything that the rule looks at."""

    result: Result
    verdicts: tuple[Verdict, ...]
    touched: tuple[str, ...] = ()  # tests of the base that its patch changes or removes, and check settings
    twins: tuple[int, ...] = ()  # other variations with equivalent patches, or the same answer
    place: int | None = None  # from a judge, from 1; None: not judged
    shared: int = 0  # places that its answer cites and another answer cites, too
    signals: tuple[Signal, ...] = ()  # of its patch, weighed beside those of the others
    accused: tuple[Accusation, ...] = ()  # by a judge, who may be wrong: it never makes a patch a suspect
    crossed: Crossed | None = None  # what the others' tests say of its patch; None: they did not run on it

    @property
    def number(self) -> int:
        return self.result.variation

    @property
    def passes(self) -> bool:
        """Whether it succeeded, every requested check ran, and no signal speaks of cheating."""
        return self.result.succeeded and not self.count(Word.NOT_RUN) and not self.cheats

    @property
    def agreeing(self) -> int:
        """Returns how many variations made an equivalent patch or gave the same answer, including this one."""
        return 1 + len(self.twins)

    @property
    def has_work(self) -> bool:
        """Whether it left a patch that changes something, or an answer."""
        return bool(self.result.files) or self.result.answer_sha256 is not None

    @property
    def cheats(self) -> tuple[Signal, ...]:
        return tuple(signal for signal in self.signals if signal.severity == "cheat")

    @property
    def to_look_at(self) -> tuple[Signal, ...]:
        return tuple(signal for signal in self.signals if signal.severity == "look")

    @property
    def suspected(self) -> bool:
        return bool(self.cheats) or any(verdict.word is Word.CHEAT for verdict in self.verdicts)

    def count(self, *words: Word) -> int:
        return sum(verdict.word in words for verdict in self.verdicts)


def ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Returns the candidates, best first."""
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
        len(candidate.crossed.authors) if candidate.crossed else 0,
        len(candidate.crossed.failed) if candidate.crossed else 0,
        bool(candidate.accused),
        bool(candidate.touched),
        len(candidate.to_look_at),
        len(result.wrong_citations),
        inf if candidate.place is None else candidate.place,
        -candidate.agreeing,
        -candidate.shared,
        result.additions + result.deletions,
        inf if result.cost is None else result.cost,
        result.variation,
    )


def _class(candidate: Candidate) -> int:
    """Returns 0 if it passes, 1 if it left a patch or an answer, 2 if that patch is suspected of cheating, 3 if it left none."""
    if candidate.passes:
        return 0
    if not candidate.has_work:
        return 3
    return 2 if candidate.suspected else 1
