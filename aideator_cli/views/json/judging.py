"""What a judge says."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict


class Accusation(TypedDict):
    """A judge's word that a patch cheats, with an added line of that patch."""

    variation: int
    path: str
    line: int
    why: str


class Judging(TypedDict):
    """One answer of the judge about two variations."""

    round: str
    answers: int
    first: int
    second: int
    first_patch: str
    second_patch: str
    verdict: Literal["first", "second", "tie", "equivalent"]
    reason: str
    model: str
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    seconds: float
    time: str
    cheats: Sequence[Accusation]


class Judgement(Judging):
    """One answer of the judge, of `judge`."""

    kind: Literal["judgement"]
    run: str
    winner: int | None


class Said(TypedDict):
    """One of the two answers about a pair."""

    first: int
    verdict: Literal["first", "second", "tie", "equivalent"]
    reason: str
    cheats: Sequence[Accusation]


class Pair(TypedDict):
    """Two variations, compared in both orders."""

    variations: Sequence[int]
    winner: int | None
    answers: Sequence[Said]


class Judged(TypedDict):
    """A run's newest complete round. Variations are the keys of `places` and `accused`."""

    model: str
    places: Mapping[str, int]
    accused: Mapping[str, Sequence[Accusation]]
    pairs: Sequence[Pair]
    equivalent: Sequence[Sequence[int]]
    cost: float | None


class Places(Judged):
    """The places that follow from a round, at the end of `judge`."""

    kind: Literal["places"]
    run: str


class AskedFor(TypedDict):
    """What a judge was asked for."""

    model: str | None
    max_pairs: int


class Judge(TypedDict):
    """How a run's judge on a server stands. `pairs`, of all that are `possible`, are asked about twice; `cost` is an estimate.

    `passed`: there is nothing to compare, because only these passed, or are equivalent. `problem`: why it has failed.
    """

    kind: Literal["judge"]
    run: str
    state: Literal["working", "ended", "stopped", "failed"]
    asked: AskedFor
    begun: str
    ended: str | None
    model: str | None
    works: int
    pairs: int
    possible: int
    cost: float | None
    answered: int
    remarks: Sequence[str]
    passed: Sequence[int] | None
    exit_code: int
    problem: Mapping[str, Any] | None
    places: Judged | None
