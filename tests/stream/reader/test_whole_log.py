"""Whatever happens between an agent and its reader: every line arrives, once, in the agent's order; and reading ends."""

from threading import Event as Flag

from hypothesis import given

from aideator_cli.domain.events import Closed, Item, Observation
from aideator_cli.stream.reader import LOST, Reader, Timing
from aideator_cli.stream.sequence import Sequence
from tests.stream.reader.lives import doubled, each_once, events_of, pods, thorough
from tests.stream.reader.pod import Pod

DAYLIGHT = (0, 0, 0, 0, 0, -3_600_000, -4_000, 60_000)  # ms by which a node's clock is set


def reader_of(pod: Pod, sequence: Sequence | None = None) -> Reader:
    reader = Reader(
        pod,  # type: ignore[arg-type]  # a reader asks its backend for nothing but the log
        pod.attempt,
        sequence or Sequence(pod.attempt),
        Flag(),
        Timing(pod.wait, pod.clock),
    )
    pod.readers.append(reader)
    return reader


def read(pod: Pod) -> list[Item]:
    return [item for batch in reader_of(pod).items() for item in batch]


def gaps(items: list[Item]) -> list[str]:
    return [item.text for item in items if isinstance(item, Observation) and item.kind == "gap"]


@thorough
@given(pods())
def test_nothing_is_lost_doubled_or_out_of_order(pod: Pod) -> None:
    items = read(pod)
    assert [event.raw for event in events_of(items)] == each_once(pod.lines)
    assert gaps(items) == []


@thorough
@given(pods())
def test_reading_ends_once_and_says_whether_the_agent_had_its_last_word(pod: Pod) -> None:
    items = read(pod)
    assert [item for item in items if isinstance(item, Closed)] == [Closed(pod.attempt, None if pod.life.end else LOST)]
    assert isinstance(items[-1], Closed)
    assert pod.ended


@thorough
@given(pods(steps=DAYLIGHT))
def test_a_node_whose_clock_is_set_loses_no_record(pod: Pod) -> None:
    events = events_of(read(pod))
    seqs = sorted(event.seq for event in events if event.seq is not None)
    assert seqs == list(range(sum(write.raw is None for write in pod.life.writes)))
    assert doubled(events) == []


@thorough
@given(pods(rotating=0.15))
def test_what_rotation_takes_is_shown_as_a_gap_and_only_that(pod: Pod) -> None:
    items = read(pod)
    events = events_of(items)
    seqs = {event.seq for event in events if event.seq is not None}
    assert doubled(events) == []
    lost = set(range(max(seqs, default=-1) + 1)) - seqs
    assert [text.split(" ")[0] for text in gaps(items)] == ([str(len(lost))] if lost else [])
    there = {line.raw for line in pod.files[-1]}
    assert there <= {event.raw for event in events}


@thorough
@given(pods(rotating=0.15, faulty=False))
def test_what_comes_after_a_hole_waits_until_it_is_mended(pod: Pod) -> None:
    seqs = [event.seq for event in events_of(read(pod)) if event.seq is not None]
    assert seqs == sorted(seqs)
