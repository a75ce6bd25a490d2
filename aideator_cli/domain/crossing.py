"""What a referee found out by running each variation's tests on the others' patches."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any, Final, Literal

from aideator_agent.values import frozen
from aideator_cli.domain.events import Event

NAMES: Final = 500  # tests of one variation in one check that are kept

Why = Literal["", "none_fails", "own_fails"]


@frozen
class Brought:
    """The tests of one variation that fail on the base and pass on its own patch, in one check."""

    author: int
    check: str
    tests: tuple[str, ...]  # names; the check's own name if its report names no tests
    known: tuple[str, ...] = ()  # of these, tests that the base has too, and that fail there
    named: bool = True  # whether `tests` has names of tests
    left_out: int = 0  # tests whose names did not fit; they don't count
    why: Why = ""  # there are none: none fails on the base, or they fail on the patch that they came with


@frozen
class Tried:
    """Another variation's patch, with the tests of `author`. What it neither fails nor can't run, it passes."""

    author: int
    patch: int  # variation
    check: str
    failed: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()  # they did not run: perhaps they use what only their author's patch has
    tail: str = ""  # the end of the output, if the check did not pass


@frozen
class Crossing:
    """The outcome of one referee."""

    patches: Mapping[int, str]  # by variation: SHA-256 of the patch that was tried
    brought: tuple[Brought, ...] = ()
    tried: tuple[Tried, ...] = ()
    seconds: float = 0.0
    problem: str = ""  # why the referee did not finish; then nothing counts
    left_out: tuple[int, ...] = ()  # variations that passed and were not tried, because there were too many

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "patches": {str(number): sha256 for number, sha256 in self.patches.items()}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Crossing":
        return cls(
            {int(number): str(sha256) for number, sha256 in data["patches"].items()},
            tuple(Brought(**{**each, **_tuples(each, "tests", "known")}) for each in data["brought"]),
            tuple(Tried(**{**each, **_tuples(each, "failed", "unfit")}) for each in data["tried"]),
            data["seconds"], data["problem"], tuple(data["left_out"]),
        )  # fmt: skip


def fold(events: Iterable[Event], start: Crossing) -> Crossing:
    """Returns the outcome after a referee's events, which come from a pod and may hold anything."""
    found = start
    for event in events:
        data = event.data
        if event.type == "cross":
            found = _cross(found, data)
        elif event.type == "end":
            reason = str(data.get("reason") or data.get("outcome") or "it did not say why")
            totals = data.get("totals")
            seconds = totals.get("seconds") if isinstance(totals, dict) else None
            found = replace(
                found,
                problem="" if data.get("outcome") == "succeeded" else reason,
                seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
            )
    return found


def _cross(crossing: Crossing, data: Mapping[str, Any]) -> Crossing:
    author, patch, check = data.get("author"), data.get("patch"), str(data.get("check") or "")
    if author not in crossing.patches or patch not in crossing.patches:
        return crossing
    assert isinstance(author, int)
    assert isinstance(patch, int)
    if author != patch:
        found = Tried(author, patch, check, _names(data, "failed"), _names(data, "unfit"), str(data.get("tail") or ""))
        return replace(crossing, tried=(*crossing.tried, found))
    left_out, why = data.get("left_out"), data.get("why")
    brought = Brought(
        author, check, _names(data, "tests"), _names(data, "known"), data.get("named") is not False,
        left_out if type(left_out) is int else 0, why if why in ("none_fails", "own_fails") else "",
    )  # fmt: skip
    return replace(crossing, brought=(*crossing.brought, brought))


def _names(data: Mapping[str, Any], field: str) -> tuple[str, ...]:
    value = data.get(field)
    return tuple(str(name) for name in value[:NAMES]) if isinstance(value, list) else ()


def _tuples(data: Mapping[str, Any], *names: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(data[name]) for name in names}
