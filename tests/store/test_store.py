"""The store keeps what it is given, once, for any number of processes, and says so when it can't."""

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import parse
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.domain.runs import Place, Selection
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.store import Cursor, DatabaseAway, Store
from aideator_cli.store.migrations import STEPS, VERSION
from tests.store.conftest import Kept

SPEC = RunSpec(
    "k3v9x2q", "uuid", "2026-11-21T12:00:00.000000Z", Repository("https://git.example/todo.git"), "fix it",
    (VariationSpec(1, "gpt-5"), VariationSpec(2, "gpt-5")),
)  # fmt: skip
ATTEMPT = Attempt("uid-1", SPEC.id, 1, "2026-11-21T12:00:01Z", "pod-1")


@pytest.fixture
def store(kept: Kept) -> Store:
    store = kept.open()
    store.add_run(SPEC, Place("local", "this machine"))
    store.open_attempt(ATTEMPT)
    return store


def record(seq: int, type: str = "say", **fields: object) -> bytes:  # noqa: A002
    return json.dumps({"v": 1, "seq": seq, "time": f"2026-11-21T12:00:{seq:02d}Z", "type": type, **fields}).encode()


def test_events_come_back_byte_for_byte_and_once(store: Store) -> None:
    raws = [record(0), record(1, text='odd   spacing "\\u001b"'), b"\xff not utf-8", record(2, "end")]
    events = [parse(ATTEMPT, raw, f"mark-{n}", n - 1) for n, raw in enumerate(raws)]
    store.record(events, [])
    store.record(events[1:], [])
    assert [event.raw for event in store.events(ATTEMPT)] == raws


def test_an_event_that_came_late_stands_in_its_place(store: Store) -> None:
    for seq in (0, 2, 1):
        store.record([parse(ATTEMPT, record(seq), None)], [])
    assert [event.seq for event in store.events(ATTEMPT)] == [0, 1, 2]


def test_the_cursor_tells_what_is_missing(store: Store) -> None:
    store.record([parse(ATTEMPT, record(seq, "end" if seq == 3 else "say"), f"m{seq}") for seq in (0, 1, 3)], [])
    assert store.cursor(ATTEMPT.id) == Cursor(4, frozenset({2}), "m3", end=3)


def test_attempts_are_numbered_within_their_variation(store: Store) -> None:
    again = Attempt("uid-2", SPEC.id, 1, "2026-11-21T12:05:00Z", "pod-2")
    other = Attempt("uid-3", SPEC.id, 2, "2026-11-21T12:05:00Z", "pod-3")
    assert [store.open_attempt(attempt) for attempt in (ATTEMPT, again, other, again)] == [1, 2, 1, 2]


def test_a_result_and_a_selection_come_back(store: Store) -> None:
    result = Result(2, "gpt-5", "uid-3", "succeeded", files=1, tests=("tests/a.py",), cost=None)
    store.save_result(SPEC.id, result)
    store.select(SPEC.id, Selection(2, "uid-3", "2026-11-21T13:00:00Z", "shorter"))
    assert store.results(SPEC.id) == [Result(1, "gpt-5"), result]
    assert store.selection(SPEC.id) == Selection(2, "uid-3", "2026-11-21T13:00:00Z", "shorter")


def test_what_was_found_out_about_the_base_outlives_the_attempt_that_found_it(store: Store) -> None:
    """Else a patch with fewer tests than the base would pass once the first variation is tried again."""
    lint, unit = (CheckResult(name, name, 0, 1.0, "", "base", tests=41) for name in ("lint", "unit"))
    store.save_result(SPEC.id, Result(1, "gpt-5", "uid-1", "failed", "infrastructure", baseline=(lint, unit)))
    store.save_result(SPEC.id, Result(2, "gpt-5", "uid-2", "succeeded"))
    store.reopen(SPEC.id, {1: 2}, [1])
    assert [(result.outcome, result.attempt) for result in store.results(SPEC.id)] == [
        ("running", None),
        ("succeeded", "uid-2"),
    ]
    assert [result.baseline for result in store.results(SPEC.id)] == [(lint, unit)] * 2
    assert [tried.outcome for tried in store.tried()] == ["running", "succeeded"]
    again = replace(lint, tests=40)
    store.save_result(SPEC.id, Result(1, "gpt-5", "uid-3", baseline=(again,)))
    store.save_result(SPEC.id, Result(1, "gpt-5", "uid-3", "failed", "infrastructure", baseline=(again,)))
    assert [result.baseline for result in store.results(SPEC.id)] == [(again, unit)] * 2


def test_a_run_is_named_by_a_unique_beginning(store: Store) -> None:
    assert store.find("k3v") == SPEC.id
    assert store.find("@last") == SPEC.id
    assert store.find("z") is None
    assert store.find("%") is None


def test_a_beginning_that_names_two_runs_is_refused(store: Store) -> None:
    store.add_run(RunSpec.from_json(SPEC.to_json().replace("k3v9x2q", "k3aaaaa")), Place("local", "this machine"))
    with pytest.raises(AideatorError, match="matches several runs: k3aaaaa, k3v9x2q"):
        store.find("k3")


def test_a_forgotten_run_leaves_nothing(store: Store) -> None:
    store.record([parse(ATTEMPT, record(0), None)], [])
    store.forget_run(SPEC.id)
    assert store.runs() == []
    assert list(store.events(ATTEMPT)) == []


def test_a_newer_schema_is_refused_with_a_way_out(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    with sqlite3.connect(tmp_path / "aideator.db") as connection:
        connection.execute(f"pragma user_version={VERSION + 1}")
    with pytest.raises(AideatorError, match="was written by a newer AIdeator") as caught:
        Store.open(tmp_path)
    assert caught.value.code == ExitCode.USAGE
    assert caught.value.hint


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "aideator.db").write_text("This is no database, and long enough to be told so." * 20)
    with pytest.raises(AideatorError, match="can't be opened"):
        Store.open(tmp_path)


def test_a_full_disk_leaves_nothing_half_done_and_is_used_again_when_there_is_room(tmp_path: Path) -> None:
    store = Store.open(tmp_path)
    store.add_run(SPEC, Place("local", "this machine"))
    full = store._connection.execute("pragma page_count").fetchone()[0]
    store._connection.execute(f"pragma max_page_count={full}")
    for _ in range(3):
        with pytest.raises(DatabaseAway, match="can't be written: database or disk is full"):
            store.set_note(SPEC.id, "x" * 100_000)
    assert [run.note for run in store.runs()] == [None]
    store._connection.execute("pragma max_page_count=1000000")
    store.set_note(SPEC.id, "room")
    assert [run.note for run in store.runs()] == ["room"]


def test_a_wrong_statement_is_no_database_that_is_away(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        Store.open(tmp_path)._connection.execute("select nothing")


def test_many_processes_open_one_new_database_at_once(tmp_path: Path) -> None:
    program = "import sys; from pathlib import Path; from aideator_cli.store import Store; Store.open(Path(sys.argv[1])).runs()"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stderr=subprocess.PIPE) for _ in range(8)
    ]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [(b"", 0)] * 8


def test_what_the_first_release_has_stored_is_read_and_added_to(tmp_path: Path) -> None:
    """Its schema, a spec and a result with the fields that there were."""
    spec = {
        "version": 1, "id": SPEC.id, "submission_id": "uuid", "created": SPEC.created, "prompt": "fix it",
        "repository": {"url": "https://git.example/todo.git", "ref": None, "base": None},
        "variations": [{"number": number, "model": "gpt-5"} for number in (1, 2)],
        "checks": [{"name": "unit", "command": "make test"}],
    }  # fmt: skip
    check = {"name": "unit", "command": "make test", "exit_code": 0, "seconds": 1.0, "tail": ""}
    result = {"variation": 1, "model": "gpt-5", "attempt": "uid-1", "outcome": "succeeded", "fault": None, "reason": "",
              "summary": "", "base": None, "patch_sha256": None, "files": 1, "additions": 1, "deletions": 0, "tests": [],
              "checks": [check], "steps": 1, "input_tokens": 1, "output_tokens": 1, "cost": 0.1, "seconds": 1.0}  # fmt: skip
    old = sqlite3.connect(tmp_path / "aideator.db")
    old.executescript(";".join(step.up for step in STEPS[:2]) + ";pragma user_version=2")
    values = (SPEC.id, SPEC.created, "local", None, None, "this machine", None, json.dumps(spec), "ended", None)
    old.execute("insert into runs values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    for number, stored in ((1, json.dumps(result)), (2, None)):
        old.execute("insert into variations values (?, ?, 'gpt-5', 'engineer', null, ?, 1)", (SPEC.id, number, stored))
    old.commit()
    old.close()

    store = Store.open(tmp_path)
    first, second = store.results(SPEC.id)
    assert (first.succeeded, first.checks[0].on, first.checks[0].reports, second.outcome) == (
        True,
        "patch",
        True,
        "running",
    )
    url = "https://git.example/todo.git"
    assert [(tried.succeeded, tried.repository) for tried in store.tried()] == [(True, url), (False, url)]
    store.reopen(SPEC.id, {1: 2}, [1])
    store.save_result(SPEC.id, Result(1, "gpt-5", "uid-2", "no_changes"))
    assert store.results(SPEC.id)[0].outcome == "no_changes"
    assert [run.spec.prompt for run in store.runs()] == ["fix it"]


OPENING = """
import sys
from pathlib import Path
from aideator_cli.store import Store
for turn in range(150):
    Store.open(Path(sys.argv[1]) / str(turn)).close()
"""


def test_several_processes_that_open_a_new_store_at_once_all_get_it(tmp_path: Path) -> None:
    words = [sys.executable, "-c", OPENING, str(tmp_path)]
    opening = [subprocess.Popen(words, stderr=subprocess.PIPE) for _ in range(4)]
    assert [process.communicate()[1].decode()[-300:] for process in opening] == [""] * 4
