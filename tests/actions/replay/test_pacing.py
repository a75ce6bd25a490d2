"""A stored run in time: the pauses that lay between its events, by a clock that the tests own."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Closed, Event, Item, Observation
from aideator_cli.stream.pacing import FRAME, MOST_AT_ONCE, Computed, Pace, paced

ATTEMPT = Attempt("uid-1", "k3v9x2q", 1, "2026-11-21T12:00:00Z", "pod-1")


def said(time: str, seq: int = 0) -> Event:
    return Event("k3v9x2q", 1, "uid-1", seq, time, "say", {"text": "x"}, b"{}")


def at(*seconds: float) -> list[Item]:
    return [said(f"2026-11-21T12:00:{second:09.6f}Z") for second in seconds]


def played(items: Iterable[Item], pace: Pace) -> tuple[list[tuple[float, int]], float]:
    """When each batch came and how many items it had; and when it was over."""
    time = Computed()
    came = [(round(time.seconds, 6), len(batch)) for batch in paced(iter([list(items)]), pace, time.timer)]
    return came, time.seconds


def test_events_come_as_far_apart_as_they_were_and_nothing_is_waited_for_behind_the_last() -> None:
    came, over = played(at(1, 2.5, 4), Pace(max_pause=10))
    assert came == [(0.0, 1), (1.5, 1), (3.0, 1)]
    assert over == 3.0


def test_four_times_as_fast_takes_a_quarter_of_the_time() -> None:
    assert played(at(0, 2, 6), Pace(speed=4, max_pause=10))[0] == [(0.0, 1), (0.5, 1), (1.5, 1)]


def test_no_pause_is_longer_than_asked_for() -> None:
    assert played(at(0, 1, 50), Pace(max_pause=2))[0] == [(0.0, 1), (1.0, 1), (3.0, 1)]


def test_no_pause_at_all_gives_everything_at_once() -> None:
    assert played(at(0, 1, 50), Pace(max_pause=0)) == ([(0.0, 3)], 0.0)


def test_what_lies_close_together_comes_together() -> None:
    assert played(at(1, 1.01, 1.02, 2), Pace())[0] == [(0.0, 3), (1.0, 1)]


def test_an_observation_has_its_time_too_and_an_end_comes_with_what_was_before_it() -> None:
    seen = Observation("k3v9x2q", "2026-11-21T12:00:01Z", "pulling", "Pulling image")
    assert played([*at(0), seen, Closed(ATTEMPT)], Pace())[0] == [(0.0, 1), (1.0, 2)]


def test_a_clock_that_was_set_back_costs_no_time() -> None:
    came, over = played(at(30, 10, 11), Pace())
    assert sum(count for _, count in came) == 3
    assert over == 1.0


def test_times_that_are_none_are_no_pauses() -> None:
    times = ("", "yesterday", "0001-01-01T00:00:00+99:99", "9" * 400, "2026-11-21T12:00:00Z")
    assert played([said(time) for time in times], Pace())[1] == 0.0


def test_a_million_events_of_one_moment_come_in_batches() -> None:
    assert max(count for _, count in played(at(*[1] * 2 * MOST_AT_ONCE), Pace())[0]) == MOST_AT_ONCE


def test_who_looks_at_it_slowly_gets_it_at_the_speed_that_was_asked_for() -> None:
    time = Computed()
    came = []
    for _ in paced(iter([at(0, 1, 2, 3)]), Pace(), time.timer):
        came.append(time.seconds)
        time.pass_by(0.25)  # what showing takes
    assert came == [0.0, 1.0, 2.0, 3.0]


def test_who_was_stopped_for_an_hour_does_not_hurry_through_the_rest() -> None:
    time = Computed()
    batches = paced(iter([at(*range(30))]), Pace(max_pause=2), time.timer)
    next(batches)
    time.pass_by(3600)
    rest = [(time.seconds, len(batch)) for batch in batches]
    assert rest[-1][0] > 3600 + 20


instants = st.floats(0, 59, allow_nan=False)


@given(st.lists(st.one_of(instants, st.none()), max_size=30), st.floats(0.1, 100), st.floats(0, 5))
def test_every_item_comes_once_in_its_order_and_in_bounded_time(
    times: list[float | None], speed: float, pause: float
) -> None:
    items: list[Item] = [said("?" if t is None else f"2026-11-21T12:00:{t:09.6f}Z", n) for n, t in enumerate(times)]
    time = Computed()
    batches = list(paced(iter([items[:5], items[5:]]), Pace(speed, pause), time.timer))
    assert [item for batch in batches for item in batch] == items
    assert time.seconds <= len(items) * (pause + FRAME)
