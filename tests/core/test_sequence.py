"""A log read in pieces, again and out of order, gives every event exactly once."""

import json

from hypothesis import given
from hypothesis import strategies as st

from aideator_cli.backend import Attempt, Line
from aideator_cli.stream.sequence import Sequence

ATTEMPT = Attempt("uid", "k3v9x2q", 1, "2026-11-21T12:00:00Z", "pod")


def line(seq: int, type: str = "say") -> Line:  # noqa: A002
    return Line(json.dumps({"v": 1, "seq": seq, "type": type}).encode(), f"{seq:04d}")


@given(st.lists(st.integers(0, 30), max_size=200))
def test_each_event_is_given_once_whatever_the_order_and_the_repeats(order: list[int]) -> None:
    sequence = Sequence(ATTEMPT)
    given_seqs = [event.seq for event in map(sequence.take, map(line, order)) if event]
    assert sorted(given_seqs) == sorted(set(order))
    assert sequence.missing == set(range(max(order, default=-1) + 1)) - set(order)


def test_a_log_is_complete_only_when_its_end_was_read_and_nothing_is_missing() -> None:
    sequence = Sequence(ATTEMPT)
    sequence.take(line(0))
    sequence.take(line(2, "end"))
    assert sequence.ended
    assert not sequence.complete
    sequence.take(line(1))
    assert sequence.complete


def test_lines_that_are_no_records_are_kept_once_for_each_time_stamp() -> None:
    sequence = Sequence(ATTEMPT)
    strays = [
        Line(b"Segmentation fault", "0001"),
        Line(b"Segmentation fault", "0001"),
        Line(b"Segmentation fault", "0002"),
    ]
    taken = [event for event in map(sequence.take, strays) if event]
    assert [event.type for event in taken] == ["stray", "stray"]
    assert taken[0].data == {"text": "Segmentation fault"}


def test_a_seq_from_nowhere_is_a_line_like_any_other_and_no_gap_of_a_billion() -> None:
    sequence = Sequence(ATTEMPT)
    event = sequence.take(line(10**12))
    assert event is not None
    assert event.type == "stray"
    assert sequence.missing == set()


def test_reading_goes_on_where_the_store_stopped() -> None:
    sequence = Sequence(ATTEMPT, next_seq=5, missing=frozenset({3}))
    assert [bool(sequence.take(line(seq))) for seq in (2, 3, 4, 5)] == [False, True, False, True]
