"""What a judge says."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict


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
