"""From answers to places: a win takes two answers that agree, a tie stays a tie, and no place outlives its patch."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aideator_cli.choice.judging.tournament import pairs
from aideator_cli.domain.judgements import Judgement, newest
from aideator_cli.domain.result import CheckResult, Result

RESULTS = [Result(n, "gpt-5", f"uid-{n}", "succeeded", patch_sha256=f"sha-{n}") for n in (1, 2, 3, 4)]


def said(first: int, second: int, verdict: str, *, round_: str = "r1", answers: int = 0) -> Judgement:
    return Judgement(round_, answers, first, second, f"sha-{first}", f"sha-{second}", verdict, "so", "m")  # type: ignore[arg-type]


def whole(*judgements: Judgement) -> list[Judgement]:
    return [replace(judgement, answers=len(judgements)) for judgement in judgements]


def places(*judgements: Judgement, results: list[Result] = RESULTS) -> dict[int, int] | None:
    judged = newest(whole(*judgements), results)
    return judged.places if judged else None


def test_two_answers_that_agree_make_a_winner() -> None:
    assert places(said(1, 2, "first"), said(2, 1, "second")) == {1: 1, 2: 2}


@pytest.mark.parametrize("again", ["first", "tie"])
def test_two_answers_that_differ_are_a_tie(again: str) -> None:
    assert places(said(1, 2, "first"), said(2, 1, again)) == {1: 1, 2: 1}


def test_those_that_tie_share_a_place_and_the_next_one_is_not_moved_up() -> None:
    won = [said(1, 3, "first"), said(3, 1, "second"), said(2, 3, "first"), said(3, 2, "second")]
    assert places(said(1, 2, "tie"), said(2, 1, "tie"), *won) == {1: 1, 2: 1, 3: 3}


def test_equivalent_patches_share_the_place_of_the_one_that_stood_for_them() -> None:
    assert places(said(1, 4, "equivalent"), said(1, 2, "second"), said(2, 1, "first")) == {1: 2, 2: 1, 4: 2}


def test_a_round_that_was_not_finished_does_not_count() -> None:
    done = whole(said(1, 2, "first"), said(2, 1, "second"))
    begun = [said(2, 1, "first", round_="r2", answers=4)]
    judged = newest(done + begun, RESULTS)
    assert judged is not None
    assert judged.places == {1: 1, 2: 2}
    assert newest(begun, RESULTS) is None


def test_the_newest_round_counts_alone() -> None:
    first = whole(said(1, 2, "first"), said(2, 1, "second"))
    second = [replace(j, round="r2") for j in whole(said(1, 2, "second"), said(2, 1, "first"))]
    judged = newest(first + second, RESULTS)
    assert judged is not None
    assert judged.places == {1: 2, 2: 1}


def test_a_judgement_never_lifts_what_fails_its_checks_or_has_changed_since() -> None:
    answers = [said(1, 2, "first"), said(2, 1, "second"), said(2, 3, "tie"), said(3, 2, "tie")]
    failed = replace(RESULTS[0], checks=(CheckResult("pytest", "pytest", 1, 1.0, ""),))
    assert places(*answers, results=[failed, *RESULTS[1:]]) == {2: 1, 3: 1}
    assert places(*answers, results=[replace(RESULTS[0], patch_sha256="new"), *RESULTS[1:]]) == {2: 1, 3: 1}


@given(count=st.integers(2, 20), most=st.integers(1, 200), seed=st.integers())
def test_pairs_are_spread_over_all(count: int, most: int, seed: int) -> None:
    met = pairs(range(1, count + 1), most, Random(seed))
    assert len(met) == min(most, count * (count - 1) // 2)
    assert len({frozenset(pair) for pair in met}) == len(met)
    often = [sum(number in pair for pair in met) for number in range(1, count + 1)]
    assert max(often) - min(often) <= 2
