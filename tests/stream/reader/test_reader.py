"""What a reader does in particular: how long it waits, what it asks for, what it says."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Event as Flag

import pytest

from aideator_cli.backends.base import Line, LogBroken, LogGone, LogNotReady
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Closed, Observation
from aideator_cli.errors import AideatorError, refused
from aideator_cli.stream.reader import (
    LONGEST_PAUSE,
    LOST,
    MOST_DOUBTS,
    MOST_MENDS,
    MOST_REMARKS,
    PATIENCE,
    RECYCLE,
    Reader,
    Timing,
)
from aideator_cli.stream.sequence import Sequence
from tests.stream.reader.lives import RUN, events_of
from tests.stream.reader.pod import DOUBTS, Fault, Life, Pod, Write, record
from tests.stream.reader.test_whole_log import gaps, read, reader_of

ATTEMPT = Attempt("uid", RUN, 1, "2026-11-21T12:00:00Z", "pod")
RECORDS = (Write(None),) * 5
KUBELET = "unable to retrieve container logs for containerd://35e9a2bd"


def seqs(pod: Pod) -> list[int | None]:
    return [event.seq for event in events_of(read(pod))]


def remarks(pod: Pod) -> list[str]:
    return [item.text for item in read(pod) if isinstance(item, Observation) and item.kind == "transport"]


def ended(life: Life, refusal: Exception | None = None) -> Pod:
    pod = Pod(replace(life, lag=0), ATTEMPT, refusal=refusal)
    pod.pass_time(1)
    return pod


def impatient_reader(pod: Pod) -> tuple[Reader, list[float]]:
    """Its pauses, as they come; a log that is refused comes back with the second one."""
    pauses: list[float] = []

    def wait(flag: Flag, seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            pod.refusal = None
        pod.wait(flag, seconds)

    reader = Reader(pod, ATTEMPT, Sequence(ATTEMPT), Flag(), Timing(wait, pod.clock))  # type: ignore[arg-type]
    pod.readers.append(reader)
    return reader, pauses


def test_a_log_without_misfortune_is_read_once() -> None:
    pod = Pod(Life(RECORDS), ATTEMPT)
    assert seqs(pod) == [0, 1, 2, 3, 4]
    assert [(follow, since) for follow, since, _ in pod.asked] == [(True, None)]


def test_a_log_that_has_ended_is_read_once_without_follow() -> None:
    pod = Pod(Life(RECORDS, lag=0), ATTEMPT)
    reader = reader_of(pod)
    pod.pass_time(1_000)
    assert len(events_of([item for batch in reader.items() for item in batch])) == 5
    assert [(follow, since) for follow, since, _ in pod.asked] == [(False, None)]


def test_an_attempt_that_is_stored_to_its_end_is_not_read_again() -> None:
    pod = Pod(Life(RECORDS), ATTEMPT)
    (batch,) = reader_of(pod, Sequence(ATTEMPT, next_seq=5, end=4)).items()
    assert batch == [Closed(ATTEMPT)]
    assert pod.asked == []


def test_joining_again_asks_from_the_newest_line_on() -> None:
    pod = Pod(Life(RECORDS, lag=10_000), ATTEMPT, [Fault("clean", 3)])
    assert seqs(pod) == [0, 1, 2, 3, 4]
    assert [since for _, since, _ in pod.asked] == [None, pod.lines[2].mark]


def test_joining_again_after_the_nodes_clock_was_set_back_asks_from_the_newest_line_on() -> None:
    writes = (Write(None), Write(None, step=-3_600_000), Write(None))
    pod = Pod(Life(writes, lag=10_000), ATTEMPT, [Fault("clean", 2)])
    assert seqs(pod) == [0, 1, 2]
    assert [since for _, since, _ in pod.asked] == [None, pod.lines[1].mark]


def test_a_stream_is_left_for_a_new_one_before_kubelet_ends_it() -> None:
    beats = (Write(None, pause=15_000),) * (5 * 240)
    pod = Pod(Life(beats), ATTEMPT)
    assert len(seqs(pod)) == len(beats)
    began = [at for _, _, at in pod.asked]
    assert len(began) == 2
    assert 0.9 * RECYCLE <= began[1] - began[0] <= RECYCLE + 16
    assert RECYCLE + 16 < 4 * 3600


def test_the_pauses_between_two_tries_grow_and_data_makes_them_short_again() -> None:
    writes = (Write(None), Write(None, pause=65_000), Write(None, pause=40_000))
    pod = Pod(Life(writes), ATTEMPT, [Fault("clean", 1), *[Fault("refused")] * 9, Fault("broken", 2)])
    reader, pauses = impatient_reader(pod)
    assert sum(len(events_of(batch)) for batch in reader.items()) == 3
    longest = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10, 10, 10, 0.2]
    assert all(most / 2 <= pause <= most for pause, most in zip(pauses, longest, strict=True))


def test_kubelets_words_alone_do_not_make_the_pauses_short() -> None:
    pod = Pod(Life((Write(None, pause=120_000),)), ATTEMPT, [Fault("clean", 0, KUBELET)] * 100)
    assert seqs(pod) == [0]
    assert len(pod.asked) < 50


def test_a_remark_is_told_once_until_data_comes() -> None:
    writes = (Write(None), Write(None, pause=60_000))
    faults = [*[Fault("clean", 0, KUBELET)] * 3, Fault("clean", 1, KUBELET), *[Fault("clean", 1, KUBELET)] * 3]
    assert remarks(Pod(Life(writes), ATTEMPT, faults)) == [KUBELET, KUBELET]


def test_remarks_that_differ_each_time_do_not_flood_either() -> None:
    faults = [Fault("clean", 0, f"{KUBELET} at {number}") for number in range(100)]
    assert len(remarks(Pod(Life((Write(None, pause=3_600_000),)), ATTEMPT, faults))) == MOST_REMARKS


def test_a_long_remark_is_cut() -> None:
    (told,) = remarks(Pod(Life(RECORDS), ATTEMPT, [Fault("clean", 0, "x" * 16_000)]))
    assert len(told) <= 500


def test_a_log_that_can_not_be_read_while_its_agent_works_is_told_once() -> None:
    writes = (Write(None), Write(None, pause=120_000), Write(None, pause=5_000))
    pod = Pod(Life(writes), ATTEMPT, [Fault("clean", 1), *[Fault("refused")] * 14])
    items = read(pod)
    assert [item.text for item in items if isinstance(item, Observation)] == [
        "the log can't be read, and is asked for again: 502"
    ]
    assert [event.seq for event in events_of(items)] == [0, 1, 2]


def test_a_log_that_could_be_read_is_asked_for_again_when_it_is_refused() -> None:
    """An API server that begins anew refuses what it will allow as soon as it knows its rules."""
    pod = Pod(Life((*RECORDS, Write(None, pause=5_000))), ATTEMPT, [Fault("clean", 2)], sizes=(1,))
    reader, pauses = impatient_reader(pod)
    batches = reader.items()
    events = events_of(next(batches))
    pod.refusal = refused("jane may not get pods/log")
    for batch in batches:
        events += events_of(batch)
    assert len(events) == 6
    assert len(pauses) >= 2


def test_a_log_that_may_not_be_read_at_all_is_an_error() -> None:
    pod = Pod(Life(RECORDS), ATTEMPT, refusal=refused("jane may not get pods/log"))
    with pytest.raises(AideatorError, match="jane may not get pods/log"):
        list(reader_of(pod).items())


def test_a_short_trouble_with_the_log_is_not_told() -> None:
    writes = (Write(None), Write(None, pause=15_000))
    assert remarks(Pod(Life(writes), ATTEMPT, [Fault("clean", 1), *[Fault("refused")] * 5])) == []


def test_the_log_of_an_agent_that_says_nothing_for_minutes_can_be_read() -> None:
    writes = (Write(None), Write(None, pause=400_000))
    assert remarks(Pod(Life(writes), ATTEMPT)) == []


def test_a_container_that_is_not_ready_is_no_trouble_with_its_log() -> None:
    writes = (Write(None), Write(None, pause=120_000))
    faults = [Fault("clean", 1), Fault("refused"), *[Fault("not_ready")] * 10, Fault("refused")]
    assert remarks(Pod(Life(writes), ATTEMPT, faults)) == []


def test_while_nothing_can_be_reached_no_log_is_said_to_be_unreadable() -> None:
    pod = Pod(Life((Write(None, pause=120_000),)), ATTEMPT, [Fault("refused")] * 14)
    reader = reader_of(pod)
    reader.cut_off.set()
    assert not [item for batch in reader.items() for item in batch if isinstance(item, Observation)]


def test_a_log_that_kubelet_refuses_for_ever_is_given_up_in_seconds() -> None:
    pod = ended(Life((), end=False), refusal=LogNotReady("400"))
    assert read(pod) == [Closed(ATTEMPT, LOST)]
    assert len(pod.asked) == 1 + MOST_DOUBTS
    assert pod.now < 15_000


def test_a_log_whose_node_is_lost_is_given_up_in_minutes() -> None:
    pod = ended(Life((), end=False), refusal=LogBroken("502"))
    assert read(pod) == [Closed(ATTEMPT, LOST)]
    assert PATIENCE <= pod.now / 1000 <= PATIENCE + 2 * LONGEST_PAUSE


def test_a_log_that_is_not_ready_for_a_moment_is_waited_for() -> None:
    pod = Pod(Life(RECORDS, lag=0), ATTEMPT, [Fault("not_ready")] * DOUBTS)
    pod.pass_time(1_000)
    assert seqs(pod) == [0, 1, 2, 3, 4]


def test_while_nothing_can_be_reached_no_log_is_given_up() -> None:
    pod = Pod(Life(RECORDS, lag=0), ATTEMPT, [Fault("refused")] * 100)
    pod.pass_time(1_000)
    reader = reader_of(pod)
    reader.cut_off.set()
    assert len(events_of([item for batch in reader.items() for item in batch])) == 5
    assert pod.now / 1000 > 2 * PATIENCE


def test_a_log_that_is_gone_is_not_waited_for_long() -> None:
    pod = Pod(Life((*RECORDS, Write(None, pause=10**7))), ATTEMPT, sizes=(1,))
    batches = reader_of(pod).items()
    next(batches)
    pod.refusal = LogGone('pods "pod" not found')
    assert len([batch for batch in batches if events_of(batch)]) == 4
    assert len(pod.asked) == 1 + MOST_DOUBTS + 1
    assert pod.now < 60_000


def test_a_log_that_comes_back_is_read_on() -> None:
    pod = Pod(Life(RECORDS, lag=10_000), ATTEMPT, refusal=LogGone('pods "pod" not found'))
    reader, pauses = impatient_reader(pod)
    events = []
    for batch in reader.items():
        events += events_of(batch)
    assert len(pauses) == 2
    assert len(events) == 5


def test_a_hole_is_mended_before_what_follows_it_is_shown() -> None:
    pod = Pod(Life(RECORDS), ATTEMPT, [Fault("clean", 5)])
    sequence = Sequence(ATTEMPT, next_seq=1, mark="2026-11-21T12:00:10.000000000Z")  # the first follow gives nothing
    pod.pass_time(1_000)
    pod.files[0] += [Line(record(seq), f"2026-11-21T12:00:2{seq}.000000000Z") for seq in (5, 6)]
    assert [event.seq for batch in reader_of(pod, sequence).items() for event in events_of(batch)] == [1, 2, 3, 4, 5, 6]


def test_a_hole_in_what_is_stored_is_mended_first() -> None:
    pod = Pod(Life((Write(None, pause=10_000),) * 5), ATTEMPT)
    pod.pass_time(100_000)
    sequence = Sequence(ATTEMPT, next_seq=4, missing=frozenset({1}), mark=pod.lines[3].mark)
    assert [event.seq for batch in reader_of(pod, sequence).items() for event in events_of(batch)] == [1, 4]


def test_an_end_past_a_hole_is_followed_by_whole_reads_then_the_gap_is_shown() -> None:
    writes = (Write(None), Write(None, rotates=True), *RECORDS)
    pod = Pod(Life(writes, lag=10**7), ATTEMPT)
    pod.pass_time(1_000)
    pod.files[1].pop(0)
    items = read(pod)
    assert gaps(items) == ["2 events were lost: 0-1"]
    assert items[-1] == Closed(ATTEMPT)
    assert pod.now < 10_000
    assert [follow for follow, _, _ in pod.asked] == [True, False, False, False]


def test_a_log_full_of_holes_is_not_read_again_for_each() -> None:
    pod = Pod(Life((), end=False), ATTEMPT)
    pod.files[0] += [Line(record(seq * 2), f"2026-11-21T12:00:00.{seq:09d}Z") for seq in range(200)]
    assert len(seqs(pod)) == 200
    assert len(pod.asked) < MOST_MENDS + 10


def test_one_lost_event_is_told_as_one() -> None:
    pod = Pod(Life((), end=False), ATTEMPT)
    pod.files[0] += [Line(record(seq), f"2026-11-21T12:00:00.{seq:09d}Z") for seq in (0, 1, 3, 4)]
    assert gaps(read(pod)) == ["1 event was lost: 2"]


def test_stopping_ends_a_reader_without_a_last_word() -> None:
    pod = Pod(Life(RECORDS), ATTEMPT, sizes=(1,))
    stop = Flag()
    reader = Reader(pod, ATTEMPT, Sequence(ATTEMPT), stop, Timing(pod.wait, pod.clock))  # type: ignore[arg-type]
    batches = reader.items()
    next(batches)
    stop.set()
    assert list(batches) == []


def test_a_log_that_comes_back_short_is_asked_for_again() -> None:
    pod = Pod(Life(RECORDS, end=False), ATTEMPT, [Fault("clean", 0, KUBELET)] * 2)
    assert seqs_read_late(pod) == [0, 1, 2, 3, 4]


def test_a_log_that_is_cut_before_what_is_known_is_asked_for_again() -> None:
    class Cut(Pod):
        def _current(self) -> Iterator[Line | None]:
            cut = len(self.asked) < MOST_DOUBTS
            return (line for line in list(super()._current())[: 1 if cut else None])

    pod = Cut(Life(RECORDS, end=False), ATTEMPT)
    known = Sequence(ATTEMPT, next_seq=3, mark="2026-11-21T12:00:00.030000000Z")
    assert seqs_read_late(pod, known) == [3, 4]


def seqs_read_late(pod: Pod, known: Sequence | None = None) -> list[int | None]:
    """By a reader that knows that the container has ended."""
    reader = reader_of(pod, known)
    pod.pass_time(1_000)
    return [event.seq for batch in reader.items() for event in events_of(batch)]
