"""The tool may die at any moment, and several may read one log into one store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Event, Item, Opened
from aideator_cli.domain.runs import Place
from aideator_cli.store import Store
from aideator_cli.stream.recording import recording, resume
from tests.stream.reader.lives import RUN, doubled, each_once, events_of, pods, thorough
from tests.stream.reader.pod import Life, Pod, Write
from tests.stream.reader.test_whole_log import reader_of

SPEC = RunSpec(RUN, "uuid", "2026-11-21T12:00:00.000000Z", Repository("https://git.example/todo.git"), "fix it",
               (VariationSpec(1, "gpt-5"),))  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store.open(Path(tmp_path_factory.mktemp("store")))
    yield store
    store.close()


def emptied(store: Store) -> Store:
    store.forget_run(SPEC.id)
    store.add_run(SPEC, Place("kubernetes", "k3d-dev/default"))
    return store


class Killed(Exception):
    pass


def reading(pod: Pod, store: Store, *, dies_at: int | None = None) -> Iterator[list[Item]]:
    """What a fresh process shows of the log, beyond what is stored. It may die before a batch is stored."""
    sequence = resume(store, pod.attempt)
    if sequence is None:
        return

    def batches() -> Iterator[list[Item]]:
        yield [Opened(pod.attempt)]
        for number, batch in enumerate(reader_of(pod, sequence).items()):
            if number == dies_at:
                raise Killed
            yield batch

    yield from recording(store, SPEC, batches())


def stored(store: Store, pod: Pod) -> list[bytes]:
    return [event.raw for event in store.events(pod.attempt)]


def closed(store: Store) -> list[bool]:
    return [attempt.closed for attempt in store.attempts(SPEC.id)]


@thorough
@given(pods(), st.lists(st.tuples(st.integers(0, 6), st.booleans()), max_size=5))
def test_a_tool_killed_again_and_again_stores_every_line_once_in_order(
    store: Store, pod: Pod, deaths: list[tuple[int, bool]]
) -> None:
    emptied(store)
    shown: list[Event] = []
    for number, before_the_commit in deaths:
        try:
            for count, batch in enumerate(reading(pod, store, dies_at=number if before_the_commit else None)):
                shown += events_of(batch)
                if count == number:
                    break
        except Killed:
            continue
    shown += [event for batch in reading(pod, store) for event in events_of(batch)]
    assert stored(store, pod) == each_once(pod.lines)
    assert [event.raw for event in shown] == each_once(pod.lines)
    assert closed(store) == [True]


@thorough
@given(pods(rotating=0.1), st.lists(st.integers(0, 6), max_size=3))
def test_a_killed_tool_and_rotation_double_nothing_and_lose_nothing_that_is_there(
    store: Store, pod: Pod, deaths: list[int]
) -> None:
    emptied(store)
    shown: list[Event] = []
    for number in [*deaths, 10**6]:
        for count, batch in enumerate(reading(pod, store)):
            shown += events_of(batch)
            if count == number:
                break
    assert doubled(shown) == []
    order = {raw: number for number, raw in enumerate(each_once(pod.lines))}
    records = [order[event.raw] for event in store.events(pod.attempt) if event.seq is not None]
    assert records == sorted(records)
    assert {line.raw for line in pod.files[-1]} <= set(stored(store, pod))


@thorough
@given(pods(), st.lists(st.booleans(), max_size=60))
def test_two_tools_at_once_show_all_of_it_each_and_store_it_once(store: Store, pod: Pod, turns: list[bool]) -> None:
    emptied(store)
    tools = [reading(pod, store), reading(pod, store)]
    shown: list[list[Event]] = [[], []]
    for turn in [*turns, *[False] * 1_000, *[True] * 1_000]:
        shown[turn] += events_of(next(tools[turn], []))
    assert stored(store, pod) == each_once(pod.lines)
    assert [doubled(events) for events in shown] == [[], []]
    assert closed(store) == [True]


def test_a_fresh_tool_reads_on_from_the_last_line_that_is_stored(store: Store) -> None:
    writes = (Write(None), Write(None, step=-3_600_000), Write(b"Segmentation fault"), Write(None, pause=20_000))
    pod = Pod(Life(writes), Attempt("uid", RUN, 1, SPEC.created, "pod"), sizes=(1,))
    tool = reading(pod, emptied(store))
    while len(stored(store, pod)) < 3:
        next(tool)
    list(reading(pod, store))
    assert [since for _, since, _ in pod.asked] == [None, pod.lines[2].mark]
