"""A log of any length, honest or not, takes little memory."""

import tracemalloc

from aideator_cli.backends.base import Line
from aideator_cli.domain.attempts import Attempt
from aideator_cli.stream.sequence import MOST_MISSING, STRAYS_KEPT, Sequence
from tests.stream.reader.lives import RUN
from tests.stream.reader.pod import record

ATTEMPT = Attempt("uid", RUN, 1, "2026-11-21T12:00:00Z", "pod")


def test_lines_that_are_no_records_are_not_kept_whole() -> None:
    sequence = Sequence(ATTEMPT)
    tracemalloc.start()
    for number in range(STRAYS_KEPT):
        sequence.take(Line(b"x" * 8_000, f"{number:09d}"))
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 5_000_000


def test_a_repeated_line_is_known_among_thousands_of_others() -> None:
    sequence = Sequence(ATTEMPT)
    lines = [Line(b"Segmentation fault", f"{number:09d}") for number in range(STRAYS_KEPT)]
    assert all(sequence.take(line) for line in lines)
    assert not any(sequence.take(line) for line in lines)


def test_seqs_that_run_ahead_again_and_again_make_no_endless_list_of_what_is_missing() -> None:
    sequence = Sequence(ATTEMPT)
    for step in range(1, 50):
        sequence.take(Line(record(step * (MOST_MISSING - 10)), f"{step:09d}"))
    assert len(sequence.missing) <= MOST_MISSING


def test_lines_that_break_readers_are_lines_like_any_other() -> None:
    sequence = Sequence(ATTEMPT)
    for number, raw in enumerate(
        (b"[" * 8_000, b'{"v":1,"seq":0,"type":"\\ud800"}', b'{"seq":%d}' % 10**4000, b"\x00")
    ):
        event = sequence.take(Line(raw, f"{number:09d}"))
        assert event is not None
        assert event.type == "stray"


def test_a_time_that_can_not_be_written_is_replaced_by_the_log_keepers() -> None:
    mark = "2026-11-21T12:00:00.000000001Z"
    event = Sequence(ATTEMPT).take(Line(b'{"v":1,"seq":0,"type":"say","time":"\\udc00"}', mark))
    assert event is not None
    assert (event.seq, event.time) == (0, mark)
