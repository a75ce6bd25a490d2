"""`du` and `prune`: a user sees what runs take, and gets rid of old ones without losing what is not over."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.runs import Place
from aideator_cli.store import Store
from aideator_cli.system.processes import identify
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run, change

PATCH = change("a.py", "x = 1", "x = 2")


@pytest.fixture
def home_with_runs(aideator: Shell, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001
    """Three runs that ended in January, February and today. The first has a log and a clone that was left, the second is small."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    for number, month in enumerate(("01", "02", "11"), 1):
        run = f"r{number}aaaaa"
        add_run(home, Told(PATCH), run=run, prompt=f"Task {number}", created=f"2026-{month}-01T00:00:00Z")
        store = Store.open(home)
        if month != "11":
            with store.transaction() as connection:
                connection.execute("update runs set ended = created where id = ?", (run,))
        store.close()
        folder = home / "runs" / run / "1"
        folder.mkdir(parents=True)
        (folder.parent / "spec.json").write_text(spec_of(home, run))
        record = {"created": "2026-01-01T00:00:00Z", "room": str(tmp_path / "none"), "pid": 1, "started": "never"}
        (folder / f"{run}-uid-1.json").write_text(json.dumps(record))
        (folder / f"{run}-uid-1.log").write_text("")
    (home / "runs" / "r1aaaaa" / "1" / "big").write_bytes(b"x" * 100_000)
    clone = tmp_path / "temporary" / "aideator-r1aaaaa-1-x5t"
    clone.mkdir(parents=True)
    (clone / "file").write_bytes(b"x" * 200_000)
    (clone / "link").symlink_to("/usr")
    (tmp_path / "temporary" / "aideator-other11-1-x5t").mkdir()
    return home


def spec_of(home: Path, run: str) -> str:
    found = Store.open(home).run(run)
    assert found is not None
    return found.spec.to_json()


def records(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def stored(home: Path) -> list[str]:
    return [run.spec.id for run in Store.open(home).runs()]


def test_du_shows_what_each_run_takes_the_largest_first(aideator: Shell, home_with_runs: Path) -> None:
    (home_with_runs / "runs" / "strayed1").mkdir()
    *held, stray, total = records(aideator("du", "--json").out)
    assert held[0]["run"] == "r1aaaaa"
    assert 300_000 <= held[0]["file_bytes"] < 400_000, "with the clone, and without what a link names"
    assert all(each["event_bytes"] > 300 and each["events"] == 3 for each in held)
    assert (stray["kind"], stray["run"]) == ("stray", "strayed1")
    assert total["file_bytes"] == sum(each["file_bytes"] for each in (*held, stray))
    assert total["database_bytes"] >= (home_with_runs / "aideator.db").stat().st_size
    title, first, *_, empty, strays, last = aideator("du").out.splitlines()
    assert title.split() == ["run", "created", "state", "events", "files", "together", "prompt"]
    assert first.startswith("r1aaaaa  2026-01-01 00:00  ended ")
    assert first.endswith("  Task 1")
    assert empty == ""
    assert strays.startswith("runs/strayed1 belongs to no run that is known here: ")
    assert last.startswith("database ")


def test_du_tells_the_log_of_recent_changes_from_the_data(aideator: Shell, home_with_runs: Path) -> None:
    with closing(sqlite3.connect(home_with_runs / "aideator.db")) as reader:  # so that nobody empties the log
        reader.execute("begin")
        reader.execute("select count(*) from runs").fetchall()
        assert aideator("note", "r1aaaaa", "x" * 900).code == 0
        assert "KiB of it SQLite's log of recent changes), files of runs " in aideator("du").out.splitlines()[-1]


def test_du_of_nothing(aideator: Shell) -> None:
    said = aideator("du")
    assert said.code == 0
    assert said.out.endswith(", files of runs 0 B\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--older-than", "30d"], ["r1aaaaa", "r2aaaaa"]),
        (["--keep", "1"], ["r1aaaaa", "r2aaaaa"]),
        (["--keep", "2"], ["r1aaaaa"]),
        (["--keep", "2", "--older-than", "30d"], ["r1aaaaa"]),
        (["--keep", "0"], ["r1aaaaa", "r2aaaaa", "r3aaaaa"]),
        (["--older-than", "90000d", "--keep", "0"], None),
        (["--older-than", "36000d"], []),
    ],
)
def test_prune_says_what_it_would_do_and_does_that_with_yes(
    aideator: Shell, home_with_runs: Path, words: list[str], expected: list[str] | None
) -> None:
    if expected is None:
        assert aideator("prune", *words).err == "error: --older-than takes at most 100 years, not '90000d'\n"
        return
    said = aideator("prune", *words)
    assert said.code == 0
    assert [line.split()[0] for line in said.out.splitlines()[1:]] == expected
    assert ("would be deleted" in said.err) is bool(expected)
    assert [(each["run"], each["would_delete"]) for each in records(aideator("prune", *words, "--json").out)] == [
        (run, True) for run in expected
    ]
    assert len(stored(home_with_runs)) == 3, "nothing has happened yet"
    done = aideator("prune", *words, "--yes")
    assert (done.code, done.out) == (0, "")
    assert ("deleted, " in done.err) is bool(expected)
    left = [run for run in ("r3aaaaa", "r2aaaaa", "r1aaaaa") if run not in expected]
    assert stored(home_with_runs) == left
    assert sorted(path.name for path in (home_with_runs / "runs").iterdir()) == sorted(left)


def test_the_database_becomes_smaller(aideator: Shell, home: Path) -> None:
    long = {"type": "say", "text": "x" * 7000}
    add_run(home, Told(PATCH, more=[long] * 300), run="long111", created="2026-01-01T00:00:00Z")
    before = (home / "aideator.db").stat().st_size
    said = aideator("prune", "--keep", "0", "--yes")
    assert said.err.startswith("1 run deleted, "), said.err
    assert (home / "aideator.db").stat().st_size < before / 4


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    yield process
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def put_to_work(home: Path, process: "subprocess.Popen[bytes]", attempt: str = "again") -> None:
    """The first run's agent works: by default in an attempt that another client started, which this store does not know."""
    found = identify(process.pid)
    assert found is not None
    record = {"created": "2026-03-01T00:00:00Z", "room": str(home / "none"), "pid": found.pid, "started": found.started}
    folder = home / "runs" / "r1aaaaa" / "1"
    (folder / f"{attempt}.json").write_text(json.dumps(record))
    (folder / f"{attempt}.log").write_text("")


def test_a_run_whose_agents_work_again_stays(
    aideator: Shell, home_with_runs: Path, sleeper: "subprocess.Popen[bytes]"
) -> None:
    put_to_work(home_with_runs, sleeper)
    said = aideator("prune", "--keep", "1", "--yes")
    assert said.code == 4
    assert "warning: r1aaaaa stays: its agents are at work again\n" in said.err
    assert stored(home_with_runs) == ["r3aaaaa", "r1aaaaa"]
    assert sleeper.poll() is None


def test_an_attempt_that_was_read_to_its_end_is_over_though_its_place_still_winds_down(
    aideator: Shell, home_with_runs: Path, sleeper: "subprocess.Popen[bytes]"
) -> None:
    put_to_work(home_with_runs, sleeper, "r1aaaaa-uid-1")
    assert aideator("prune", "--keep", "1", "--yes").code == 0
    assert stored(home_with_runs) == ["r3aaaaa"]


def test_a_run_that_was_last_seen_at_work_is_looked_at_first(
    aideator: Shell, home_with_runs: Path, sleeper: "subprocess.Popen[bytes]"
) -> None:
    put_to_work(home_with_runs, sleeper)
    store = Store.open(home_with_runs)
    store.reopen("r1aaaaa", {1: 2}, [1])
    store.set_state("r2aaaaa", "running")
    (left, gone) = sorted(records(aideator("prune", "--keep", "1", "--json").out), key=lambda each: each["run"])
    assert (left["run"], left["would_delete"], left["why"]) == ("r1aaaaa", False, "it may still be at work")
    assert (gone["run"], gone["would_delete"], gone["why"]) == ("r2aaaaa", True, None), "it has ended meanwhile"
    assert aideator("prune", "--keep", "1", "--yes").code == 0
    assert stored(home_with_runs) == ["r3aaaaa", "r1aaaaa"]


def test_a_run_that_is_not_drained_stays(aideator: Shell, home_with_runs: Path) -> None:
    Store.open(home_with_runs).open_attempt(Attempt("unread", "r2aaaaa", 1, "2026-02-01T00:00:00Z", "pod"))
    said = aideator("prune", "--keep", "1", "--yes")
    assert "warning: r2aaaaa stays: its events could not be read to their end\n" in said.err
    assert stored(home_with_runs) == ["r3aaaaa", "r2aaaaa"]


def test_a_run_of_another_machine_and_one_on_a_cluster_that_is_gone_stay(aideator: Shell, home_with_runs: Path) -> None:
    store = Store.open(home_with_runs)
    for run, found in (("r1aaaaa", True), ("r2aaaaa", False)):
        stored_run = store.run(run)
        assert stored_run is not None
        store.forget_run(run)
        place = Place("kubernetes", "gone/default", "gone", "default")
        store.add_run(stored_run.spec, place, state="ended", found=found)
    said = aideator("prune", "--keep", "1", "--yes")
    assert said.code == 4
    assert "warning: r1aaaaa stays: another machine has started it\n" in said.err
    assert "warning: r2aaaaa stays: " in said.err
    assert said.err.endswith("nothing was deleted\n")
    assert stored(home_with_runs) == ["r3aaaaa", "r2aaaaa", "r1aaaaa"]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], "prune needs --older-than or --keep"),
        (["--yes"], "prune needs --older-than or --keep"),
        (["--older-than", "soon"], "--older-than takes a time such as 90s, 30m or 2h, not 'soon'"),
        (["--older-than", "9" * 5000 + "d"], f"--older-than takes a time such as 90s, 30m or 2h, not '{'9' * 5000}d'"),
    ],
)
def test_without_a_bound_nothing_is_pruned(aideator: Shell, home_with_runs: Path, words: list[str], error: str) -> None:
    said = aideator("prune", *words)
    assert (said.code, said.out, said.err.splitlines()[0]) == (2, "", f"error: {error}")
    assert len(stored(home_with_runs)) == 3


def test_files_alone_are_deleted_and_the_runs_stay_whole(aideator: Shell, home_with_runs: Path, tmp_path: Path) -> None:
    said = aideator("prune", "--keep", "1", "--only", "files")
    assert [line.split()[0] for line in said.out.splitlines()[1:]] == ["r1aaaaa", "r2aaaaa"]
    assert said.err.startswith("files of 2 runs would be deleted, ")
    before = aideator("logs", "r1aaaaa", "--json").out
    done = aideator("prune", "--keep", "1", "--only", "files", "--yes")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("files of 2 runs deleted, ")
    assert [path.name for path in (home_with_runs / "runs").iterdir()] == ["r3aaaaa"]
    assert [path.name for path in (tmp_path / "temporary").iterdir()] == ["aideator-other11-1-x5t"], "and the clone"
    assert stored(home_with_runs) == ["r3aaaaa", "r2aaaaa", "r1aaaaa"]
    assert aideator("logs", "r1aaaaa", "--json").out == before
    assert aideator("diff", "r1aaaaa/1").out.encode() == PATCH
    assert "pruned files: the user has deleted its files on this machine" in aideator("show", "r1aaaaa").out
    assert aideator("prune", "--keep", "1", "--only", "files").err == "there is nothing to prune\n"


def test_objects_alone_are_deleted_once_and_the_runs_stay_whole(
    aideator: Shell, home_with_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted: list[str] = []

    class Cluster:
        name, where = "kubernetes", "fake/team"

        def delete(self, run: str) -> None:
            deleted.append(run)

    store = Store.open(home_with_runs)
    with store.transaction() as connection:
        connection.execute("update runs set backend = 'kubernetes', where_text = 'fake/team' where id <> 'r2aaaaa'")
    monkeypatch.setattr("aideator_cli.actions.pruning.backend_at", lambda *_: Cluster())
    monkeypatch.setattr("aideator_cli.actions.pruning.newest_statuses", lambda *_: {})
    words = ("prune", "--keep", "0", "--older-than", "30d", "--only", "objects")
    assert [each["run"] for each in records(aideator(*words, "--json").out)] == ["r1aaaaa"], "not the local run"
    assert "what is stored here stays" in aideator(*words).err
    assert deleted == []
    assert aideator(*words, "--yes").err == "the Jobs and ConfigMaps of 1 run are deleted\n"
    assert deleted == ["r1aaaaa"]
    assert aideator("diff", "r1aaaaa/1").out.encode() == PATCH
    assert aideator(*words, "--yes").err == "nothing was deleted\n"
    assert deleted == ["r1aaaaa"]


def test_a_part_that_there_is_not_is_told(aideator: Shell, home_with_runs: Path) -> None:
    said = aideator("prune", "--keep", "0", "--only", "events")
    assert (said.code, said.err) == (2, "error: --only takes objects or files, not events\n")
    assert len(stored(home_with_runs)) == 3
