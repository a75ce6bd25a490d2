"""Nonsense in every route: none makes the server fail, on either database. What was asked is refused, or is not there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.server.app import application
from tests.server.conftest import API
from tests.server.page.stories import three
from tests.server.page.test_login import SITE, entered, post
from tests.server.test_accounts import token
from tests.server.test_bad_input import refused
from tests.server.test_database_away import routes

HUGE = 10**30
PARTS = (
    "9" * 30, "0", "-1", "%00", "..%2f..%2fetc%2fpasswd", "k3v9x2q", "k3v9x2q%0d%0aX:y", "%ff%fe", "%F0%9F%92%A5", "x" * 5000, "'--",
    "last", "{{7*7}}", "1.5", "null",
)  # fmt: skip
QUERIES = (
    f"limit={HUGE}", f"variation={HUGE}", "cursor=%ff", "sort=%00&state=%00&tag=%00", "since=%00&by=%00", "q=%00&limit=99999", "show=%ff",
    "next=%0d%0a", "search=%00",
)  # fmt: skip
BODIES: tuple[Any, ...] = (
    None, {}, [], "x", 1, {"variation": HUGE}, {"winning_variation_id": HUGE}, {"text": "x\0\ud800y"}, {"value": "\0"}, {"name": "\ud800"},
    {"prompt": "\0", "repository": "https://x.invalid/y"}, {"url": "https://\0"}, {"kept_seconds": 1e308},
    {"name": "x", "expires_in": 1e300},
    {"username": "a", "email": "\ud800@x", "password": "x" * 9}, {"email": "a\0@x", "password": "\ud800\0"},
    {"id": HUGE, "text": "y", "repository": "x"},
)  # fmt: skip
UNREADABLE = (b"[" * 400_000, b"1" * 10_000, b'{"n":' + b"9" * 6000 + b"}", b"\xff\xfe", b"nul")


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def shared(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    if request.param == "PostgreSQL":
        monkeypatch.setenv("AIDEATOR_DATABASE", request.getfixturevalue("postgresql_url"))
    monkeypatch.setenv("AIDEATOR_RATE_LIMIT", "0")
    three(home)
    with TestClient(
        application(Here(), None), base_url=SITE, follow_redirects=False, raise_server_exceptions=False
    ) as client:
        yield client


def test_no_part_of_a_path_no_query_and_no_body_makes_the_server_fail(shared: TestClient) -> None:
    """An operator may reach more than others, so the words are an operator's."""
    root, form = token("root", "read", "run", "admin"), entered(shared, "read", "run", "admin")
    for method, path in routes(shared.app.routes):  # type: ignore[attr-defined]
        if path == "/logout":
            continue
        is_page = not path.startswith(("/api/", "/mcp", "/metrics"))
        for place, body in words(method, path):
            if is_page and method == "POST":
                answer = post(shared, place, form=form, text="\0\ud7ff", name="\0", task="x", row="add:agents")
            elif is_page:
                answer = shared.get(place, headers={"Accept": "text/html"})
            else:
                headers = {**root, "Content-Type": "application/json"}
                answer = shared.request(method, place, content=body, headers=headers)
            assert answer.status_code < 500 or answer.status_code == 503, (method, place[:80], body, answer.text)
            assert "refused a statement" not in answer.text, (method, place[:80], body, answer.text)
            assert "\r" not in answer.headers.get("location", "")


def words(method: str, path: str) -> Iterator[tuple[str, str | None]]:
    """Yields what is asked of a route: addresses, each with its body."""
    right = {"run": "k3v9x2q", "task": "k3v9x2q"}
    for name in set(re.findall(r"\{(\w+)\}", path)):
        for part in PARTS:
            filled = {**right, name: part}
            yield re.sub(r"\{(\w+)\}", lambda each: filled.get(each[1], "1"), path), "{}" if method != "GET" else None  # noqa: B023
    place = re.sub(r"\{(\w+)\}", lambda each: right.get(each[1], "1"), path)
    if method == "GET" and not path.endswith(("/events", "/stream")):
        for query in QUERIES:
            yield f"{place}?{query}", None
    elif method in ("POST", "PUT"):
        for body in BODIES:
            yield place, json.dumps(body)


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: body[:8].decode("latin1"))
def test_a_body_that_can_not_be_read_is_told(shared: TestClient, body: bytes) -> None:
    headers = {**token("root", "read", "run", "admin"), "Content-Type": "application/json"}
    assert refused(shared.post(f"{API}/runs", content=body, headers=headers), 400)["detail"]
