"""A log read in pieces, again and out of order, gives every event exactly once."""

import json

from hypothesis import given
from hypothesis import strategies as st

from aideator_cli.backends.base import Line, Remark
from aideator_cli.domain.attempts import Attempt
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


WRITTEN = [
    *(b'{"seq":%d,"time":"2026-11-21T12:00:00Z","type":"say","text":"\xc3\xbc"}' % seq for seq in range(6)),
    b'{"seq":2,"time":"2026-11-21T12:00:00Z","type":"end","outcome":"succeeded"}',
    b'{"seq":true,"time":"","type":"say"}',
    b'{"seq":1.0,"time":"","type":"say"}',
    b'{"seq":1,"type":"say"}',
    b'{"seq":1,"time":7,"type":"say"}',
    b'{"seq":1,"time":"","type":null}',
    b'{"seq":1,"time":"","type":"say","text":"\\ud800"}',
    b'{"seq":1,"time":"","type":"\\ud800"}',
    b'{"seq":2,"time":"","type":"say","deep":' + b"[" * 300 + b"]" * 300 + b"}",
    b"[1]",
    b"Segmentation fault",
    b"\xff",
    b"",
]
PIECES = st.lists(st.one_of(st.sampled_from(WRITTEN), st.none()), max_size=30)


@given(PIECES)
def test_lines_that_come_together_give_what_they_give_one_by_one(texts: list[bytes | None]) -> None:
    lines = [Remark("cut") if text is None else Line(text, f"{at:04d}") for at, text in enumerate(texts)]
    one_by_one, together = Sequence(ATTEMPT), Sequence(ATTEMPT)
    expected = [event for line in lines if isinstance(line, Line) and (event := one_by_one.take(line))]
    found, at = [], 0
    while at < len(lines):
        events = together.plain(lines, at)
        found += events
        at += len(events)
        if not events:
            line = lines[at]
            found += [event for event in ([together.take(line)] if isinstance(line, Line) else []) if event]
            at += 1
    assert found == expected
    assert (together.mark, together.next_seq, together.count) == (one_by_one.mark, one_by_one.next_seq, len(found))
    assert (together.missing, together.ended) == (one_by_one.missing, one_by_one.ended)


def test_a_record_may_hold_what_only_some_parsers_read() -> None:
    sequence = Sequence(ATTEMPT)
    lone = sequence.take(Line(b'{"seq":0,"time":"","type":"say","text":"\\ud800"}', "0"))
    deep = sequence.take(Line(b'{"seq":1,"time":"","type":"say","deep":' + b"[" * 300 + b"]" * 300 + b"}", "1"))
    assert [event and event.type for event in (lone, deep)] == ["say", "say"]


def test_a_record_is_in_utf_8() -> None:
    text = '{"seq":0,"time":"","type":"say"}'
    for raw in (text.encode("utf-16"), text.encode("utf-8-sig"), b'{"seq":0,"time":"","type":"say","text":"\xff"}'):
        event = Sequence(ATTEMPT).take(Line(raw, "0"))
        assert event is not None
        assert event.type == "stray"
