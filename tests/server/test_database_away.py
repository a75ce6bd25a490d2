"""A database that goes away: requests say when to come back, and when it is back, the server goes on."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.server.app import application
from aideator_cli.store.postgresql.engine import forget
from tests.fixtures.postgresql import PostgreSQL
from tests.server.conftest import API
from tests.server.page.waiting import until
from tests.server.test_accounts import token
from tests.server.test_bad_input import refused


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
