"""What a model says about two patches or answers at a time, and the places that follow from it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final, Literal

from aideator_agent.values import frozen
from aideator_cli.domain.result import Result

Verdict = Literal["first", "second", "tie", "equivalent"]
NO_VERDICT: Final = "the answer holds no verdict"
NO_WORDS: Final = "the answer has no words"
NO_ANSWER: Final = "no answer"


@frozen
class Accusation:
    """A judge's word that a patch cheats, with an added line of that patch."""

    variation: int
    path: str
    line: int  # of the file as the patch leaves it
    why: str  # the model's words


@frozen
class Judgement:
    """One answer. With `equivalent`, no question was needed: `first` stands for both variations."""

    round: str  # id of one call of `judge`
    answers: int  # how many answers the complete round has
    first: int  # the variation shown as A
    second: int  # the variation shown as B
    first_patch: str  # SHA-256 of its patch or answer
    second_patch: str
    verdict: Verdict
    reason: str  # the model's words, or why there is no answer
    model: str
    input_tokens: int | None = 0  # None: nobody has counted them
    output_tokens: int | None = 0
    cost: float | None = 0.0  # USD; None: unknown
    seconds: float = 0.0
    time: str = ""  # RFC 3339, UTC
    cheats: tuple[Accusation, ...] = ()

    @property
    def winner(self) -> int | None:
        return {"first": self.first, "second": self.second}.get(self.verdict)

    @property
    def is_void(self) -> bool:
        """Whether it counts as a tie only because the model gave no clear answer."""
        return self.verdict == "tie" and self.reason.startswith((NO_VERDICT, NO_WORDS, NO_ANSWER))


@frozen
class Pair:
    """Two variations, compared in both orders."""

    one: int  # the smaller number
    other: int
    answers: tuple[Judgement, ...]

    @property
    def winner(self) -> int | None:
        """Returns the variation that both answers prefer. None means a tie."""
        winners = {answer.winner for answer in self.answers}
        return winners.pop() if len(winners) == 1 and len(self.answers) == 2 else None

    @property
    def accused(self) -> tuple[Accusation, ...]:
        """Returns what both answers say against the same patch, whichever it was shown as."""
        if len(self.answers) != 2:
            return ()
        by_both = set.intersection(*({each.variation for each in answer.cheats} for answer in self.answers))
        return tuple(each for answer in self.answers for each in answer.cheats if each.variation in by_both)

    def as_json(self) -> dict[str, Any]:
        reasons = [
            {"first": a.first, "verdict": a.verdict, "reason": a.reason, "cheats": [asdict(each) for each in a.cheats]}
            for a in self.answers
        ]
        return {"variations": [self.one, self.other], "winner": self.winner, "answers": reasons}


@frozen
class Round:
    """A run's newest complete round, limited to variations that still have the patches that were judged."""

    model: str
    pairs: tuple[Pair, ...]
    equivalent: tuple[tuple[int, int], ...]  # (the one that stands for both, the other)
    places: dict[int, int]  # variation -> 1..; variations that tie share a place
    cost: float | None  # of all answers; None: unknown

    @property
    def accused(self) -> dict[int, tuple[Accusation, ...]]:
        """Returns what the judge suspects of cheating, by variation. Equivalent patches share it."""
        found: dict[int, tuple[Accusation, ...]] = {}
        for each in (each for pair in self.pairs for each in pair.accused):
            known = found.get(each.variation, ())
            if (each.path, each.line) not in {(other.path, other.line) for other in known}:
                found[each.variation] = (*known, each)
        return found | {twin: found[one] for one, twin in self.equivalent if one in found}

    def as_json(self) -> dict[str, Any]:
        said = {"pairs": [pair.as_json() for pair in self.pairs], "equivalent": [list(two) for two in self.equivalent]}
        accused = {number: [asdict(each) for each in accusations] for number, accusations in self.accused.items()}
        return {"model": self.model, "places": self.places, "accused": accused, **said, "cost": self.cost}


def newest(judgements: Sequence[Judgement], results: Iterable[Result]) -> Round | None:
    """Returns None if no round is complete.

    Leaves out variations that have failed a check or received another patch since the round.
    """
    rounds: dict[str, list[Judgement]] = {}
    for answer in judgements:
        rounds.setdefault(answer.round, []).append(answer)
    whole = [each for each in rounds.values() if len(each) == each[0].answers]
    if not whole:
        return None
    patches = {result.variation: result.work_sha256 for result in results if result.succeeded}
    held = [a for a in whole[-1] if patches.get(a.first) == a.first_patch and patches.get(a.second) == a.second_patch]
    pairs = _pairs(answer for answer in held if answer.verdict != "equivalent")
    same = tuple((answer.first, answer.second) for answer in held if answer.verdict == "equivalent")
    return Round(whole[-1][0].model, pairs, same, _places(pairs, same), total(whole[-1]))


def unfinished(judgements: Sequence[Judgement], model: str) -> list[Judgement]:
    """Returns what this model answered in rounds that were left since the newest complete one, without what was no answer."""
    rounds = Counter(each.round for each in judgements)
    whole = [at for at, each in enumerate(judgements) if rounds[each.round] == each.answers]
    left = judgements[max(whole, default=-1) + 1 :]
    return [each for each in left if each.model == model and each.verdict != "equivalent" and not each.is_void]


def total(judgements: Iterable[Judgement]) -> float | None:
    """Returns the sum in USD. None if the cost of any of them is unknown."""
    costs = [judgement.cost for judgement in judgements]
    return None if None in costs else sum(cost for cost in costs if cost is not None)


def _pairs(answers: Iterable[Judgement]) -> tuple[Pair, ...]:
    asked: dict[tuple[int, int], list[Judgement]] = {}
    for answer in answers:
        one, other = sorted((answer.first, answer.second))
        asked.setdefault((one, other), []).append(answer)
    return tuple(Pair(one, other, tuple(each)) for (one, other), each in sorted(asked.items()))


def _places(pairs: Sequence[Pair], equivalent: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Ranks by the share of points: 1 for each pair won, 1/2 for each tie."""
    points: Counter[int] = Counter()  # counted in halves
    met: Counter[int] = Counter()
    for pair in pairs:
        for number in (pair.one, pair.other):
            met[number] += 1
            points[number] += 1 if pair.winner is None else 2 * (pair.winner == number)
    shares = {number: points[number] / met[number] for number in met}
    shares |= {twin: shares[number] for number, twin in equivalent if number in shares}
    return {number: 1 + sum(share > shares[number] for share in shares.values()) for number in sorted(shares)}
