"""A database that goes away: requests say when to come back, and when it is back, the server goes on."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.server.app import application
from aideator_cli.server.page.frame import edition
from aideator_cli.server.sessions import COOKIE
from aideator_cli.store.postgresql.engine import forget
from tests.faults.soaking import amount
from tests.faults.test_store import Mount, fill, mount
from tests.fixtures.postgresql import PostgreSQL
from tests.server.conftest import API
from tests.server.outages import Work, asked, lasting
from tests.server.page.waiting import until
from tests.server.served import served
from tests.server.test_accounts import token
from tests.server.test_bad_input import refused
from tests.server.test_webhooks import Receiver, receiver

__all__ = ["mount", "receiver"]

SITE = "http://aideator.example"


def test_requests_say_when_to_come_back_and_then_go_on(
    own_postgresql: PostgreSQL,
    home: Path,  # noqa: ARG001 -- the data folder
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = own_postgresql.new_database()
    monkeypatch.setenv("AIDEATOR_DATABASE", url)
    ada = token("ada")
    with TestClient(application(Here(), None), base_url="http://aideator.example") as client:
        assert client.get(f"{API}/runs", headers=ada).status_code == 200
        page = client.get("/login")
        assert page.status_code == 401
        own_postgresql.stop()
        for method, path in (
            ("GET", "/runs"),
            ("GET", "/runs/k3v9x2q/events"),
            ("POST", "/runs/k3v9x2q/cancel"),
            ("PUT", "/keys/X"),
        ):
            answer = client.request(
                method, f"{API}{path}", headers=ada, json={"value": "x"} if method == "PUT" else None
            )
            assert refused(answer, 503)["detail"].startswith("the database postgresql://127.0.0.1:")
            assert answer.headers["retry-after"] == "5"
            assert "s3cret" not in answer.text
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
        shown = client.get("/", headers={"Cookie": "aideator_session=aid_x", "Accept": "text/html"})
        assert shown.status_code == 503
        assert "The server can&#39;t answer now" in shown.text or "The server can't answer now" in shown.text
        own_postgresql.start()
        until(lambda: client.get(f"{API}/runs", headers=ada).status_code == 200)
        assert client.app.state.followers._threads[0].is_alive()  # type: ignore[attr-defined]
    forget(url)


def test_every_route_says_when_to_come_back(
    own_postgresql: PostgreSQL,
    home: Path,  # noqa: ARG001 -- the data folder
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = own_postgresql.new_database()
    monkeypatch.setenv("AIDEATOR_DATABASE", url)
    ada = token("ada", "read", "run", "admin")
    with TestClient(application(Here(), None), base_url=SITE, follow_redirects=False) as client:
        assert client.get(f"{API}/runs", headers=ada).status_code == 200
        own_postgresql.stop()
        known = set[tuple[str, str]]()
        for method, path in routes(client.app.routes):  # type: ignore[attr-defined]
            known.add((method, path))
            if (method, path) in WITHOUT_DATABASE:
                continue
            answer = client.request(method, filled(path), **sent(method, path, ada))
            assert (answer.status_code, answer.headers.get("retry-after")) == (503, "5"), (
                f"{method} {path}: {answer.text}"
            )
            assert "s3cret" not in answer.text
        assert known > WITHOUT_DATABASE
        assert len(known) > 60
    forget(url)


WITHOUT_DATABASE = {
    ("GET", "/healthz"), ("GET", "/api/v1/health"), ("GET", "/login"), ("GET", "/login/oidc"), ("GET", "/login/oidc/done"),
    ("GET", "/page/edition"), ("GET", "/page/{asked}/{name}"),
}  # fmt: skip
BODIES = {
    "/api/v1/auth/login": {"email": "ada@example.org", "password": "correct horse"},
    "/api/v1/auth/register": {"username": "ada", "email": "ada@example.org", "password": "correct horse"},
    "/api/v1/auth/api-keys": {"name": "laptop"},
}


def routes(given: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Yields method and path of each."""
    for route in given:
        if hasattr(route, "original_router"):
            yield from routes(route.original_router.routes)
        else:
            yield from ((method, route.path) for method in sorted(route.methods))


def filled(path: str) -> str:
    """Puts something that could be there for each part in braces."""
    return re.sub(
        r"\{(\w+)\}", lambda part: {"number": "1", "run": "k3v9x2q", "task": "k3v9x2q"}.get(part[1], "x1"), path
    )


def sent(method: str, path: str, token: dict[str, str]) -> dict[str, Any]:
    """Returns what a program sends there, or a browser."""
    if not path.startswith(("/api/", "/mcp", "/metrics", "/readyz", "/openapi", "/docs")):
        headers = {"Cookie": f"{COOKIE}=aid_x", "Accept": "text/html", "Origin": SITE}
        return {"headers": headers, "data": {"token": "aid_x", "edition": edition()} if method == "POST" else None}
    return {"headers": token, "json": BODIES.get(path, {}) if method in ("POST", "PUT") else None}


def test_a_run_goes_on_while_the_database_is_away_and_nothing_of_it_is_lost_or_told_twice(
    own_postgresql: PostgreSQL, tmp_path: Path, repository: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIDEATOR_DATABASE", own_postgresql.new_database())
    with served(tmp_path / "home") as server:
        assert asked(server.address, f"{API}/webhooks", {"url": receiver.url})[0] == 201
        work = Work(server.address, repository, tmp_path)
        own_postgresql.stop()
        with lasting(amount(1.0, soak=60.0)):
            work.release(log := tmp_path / "home" / "runs" / work.run / "1")
            for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel")):
                status, headers, problem = asked(server.address, f"{API}/runs/{work.run}{path}", method=method)
                assert (status, headers["retry-after"]) == (503, "5"), problem
        own_postgresql.start()
        work.assert_whole(log)
        receiver.until(lambda it: "dev.aideator.run.ended" in [each["type"] for each in it.events()])
        ids = [headers["webhook-id"] for headers, _ in receiver.got]
        assert sorted(each["type"].removeprefix("dev.aideator.") for each in receiver.events()) == [
            "attempt.started", "run.ended", "run.started", "variation.ended",
        ]  # fmt: skip
        assert len(set(ids)) == len(ids)


def test_a_full_disk_refuses_what_writes_shows_what_is_stored_and_loses_nothing(
    mount: Mount, tmp_path: Path, repository: Path
) -> None:
    home = tmp_path / "home"
    mount(home, "size=6m")
    (home / "runs").symlink_to(tmp_path)  # the agents' logs have room
    with served(home) as server:
        work = Work(server.address, repository, tmp_path)
        fill(home)
        with lasting(amount(1.0, soak=60.0)):
            work.release(log := tmp_path / work.run / "1")
            status, headers, problem = asked(server.address, f"{API}/auth/register", BODIES["/api/v1/auth/register"])
            assert (status, headers.get("retry-after")) == (503, "5"), problem
            assert "disk is full" in problem["detail"]
            status, _, shown = asked(server.address, f"{API}/runs/{work.run}")
            assert (status, shown["state"]) == (200, "running"), "what is stored can be read"
        (home / "filling").unlink()
        assert asked(server.address, f"{API}/auth/register", BODIES["/api/v1/auth/register"])[0] == 201
        work.assert_whole(log)
