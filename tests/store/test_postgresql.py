"""A PostgreSQL that can't be used: what is said, what is never said, and that nothing is lost once it is back."""

import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.actions.doctor.machine import database
from aideator_cli.domain.findings import BROKEN
from aideator_cli.domain.runs import Place
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.main import main
from aideator_cli.store import DatabaseAway, Store
from aideator_cli.store.engine import moved
from aideator_cli.store.migrations import VERSION
from aideator_cli.store.names import names
from aideator_cli.store.postgresql import pool
from aideator_cli.store.postgresql.engine import forget
from aideator_cli.system.installation import adding
from aideator_cli.system.settings import Settings
from tests.fixtures.postgresql import PASSWORD, PostgreSQL
from tests.store.test_databases import at_once

SPEC = RunSpec(
    "k3v9x2q", "uuid", "2026-11-21T12:00:00Z", Repository("https://git.example/todo.git"), "Fix it.", (VariationSpec(1, "gpt-5"),)
)  # fmt: skip
HERE = Place("local", "this machine")


def said_nothing_secret(error: AideatorError) -> bool:
    text = f"{error} {error.hint}"
    return PASSWORD not in text and quote(PASSWORD, safe="") not in text and "wr0ng" not in text


def test_a_transaction_that_nobody_ends_is_ended_by_the_server(postgresql_url: str, tmp_path: Path) -> None:
    store = Store.open(tmp_path, postgresql_url)
    assert store._connection.execute("show idle_in_transaction_session_timeout").fetchone()[0] == "1min"


def test_a_server_that_went_away_is_told_and_used_again_when_it_is_back(
    own_postgresql: PostgreSQL, tmp_path: Path
) -> None:
    url = own_postgresql.new_database()
    store = Store.open(tmp_path, url)
    store.add_run(SPEC, HERE)
    own_postgresql.stop()
    for attempt in (store.runs, lambda: store.set_note(SPEC.id, "x"), lambda: Store.open(tmp_path, url)):
        with pytest.raises(DatabaseAway, match="can't be used") as caught:
            attempt()
        assert caught.value.code == ExitCode.UNAVAILABLE
        assert f"postgresql://127.0.0.1:{own_postgresql.port}/" in caught.value.message
        assert said_nothing_secret(caught.value)
    own_postgresql.start()
    store.set_note(SPEC.id, "back")
    assert [(run.spec.id, run.note) for run in store.runs()] == [(SPEC.id, "back")]
    forget(url)


def test_a_server_that_restarts_between_two_uses_is_not_noticed(own_postgresql: PostgreSQL, tmp_path: Path) -> None:
    store = Store.open(tmp_path, own_postgresql.new_database())
    own_postgresql.stop()
    own_postgresql.start()
    assert store.runs() == []


def test_a_server_that_answers_nothing_holds_up_one_of_those_who_ask(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "SLOW_SECONDS", 0.0)
    monkeypatch.setattr(pool, "AGAIN_SECONDS", 3600.0)
    tries = []

    def nothing(*_: object, **__: object) -> None:
        tries.append(1)
        raise psycopg.OperationalError("connection timeout expired")

    store = Store.open(tmp_path, postgresql_url)
    forget(postgresql_url)
    with monkeypatch.context() as patch:
        patch.setattr(psycopg, "connect", nothing)
        for _ in range(3):
            with pytest.raises(DatabaseAway, match="connection timeout expired"):
                store.runs()
    assert len(tries) == 1
    monkeypatch.setattr(store._engine._pool, "_tries_at", 0.0)  # type: ignore[attr-defined]
    assert store.runs() == []


def test_a_standby_that_has_not_taken_over_yet_is_away(postgresql_url: str, tmp_path: Path) -> None:
    store = Store.open(tmp_path, postgresql_url)
    store.add_run(SPEC, HERE)

    def note() -> None:
        with store.transaction(SPEC.id) as connection:
            connection.execute("set transaction read only")
            connection.execute("update runs set note = 'x'")

    with pytest.raises(DatabaseAway, match="read-only transaction"):
        note()
    assert [run.note for run in store.runs()] == [None]


def test_a_connection_that_breaks_in_a_transaction_leaves_nothing_of_it(
    postgresql: PostgreSQL, postgresql_url: str, tmp_path: Path
) -> None:
    store = Store.open(tmp_path, postgresql_url)

    def cut_off() -> None:
        with store.transaction(SPEC.id) as connection:
            connection.execute("create table half (n bigint)")
            postgresql.sql("select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'")
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                connection.execute("select 1")

    with pytest.raises(DatabaseAway):
        cut_off()
    with store.transaction() as connection:
        assert connection.execute("select to_regclass('half')").fetchone() == (None,)


def test_of_several_that_come_first_to_an_empty_database_one_makes_its_tables(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    url = postgresql.empty_database()
    found = at_once([lambda: moved(tmp_path, url, VERSION)] * 4)
    assert sorted(found) == [(0, VERSION), *[(VERSION, VERSION)] * 3]
    assert Store.open(tmp_path, url).runs() == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://aideator:wr0ng@127.0.0.1:1/none",
        "postgresql://aideator:wr0ng@127.0.0.1:port/none",
        "postgresql://aideator:wr0ng@[::1/none",
        "postgresql://aideator@127.0.0.1:1/none?password=wr0ng&nosuch=1",
        "mysql://aideator:wr0ng@127.0.0.1/none",
        "aideator:wr0ng@127.0.0.1/none",
    ],
)
def test_a_url_that_leads_nowhere_is_told_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    monkeypatch.setenv("AIDEATOR_HOME", str(tmp_path))
    monkeypatch.setenv("AIDEATOR_DATABASE", url)
    assert main(["list"]) in (ExitCode.UNAVAILABLE, ExitCode.USAGE)
    said = capsys.readouterr()
    assert said.err.startswith("error: the database ")
    assert "hint: " in said.err
    assert main(["config", "show"]) == 0
    assert "wr0ng" not in said.err + said.out + capsys.readouterr().out
    assert not (tmp_path / "aideator.db").exists()


def test_a_wrong_password_is_told_and_not_shown(postgresql: PostgreSQL, tmp_path: Path) -> None:
    with pytest.raises(DatabaseAway, match="password authentication failed") as caught:
        Store.open(tmp_path, postgresql.url("postgres", "wr0ng"))
    assert said_nothing_secret(caught.value)


def test_a_newer_schema_is_refused_with_a_way_out(postgresql: PostgreSQL, postgresql_url: str, tmp_path: Path) -> None:
    Store.open(tmp_path, postgresql_url)
    postgresql.sql(f"update aideator_schema set version = {VERSION + 1}", postgresql_url.rpartition("/")[2])
    forget(postgresql_url)
    with pytest.raises(AideatorError, match="was written by a newer AIdeator") as caught:
        Store.open(tmp_path, postgresql_url)
    assert caught.value.code == ExitCode.USAGE
    found = database(Settings({"AIDEATOR_HOME": str(tmp_path), "AIDEATOR_DATABASE": postgresql_url}))
    assert "a newer AIdeator wrote postgresql://" in found.text


def test_doctor_and_completion_know_the_database(postgresql: PostgreSQL, tmp_path: Path) -> None:
    url = postgresql.empty_database()
    settings = Settings({"AIDEATOR_HOME": str(tmp_path), "AIDEATOR_DATABASE": url})
    assert "not made yet" in database(settings).text
    with names(tmp_path, url) as stored:
        assert stored is None
    store = Store.open(tmp_path, url)
    store.add_run(SPEC, HERE)
    store.add_run(replace(SPEC, id="k4aaaaa"), HERE)
    assert "2 runs" in database(settings).text
    with names(tmp_path, url) as stored:
        assert stored is not None
        assert stored.runs("k4", 9) == [("k4aaaaa", "Fix it.")]
        assert stored.variations("@last")
    wrong = url.replace(":s3cret", ":wr0ng")
    found = database(Settings({"AIDEATOR_HOME": str(tmp_path), "AIDEATOR_DATABASE": wrong}))
    assert found.state == BROKEN
    assert "wr0ng" not in found.text


def test_a_file_may_name_the_database_but_hold_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], postgresql_url: str
) -> None:
    monkeypatch.setenv("AIDEATOR_HOME", str(tmp_path))
    assert main(["config", "set", "database", postgresql_url]) == ExitCode.USAGE
    assert "a URL with a password" in capsys.readouterr().err
    assert main(["config", "set", "database", postgresql_url.replace(":s3cret%2Fof%3Atests", "")]) == 0
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert main(["list"]) == 0
    assert not (tmp_path / "aideator.db").exists()


def test_without_psycopg_the_way_to_get_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aideator_cli.store.engine.find_spec", lambda _: None)
    with pytest.raises(AideatorError, match="needs psycopg") as caught:
        Store.open(tmp_path, "postgresql://db.example/aideator")
    assert caught.value.hint == adding("server")
    settings = Settings({"AIDEATOR_HOME": str(tmp_path), "AIDEATOR_DATABASE": "postgresql://db.example/aideator"})
    assert "needs psycopg" in database(settings).text
