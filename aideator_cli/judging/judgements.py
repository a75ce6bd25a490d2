"""What a model said of two patches at a time, and the places that it makes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from aideator_cli.result import Result

Verdict = Literal["first", "second", "tie", "equivalent"]
NO_VERDICT: Final = "the answer holds no verdict"
NO_WORDS: Final = "the answer has no words"
NO_ANSWER: Final = "no answer"


@dataclass(frozen=True)
class Judgement:
    """One answer; or, with `equivalent`, that the two need no question: `first` stands for both."""

    round: str  # of one call of `judge`
    answers: int  # how many the round has when it is whole
    first: int  # the variation that was shown as A
    second: int  # the one that was shown as B
    first_patch: str  # SHA-256
    second_patch: str
    verdict: Verdict
    reason: str  # the model's words, or why there is no answer
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0  # USD; None: unknown
    seconds: float = 0.0
    time: str = ""  # RFC 3339, UTC

    @property
    def winner(self) -> int | None:
        return {"first": self.first, "second": self.second}.get(self.verdict)

    @property
    def is_void(self) -> bool:
        """It counts as a tie only because nothing plain was said."""
        return self.verdict == "tie" and self.reason.startswith((NO_VERDICT, NO_WORDS, NO_ANSWER))


@dataclass(frozen=True)
class Pair:
    """Two variations, asked about in both orders."""

    one: int  # the lesser number
    other: int
    answers: tuple[Judgement, ...]

    @property
    def winner(self) -> int | None:
        """Only of two answers that agree; None: a tie."""
        winners = {answer.winner for answer in self.answers}
        return winners.pop() if len(winners) == 1 and len(self.answers) == 2 else None

    def as_json(self) -> dict[str, Any]:
        reasons = [{"first": a.first, "verdict": a.verdict, "reason": a.reason} for a in self.answers]
        return {"variations": [self.one, self.other], "winner": self.winner, "answers": reasons}


@dataclass(frozen=True)
class Round:
    """The newest whole round of a run, as far as its patches are still the variations' own."""

    model: str
    pairs: tuple[Pair, ...]
    equivalent: tuple[tuple[int, int], ...]  # (who stands for both, the other)
    places: dict[int, int]  # variation -> 1..; those that tie share one
    cost: float | None  # of all its answers; None: unknown

    def as_json(self) -> dict[str, Any]:
        said = {"pairs": [pair.as_json() for pair in self.pairs], "equivalent": [list(two) for two in self.equivalent]}
        return {"model": self.model, "places": self.places, **said, "cost": self.cost}


def newest(judgements: Sequence[Judgement], results: Iterable[Result]) -> Round | None:
    """None: nothing was judged whole. What has lost its checks or got another patch since then counts no more."""
    rounds: dict[str, list[Judgement]] = {}
    for answer in judgements:
        rounds.setdefault(answer.round, []).append(answer)
    whole = [each for each in rounds.values() if len(each) == each[0].answers]
    if not whole:
        return None
    patches = {result.variation: result.patch_sha256 for result in results if result.succeeded}
    held = [a for a in whole[-1] if patches.get(a.first) == a.first_patch and patches.get(a.second) == a.second_patch]
    pairs = _pairs(answer for answer in held if answer.verdict != "equivalent")
    same = tuple((answer.first, answer.second) for answer in held if answer.verdict == "equivalent")
    return Round(whole[-1][0].model, pairs, same, _places(pairs, same), total(whole[-1]))


def total(judgements: Iterable[Judgement]) -> float | None:
    """USD; None when one of them is unknown."""
    costs = [judgement.cost for judgement in judgements]
    return None if None in costs else sum(cost for cost in costs if cost is not None)


def _pairs(answers: Iterable[Judgement]) -> tuple[Pair, ...]:
    asked: dict[tuple[int, int], list[Judgement]] = {}
    for answer in answers:
        one, other = sorted((answer.first, answer.second))
        asked.setdefault((one, other), []).append(answer)
    return tuple(Pair(one, other, tuple(each)) for (one, other), each in sorted(asked.items()))


def _places(pairs: Sequence[Pair], equivalent: Sequence[tuple[int, int]]) -> dict[int, int]:
    """By the share of points: 1 for a pair that is won, 1/2 for a tie."""
    points: Counter[int] = Counter()  # in halves
    met: Counter[int] = Counter()
    for pair in pairs:
        for number in (pair.one, pair.other):
            met[number] += 1
            points[number] += 1 if pair.winner is None else 2 * (pair.winner == number)
    shares = {number: points[number] / met[number] for number in met}
    shares |= {twin: shares[number] for number, twin in equivalent if number in shares}
    return {number: 1 + sum(share > shares[number] for share in shares.values()) for number in sorted(shares)}
