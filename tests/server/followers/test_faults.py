"""A database that fails in the middle of a read, with an error of its library's own, ends none of the server's threads."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import psycopg
import pytest

from aideator_cli.actions.here import Here
from aideator_cli.actions.teams import moving
from aideator_cli.actions.teams.moving import Mover
from aideator_cli.domain.leases import Lease
from aideator_cli.server.followers import Followers, followers, teams
from aideator_cli.server.followers.teams import TeamMovers
from aideator_cli.server.webhooks import Deliverer, deliverer
from aideator_cli.store import Store
from aideator_cli.store.serving import ServerStore
from tests.server.page.waiting import until

FAULTS = (sqlite3.OperationalError("disk I/O error"), psycopg.OperationalError("the connection is lost"))


class Part(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


@pytest.fixture(params=FAULTS, ids=lambda fault: type(fault).__module__)
def fault(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Exception:
    monkeypatch.setattr(followers, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(followers, "RENEW_SECONDS", 0.02)
    monkeypatch.setattr(teams, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(deliverer, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(deliverer, "SWEEP_SECONDS", 0.0)
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def started(home: Path) -> Iterator[Callable[[Part], None]]:  # noqa: ARG001 -- the data folder
    parts: list[Part] = []

    def start(part: Part) -> None:
        parts.append(part)
        part.start()

    yield start
    for part in parts:
        part.stop()


def fails_twice(monkeypatch: pytest.MonkeyPatch, kind: type[Store], name: str, fault: Exception) -> list[int]:
    """Returns what grows with each call: the first two fail."""
    calls: list[int] = []
    right = getattr(kind, name)

    def called(*given: Any, **named: Any) -> Any:
        calls.append(len(calls))
        if len(calls) < 3:
            raise type(fault)(*fault.args)
        return right(*given, **named)

    monkeypatch.setattr(kind, name, called)
    return calls


def test_runs_are_looked_for_again(
    started: Callable[[Part], None], fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = fails_twice(monkeypatch, ServerStore, "unfollowed", fault)
    started(Followers(Here()))
    until(lambda: len(calls) > 3, 20)


def test_leases_are_renewed_again(
    started: Callable[[Part], None], fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = fails_twice(monkeypatch, ServerStore, "renew", fault)
    made = Followers(Here())
    made._followers["k3v9x2q"] = followers._Follower(Lease("k3v9x2q", "x", "here", 1, ""))
    started(made)
    until(lambda: len(calls) > 3, 20)


def test_a_run_is_followed_again(
    started: Callable[[Part], None], fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, done = [], threading.Event()

    def attended(*_: object) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise type(fault)(*fault.args)
        done.set()

    monkeypatch.setattr(followers, "attended", attended)
    monkeypatch.setattr(ServerStore, "unfollowed", lambda *_: [] if tries else ["k3v9x2q"])
    monkeypatch.setattr(ServerStore, "lease", lambda *_: Lease("k3v9x2q", "x", "here", 1, ""))
    monkeypatch.setattr(ServerStore, "renew", lambda *_: True)
    started(Followers(Here()))
    assert done.wait(20)


def test_teams_are_looked_for_again(
    started: Callable[[Part], None], fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = fails_twice(monkeypatch, Store, "teams", fault)
    started(TeamMovers(Here()))
    until(lambda: len(calls) > 3, 20)


def test_a_team_is_moved_on_again_as_soon_as_the_database_is_back(
    started: Callable[[Part], None], fault: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries, done = [], threading.Event()

    def move(*_: object) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise type(fault)(*fault.args)
        done.set()

    monkeypatch.setattr(Mover, "move", move)
    monkeypatch.setattr(
        Store, "teams", lambda *_, **__: [] if done.is_set() else [SimpleNamespace(id="k3v9x2q", server=None)]
    )
    started(TeamMovers(Here()))
    assert done.wait(20), "not only after the pause that follows a step that can't begin"
    assert "by a mistake in AIdeator" not in caplog.text


def test_the_lease_of_a_team_is_renewed_again(
    home: Path,  # noqa: ARG001 -- the data folder
    fault: Exception,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(moving, "RENEW_SECONDS", 0.02)
    calls = fails_twice(monkeypatch, Store, "renew_team", fault)
    mover = moving.Mover(Here(), "k3v9x2q", _lease=Lease("k3v9x2q", "x", "here", 1, ""))
    thread = threading.Thread(target=mover._renew, daemon=True)
    thread.start()
    until(lambda: len(calls) >= 3, 20)
    until(lambda: mover._lease is None, 20)
    mover.stop.set()
    thread.join(20)


@pytest.mark.parametrize("name", ["lately_at_work", "webhooks"])
def test_webhooks_are_told_by_a_new_connection(
    started: Callable[[Part], None], fault: Exception, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    calls = fails_twice(monkeypatch, ServerStore, name, fault)
    opened: list[int] = []
    right = Deliverer._opened

    def reopened(made: Deliverer) -> ServerStore:
        opened.append(1)
        return right(made)

    monkeypatch.setattr(Deliverer, "_opened", reopened)
    started(Deliverer(Here()))
    until(lambda: len(calls) > 3, 20)
    assert len(opened) >= 4, "each of two threads, and again after each fault"
