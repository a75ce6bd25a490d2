"""A user who means harm: others' ids in every route, forms of other logins, hosts that are none of theirs, logins by the thousand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.errors import AideatorError
from aideator_cli.server import accounts, core
from aideator_cli.server.app import application
from aideator_cli.server.foreign import check_reached
from tests.server.conftest import API
from tests.server.page.stories import three
from tests.server.page.test_login import SITE, entered, post
from tests.server.test_accounts import token
from tests.server.test_database_away import filled, routes

RUN = "k3v9x2q"  # an operator's
BODIES: dict[str, dict[str, Any]] = {
    "tell": {"text": "x"},
    "select": {"variation": 1},
    "runs": {"repository": "https://git.example/x", "prompt": "x"},
}


@pytest.fixture
def shared(home: Path) -> Iterator[TestClient]:
    three(home)
    with TestClient(application(Here(), None), base_url=SITE, follow_redirects=False) as client:
        yield client


def test_no_route_tells_or_does_anything_with_a_run_of_somebody_else(shared: TestClient) -> None:
    """Whatever routes there are: those of the API by a token, those of the page by a login and its form."""
    eve = token("eve", "read", "run")
    form = entered(shared, "read", "run")
    before = Here().store.run(RUN)
    of_run = [each for each in routes(shared.app.routes) if "{run}" in each[1] or "{task}" in each[1]]  # type: ignore[attr-defined]
    assert len(of_run) > 20
    for method, path in of_run:
        place = filled(path)
        if path.startswith("/api/"):
            body = BODIES.get(path.rpartition("/")[2], {}) if method in ("POST", "PUT", "PATCH") else None
            answer = shared.request(method, place, headers=eve, json=body)
        elif method == "GET":
            answer = shared.get(place, headers={"Accept": "text/html"})
        else:
            answer = post(shared, place, form=form, text="x")
        assert (answer.status_code, "parser" in answer.text) == (404, False), (method, path, answer.text)
    assert Here().store.run(RUN) == before
    assert Here().store.selection(RUN) is None


def test_every_answer_keeps_its_type(shared: TestClient) -> None:
    """A browser takes no answer for a page or a program because of what agents have written into it."""
    root = token("root", "read", "run", "admin")
    for path in (
        "/healthz",
        f"{API}/runs",
        f"{API}/runs/{RUN}",
        f"{API}/runs/{RUN}/report",
        "/nothing",
        "/login",
        "/metrics",
    ):
        answer = shared.get(path, headers=root)
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"], path


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data", "http://2852039166/x", "http://0xa9fea9fe/x.git", "git@169.254.169.254:x.git",
        "https://user@169.254.169.254:80/x", "http://[fe80::1]/x", "http://[::ffff:169.254.169.254]/x", "ssh://0.0.0.0/x",
        "http://[fd00:ec2::254]/x", "http://[64:ff9b::a9fe:a9fe]/x", "http://168.63.129.16/x", "http://100.100.100.200/x",
        "http://169.254.169.25%34/x",
    ],
)  # fmt: skip
def test_a_repository_is_nowhere_where_a_cloud_keeps_its_machines_keys(url: str) -> None:
    with pytest.raises(AideatorError, match="which only machines of one network reach"):
        check_reached(url)


@pytest.mark.parametrize(
    "url", ["http::http://169.254.169.254/x", "http:///169.254.169.254/x", "https://[169.254.169.254/x"]
)
def test_a_url_in_which_only_git_finds_a_host_is_none(shared: TestClient, url: str) -> None:
    asked = {"repository": url, "prompt": "x"}
    for user, scopes in (("eve", ("read", "run")), ("root", ("admin",))):
        answer = shared.post(f"{API}/runs", json=asked, headers=token(user, *scopes))
        assert (answer.status_code, "host" in answer.text or "is no URL" in answer.text) == (422, True), answer.text


@pytest.mark.parametrize(
    "url", ["file:///x", "https://1.1.1.1/x.git", "git@10.88.0.1:x.git", "http://no-such-host.invalid/x", "/x"]
)
def test_a_repository_may_be_anywhere_else(url: str) -> None:
    check_reached(url)


def test_the_api_refuses_such_a_repository(shared: TestClient) -> None:
    asked = {"repository": "http://169.254.169.254/x", "prompt": "x"}
    answer = shared.post(f"{API}/runs", json=asked, headers=token("eve", "read", "run"))
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json"), answer.text


def test_the_emails_of_many_wrong_logins_are_forgotten_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [0.0]
    monkeypatch.setattr(accounts.time, "monotonic", lambda: moment[0])
    tries = accounts.Tries()
    for number in range(1000):
        moment[0] = number
        tries.note(f"{number}@example.org")
        tries.note("ada@example.org")
    tries.check("other@example.org")
    assert len(tries._wrong) == accounts.WAIT_SECONDS + 2
    assert len(tries._wrong["ada@example.org"]) == accounts.TRIES
    moment[0] += 2 * accounts.WAIT_SECONDS
    tries.check("ada@example.org")
    assert tries._wrong == {}


def test_logins_hold_few_threads_whoever_tries(shared: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading
    from concurrent.futures import ThreadPoolExecutor

    from tests.server.page.waiting import until

    begun, go = [], threading.Event()

    def slow(_here: Here, body: accounts.LoggingIn) -> None:
        begun.append(body.email)
        go.wait(60)

    monkeypatch.setattr(accounts, "_login", slow)
    with ThreadPoolExecutor(20) as several:
        tried = [
            several.submit(shared.post, f"{API}/auth/login", json={"email": f"{n}@x.example", "password": "x"})
            for n in range(20)
        ]
        until(lambda: len(begun) == core.MOST_OF_ONE)
        assert shared.get(f"{API}/whoami", headers=token("ada", "read")).status_code == 200
        assert len(begun) == core.MOST_OF_ONE
        go.set()
        assert {each.result().status_code for each in tried} == {401}
