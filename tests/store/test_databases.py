"""SQLite and PostgreSQL keep the same promises: hostile text, many writers, pages, lists, and ways to other versions of the schema."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Observation, parse
from aideator_cli.domain.glance import Wanted
from aideator_cli.domain.pulls import PushedCommit
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import Place
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.store import Store
from aideator_cli.store.engine import moved
from aideator_cli.store.migrations import STEPS, VERSION
from tests.store.conftest import Kept

SPEC = RunSpec(
    "k3v9x2q", "uuid", "2026-11-21T12:00:00.000000Z", Repository("https://git.example/Todo.git"), "Fix the Straße",
    (VariationSpec(1, "gpt-5"), VariationSpec(2, "gpt-5")),
)  # fmt: skip
ATTEMPT = Attempt("uid-1", SPEC.id, 1, "2026-11-21T12:00:01Z", "pod-1")
HERE = Place("local", "this machine")


@pytest.fixture
def store(kept: Kept) -> Store:
    store = kept.open()
    store.add_run(SPEC, HERE, state="running")
    store.open_attempt(ATTEMPT)
    return store


def line(seq: int, **fields: object) -> bytes:
    return json.dumps({"v": 1, "seq": seq, "type": "say", **fields}).encode()


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Does all of it in threads that begin together."""
    start = threading.Barrier(len(works))

    def work(each: Callable[[], Any]) -> Any:
        start.wait()
        return each()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(work, works))


def test_hostile_text_is_kept_and_breaks_no_list(kept: Kept, store: Store) -> None:
    awkward = "a\0b \ud800 c \\u0000 😀 %s ? '"
    spec = replace(SPEC, id="r000001", prompt=awkward)
    raws = [b'{"v":1,"seq":0,"type":"say","text":"\\u0000\\ud800"}', b"\0\xff", b"x" * 100_000]
    store.add_run(spec, HERE)
    store.open_attempt(Attempt("uid-9", spec.id, 1, "", "pod\0"))
    attempt = Attempt("uid-9", spec.id, 1, "", "")
    store.record(
        [parse(attempt, raw, f"m{n}") for n, raw in enumerate(raws)], [Observation(spec.id, "", "image", "no\0", 1)]
    )
    store.record([parse(attempt, raw, f"m{n}") for n, raw in enumerate(raws)], [])
    store.save_result(spec.id, Result(1, "gpt-5", "uid-9", "succeeded", summary=awkward))
    store.set_note(spec.id, "n\0te")
    assert [event.raw for event in store.events(attempt)] == [raws[1], raws[2], raws[0]]
    assert spec.id in [each.id for each in store.glances(9, Wanted(text="%S ? '" if kept.url else "a"))]
    assert store.glances(9, Wanted(outcome="succeeded"))[0].succeeded == 1
    assert store.results(spec.id)[0].summary.endswith("😀 %s ? '")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), ["c", "b", "a"]),
        (Wanted(sort="oldest"), ["a", "b", "c"]),
        (Wanted(sort="cost"), ["b", "a", "c"]),
        (Wanted(sort="state"), ["b", "c", "a"]),
        (Wanted(state="ended"), ["a"]),
        (Wanted(outcome="succeeded"), ["a"]),
        (Wanted(outcome="running"), ["c", "b", "a"]),
        (Wanted(outcome="failed"), ["b"]),
        (Wanted(repository="GIT.example/t"), ["c", "b", "a"]),
        (Wanted(text="STRASSE"), ["c", "b", "a"]),
        (Wanted(text="urgent"), ["b"]),
        (Wanted(text="%"), []),
        (Wanted(tags=("x", "y")), ["c"]),
        (Wanted(tags=("x",), outcome="failed"), ["b"]),
    ],
)
def test_lists_find_and_sort_the_same_runs(kept: Kept, wanted: Wanted, expected: list[str]) -> None:
    store = kept.open()
    for number, (name, state) in enumerate({"a": "ended", "b": "running", "c": "submitting"}.items()):
        store.add_run(replace(SPEC, id=f"{name}000000", created=f"2026-11-2{number}T12:00:00Z"), HERE, state=state)
    store.save_result("a000000", Result(1, "gpt-5", "u1", "succeeded", cost=0.5))
    store.save_result("b000000", Result(1, "gpt-5", "u2", "failed", "agent", cost=1.5))
    store.save_result("c000000", Result(1, "gpt-5", "u3", cost=None))
    store.set_note("b000000", "Urgent!")
    store.add_tags("b000000", ["x"])
    store.add_tags("c000000", ["y", "x"])
    assert [each.id[0] for each in store.glances(9, wanted)] == expected
    assert [each.spec.id[0] for each in store.runs(2, wanted)] == expected[:2]
    assert {each.id[0]: each.tags for each in store.glances(9, wanted)}.get("c", ("x", "y")) == ("x", "y")


def test_a_log_is_read_in_order_however_small_the_pages_are(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    raws = [line(0), b"stray 1", b"stray 2", line(1), line(2), b"stray 3"]
    afters = [-1, 0, 0, 0, 1, 2]
    store.record(
        [parse(ATTEMPT, raw, f"m{n}", after) for n, (raw, after) in enumerate(zip(raws, afters, strict=True))], []
    )
    for page in (1, 2, 3, 6, 7):
        monkeypatch.setattr(type(store._engine.dialect), "page", page)
        assert [event.raw for event in store.events(ATTEMPT)] == raws
        assert [event.seq for event in store.events(ATTEMPT, ("say",))] == [0, 1, 2]


def test_writers_at_once_write_each_event_once(kept: Kept, store: Store) -> None:
    """Two replicas follow the same run for a moment: the old follower has not noticed yet that it was replaced."""
    events = [parse(ATTEMPT, line(seq), f"{seq:04}") for seq in range(400)]
    stores = [kept.open() for _ in range(3)]
    at_once([lambda each=each: [each.record(events[at : at + 40], []) for at in range(0, 400, 40)] for each in stores])  # type: ignore[misc]
    assert [event.seq for event in store.events(ATTEMPT)] == list(range(400))


def test_of_several_that_claim_a_submission_one_gets_it(kept: Kept, store: Store) -> None:
    stores = [kept.open() for _ in range(4)]
    for submission in range(2, 6):
        claimed = at_once([lambda each=each: each.claim(SPEC.id, {1: submission}) for each in stores])  # type: ignore[misc] # noqa: B023
        assert sorted(claimed) == [False, False, False, True]
    assert store.submissions(SPEC.id) == {1: 5, 2: 1}


def test_attempts_that_are_found_at_once_get_numbers_of_their_own(kept: Kept, store: Store) -> None:
    found = [Attempt(f"uid-2-{n}", SPEC.id, 2, "", "pod") for n in range(6)]
    numbers = at_once([lambda each=each: kept.open().open_attempt(each) for each in found])  # type: ignore[misc]
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    assert len(store.attempts(SPEC.id)) == 7


def test_no_event_appears_behind_a_reader(kept: Kept, store: Store) -> None:
    """A reader asks for what came after the newest row that it has seen. A slow writer's row must not come in before that one."""
    slow, first, second = kept.open(), parse(ATTEMPT, line(0), None), parse(ATTEMPT, line(1), None)
    other = threading.Thread(target=lambda: kept.open().record([second], []))
    row = (first.attempt, first.seq, first.after, first.type, first.time, slow._dialect.log_line(first.raw))
    with slow.transaction(SPEC.id) as connection:
        connection.execute("insert into events(attempt, seq, after, type, time, raw) values (?, ?, ?, ?, ?, ?)", row)
        other.start()
        other.join(0.3)  # it waits for the slow one, if all is well
        upto = store.newest(SPEC.id)
        seen = [event.seq for event in store.events(ATTEMPT, rows=(0, upto))]
    other.join()
    assert seen + [event.seq for event in store.events(ATTEMPT, rows=(upto, store.newest(SPEC.id)))] == [0, 1]


def test_what_was_pushed_and_posted_comes_back(store: Store) -> None:
    pushed = PushedCommit(SPEC.id, 1, "https://git.example/todo", "fix", "c0ffee", "sha")
    store.add_pushed(pushed)
    store.set_pull(pushed, 7, "https://git.example/todo/pull/7")
    store.set_posted(SPEC.id, "https://git.example/todo/1")
    store.set_posted(SPEC.id, "https://git.example/todo/2")
    assert store.pull_of(SPEC.id, 1) == replace(pushed, number=7, url="https://git.example/todo/pull/7")
    assert [each.branch for each in store.pushed("https://git.example/todo", "fix")] == ["fix"]
    assert store.posted(SPEC.id) == "https://git.example/todo/2"


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def breaks() -> None:
        with store.transaction(SPEC.id) as connection:
            connection.execute("update runs set note = ? where id = ?", ("half", SPEC.id))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        breaks()
    found = store.run(SPEC.id)
    assert found is not None
    assert found.note is None


def test_the_schema_goes_down_and_up_again(kept: Kept, store: Store) -> None:
    store.save_result(SPEC.id, Result(1, "gpt-5", "uid-1", "succeeded", cost=0.5))
    lowest = 12 if kept.url else 1
    store.close()
    for target in (*range(VERSION - 1, lowest - 1, -1), VERSION):
        assert moved(kept.home, kept.url, target)[1] == target
    again = kept.open()
    assert [(each.outcome, each.cost) for each in again.results(SPEC.id)] == [("succeeded", 0.5), ("running", 0.0)]
    assert again.claim(SPEC.id, {1: 2})


def test_two_users_have_one_name_until_the_schema_goes_back(kept: Kept, store: Store) -> None:
    ids = ("a000001", "b000001")
    for id_, owner in zip(ids, ("ada", "bob"), strict=True):
        with store.owned_by(owner):
            store.add_run(replace(SPEC, id=id_), HERE)
        assert store.set_name(id_, "the.one") is None
    assert store.set_name(SPEC.id, "the.one") is None, "nor is a run without a user in their way"
    assert store.find("the.one") == SPEC.id, "nobody else's name takes its place"
    store.set_name(SPEC.id, None)
    with pytest.raises(AideatorError, match=r"several runs are called the\.one: a000001, b000001"):
        store.find("the.one")
    store.close()
    before = next(number for number, step in enumerate(STEPS) if "create index runs_by_name" in step.up)
    moved(kept.home, kept.url, before)
    moved(kept.home, kept.url, VERSION)
    again = kept.open()
    assert [run.name for run in again.these(ids)] == ["the.one", None]
    assert again.find("the.one") == "a000001"


def test_users_who_name_runs_at_once_never_have_a_name_twice(kept: Kept, store: Store) -> None:
    ids = [f"r00000{n}" for n in range(6)]
    for id_ in ids:
        store.add_run(replace(SPEC, id=id_), HERE)
    holders = at_once([lambda id_=id_: kept.open().set_name(id_, "the.one") for id_ in ids])  # type: ignore[misc]
    assert [run.name for run in store.these(ids)].count("the.one") == holders.count(None) == 1


def test_what_a_server_has_is_kept_and_its_name_moves_with_it(store: Store) -> None:
    there = Place("server", "aideator.example", "https://aideator.example")
    for id_, place in (
        ("a000001", there),
        ("b000001", there),
        ("c000001", replace(there, context="https://other.example")),
    ):
        store.add_run(replace(SPEC, id=id_), place)
        store.keep_remarks(id_, "the.one", "n", ["b", "a", "b"])
    assert [run.name for run in store.these(["a000001", "b000001", "c000001"])] == [None, "the.one", "the.one"]
    store.keep_remarks("b000001", None, None, ["c"])
    found = store.run("b000001")
    assert found is not None
    assert (found.name, found.note, found.tags) == (None, None, ("c",))


@pytest.mark.parametrize("target", [-1, 0, VERSION + 1])
def test_a_schema_that_this_version_does_not_know_is_refused(kept: Kept, store: Store, target: int) -> None:
    with pytest.raises(AideatorError, match="schema") as caught:
        moved(kept.home, kept.url, target)
    assert caught.value.code == ExitCode.USAGE
    assert store.run(SPEC.id)
