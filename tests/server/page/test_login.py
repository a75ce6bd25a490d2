"""The page of a server that wants a token: logging in and out, what forms have to hold, and what a token allows. No browser is needed."""

import re
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions import tokens
from aideator_cli.actions.here import Here
from aideator_cli.domain.accounts import User
from aideator_cli.errors import command
from aideator_cli.server import page, sessions
from aideator_cli.server.app import application
from aideator_cli.server.page.entering import own_path
from aideator_cli.server.page.frame import edition
from aideator_cli.server.problems import Problem
from aideator_cli.store.serving import ServerStore
from tests.server.page.stories import three

SITE = "http://aideator.example"


@pytest.fixture
def shared(home: Path) -> Iterator[TestClient]:  # noqa: ARG001 -- the data folder
    with TestClient(application(Here(), None), base_url=SITE, follow_redirects=False) as client:
        yield client


def token(*scopes: str, user: str = "ada") -> tuple[Any, str]:
    return tokens.create(Here(), tokens.Order("test", user, scopes))


def post(client: TestClient, path: str, origin: str = SITE, **fields: str) -> Any:
    return client.post(path, data={"edition": edition(), **fields}, headers={"Origin": origin})


def entered(client: TestClient, *scopes: str) -> str:
    """Logs in; returns what the forms of this login hold."""
    made, secret = token(*scopes)
    assert post(client, "/login", token=secret).status_code == 303
    held = re.search(r'name="form" value="([0-9a-f]{64})"', client.get("/").text)
    assert held is not None, made
    return held[1]


def test_whoever_is_not_known_is_asked_and_comes_to_where_they_wanted(shared: TestClient, home: Path) -> None:
    three(home)
    asked = shared.get("/runs/k3v9x2q/compare?show=2")
    assert asked.status_code == 401
    assert "<h1>Log in</h1>" in asked.text
    assert 'name="next" value="/runs/k3v9x2q/compare?show=2"' in asked.text
    assert "k3v9x2q ·" not in asked.text
    assert "New run" not in asked.text
    _, secret = token("admin", "read", "run")
    done = post(shared, "/login", token=secret, next="/runs/k3v9x2q/compare?show=2")
    assert (done.status_code, done.headers["location"]) == (303, "/runs/k3v9x2q/compare?show=2")
    assert shared.get("/runs/k3v9x2q/compare?show=2").status_code == 200
    assert shared.get("/api/v1/runs/k3v9x2q").status_code == 200  # which the streams and the downloads need


def test_the_cookie_is_kept_from_scripts_and_other_sites(shared: TestClient) -> None:
    _, secret = token("read")
    cookie = post(shared, "/login", token=secret).headers["set-cookie"]
    assert secret not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=86400" in cookie
    assert "Secure" not in cookie
    behind = post(shared, "/login", origin="https://aideator.example", token=secret)
    assert "Secure" in behind.headers["set-cookie"]


def test_a_wrong_token_or_password_is_told_and_passwords_can_t_be_guessed_for_long(shared: TestClient) -> None:
    ServerStore.of(Here().store).add_user(User("ada", "ada@example.org"), "correct horse")
    wrong = post(shared, "/login", token="aid_x", next="/runs/new")
    assert wrong.status_code == 401
    assert "this token does not count" in wrong.text
    assert 'value="/runs/new"' in wrong.text
    assert "aid_x" not in wrong.text
    assert post(shared, "/login").status_code == 422
    for _ in range(10):
        wrong = post(shared, "/login", email="ada@example.org", password="battery")
        assert wrong.status_code == 401
        assert "the email or the password is wrong" in wrong.text
    assert 'value="ada@example.org"' in wrong.text
    assert "battery" not in wrong.text
    assert post(shared, "/login", email="ada@example.org", password="correct horse").status_code == 429


def test_a_password_logs_in_and_logging_out_ends_all_of_it(shared: TestClient) -> None:
    ServerStore.of(Here().store).add_user(User("ada", "ada@example.org"), "correct horse")
    assert post(shared, "/login", email="Ada@example.org", password="correct horse").status_code == 303
    home = shared.get("/")
    assert home.status_code == 200
    held = re.search(r'name="form" value="([0-9a-f]{64})"', home.text)
    assert held is not None
    cookie = shared.cookies[sessions.COOKIE]
    assert post(shared, "/logout").status_code == 403
    assert shared.get("/").status_code == 200
    done = post(shared, "/logout", form=held[1])
    assert (done.status_code, done.headers["location"]) == (303, "/login")
    assert sessions.COOKIE not in shared.cookies
    shared.cookies[sessions.COOKIE] = cookie
    assert shared.get("/").status_code == 401
    assert all(each.revoked for each in tokens.listed(Here(), None))


def test_a_second_login_ends_the_first_one(shared: TestClient) -> None:
    first = entered(shared, "read")
    before = shared.cookies[sessions.COOKIE]
    assert entered(shared, "read") != first
    shared.cookies.clear()
    shared.cookies[sessions.COOKIE] = before
    assert shared.get("/").status_code == 401


def test_the_session_ends_with_its_token_and_with_its_time(shared: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made, secret = token("read")
    assert post(shared, "/login", token=secret).status_code == 303
    assert shared.get("/").status_code == 200
    ServerStore.of(Here().store).revoke_token(made.id)
    assert shared.get("/").status_code == 401
    monkeypatch.setattr(sessions, "SECONDS", -1.0)
    _, secret = token("read")
    monkeypatch.setattr(
        sessions, "set_cookie", lambda _request, _answer, made, _path: shared.cookies.set("aideator_session", made)
    )
    assert post(shared, "/login", token=secret).status_code == 303
    assert shared.get("/").status_code == 401


def test_no_form_does_anything_without_the_token_of_its_login(shared: TestClient, home: Path) -> None:
    three(home)
    held = entered(shared, "admin", "read", "run")
    tried = 0
    for route in (each for router in (page.acting, page.beginning) for each in router.router.routes):
        if "POST" not in route.methods:  # type: ignore[attr-defined]
            continue
        path = route.path.replace("{run}", "k3v9x2q").replace("{number}", "1")  # type: ignore[attr-defined]
        for wrong in ({}, {"form": "é"}, {"form": held[:-1] + ("0" if held[-1] != "0" else "1")}):
            refused = post(shared, path, **wrong, text="what I wrote")
            assert refused.status_code == 403, path
            assert "not of your present login" in refused.text
            assert "what I wrote" in refused.text
        tried += 1
    assert tried == 7
    assert post(shared, "/runs/k3v9x2q/1/select", form=held).status_code == 303
    assert post(shared, "/runs/k3v9x2q/1/select", origin="http://evil.example", form=held).status_code == 403


def test_what_was_written_when_the_login_had_ended_is_given_back(shared: TestClient) -> None:
    refused = post(shared, "/runs/k3v9x2q/1/tell", text="what I wrote")
    assert refused.status_code == 401
    assert "Your login has ended, so nothing was done." in refused.text
    assert "what I wrote" in refused.text
    assert 'href="/login"' in refused.text
    headers = {"Origin": SITE, "Accept": "application/json"}
    told = shared.post("/runs/k3v9x2q/1/tell", data={"edition": edition(), "text": "x"}, headers=headers)
    assert (told.status_code, told.json()["hint"]) == (401, "Log in, and do it once more.")


def test_the_cookie_changes_nothing_by_the_api(shared: TestClient, home: Path) -> None:
    three(home)
    entered(shared, "admin", "read", "run")
    assert shared.post("/api/v1/runs/k3v9x2q/select", json={"variation": 1}).status_code == 401
    assert shared.delete("/api/v1/runs/k3v9x2q").status_code == 401


def test_only_what_the_token_allows_is_offered(shared: TestClient, home: Path) -> None:
    run = three(home)
    Here().store._connection.execute("update runs set owner = 'ada'")
    held = entered(shared, "read")
    for path in ("/", "/runs/k3v9x2q", "/runs/k3v9x2q/compare"):
        shown = shared.get(path)
        assert shown.status_code == 200, (path, run)
        actions = set(re.findall(r'method="post" action="([^"]*)"', shown.text))
        assert actions == {"/logout"}, path
        assert "/runs/new" not in shown.text
    refused = shared.get("/runs/new")
    assert refused.status_code == 403
    assert "You may not do that" in refused.text
    assert post(shared, "/runs/k3v9x2q/1/select", form=held).status_code == 403


def test_another_users_run_is_not_there(shared: TestClient, home: Path) -> None:
    three(home)
    entered(shared, "read", "run")
    hidden = shared.get("/runs/k3v9x2q")
    assert hidden.status_code == 404
    assert "there is no run k3v9x2q" in hidden.text
    assert "The list has the runs that you may see." in hidden.text
    assert "k3v9x2q" not in shared.get("/").text


def test_the_form_for_a_run_offers_nothing_of_other_users(shared: TestClient, home: Path) -> None:
    spec = three(home)
    told = (spec.repository.url, spec.variations[0].model, spec.checks[0].command)
    secrets = [f'value="{each}"' for each in told]
    entered(shared, "read", "run")
    assert [each for each in secrets if each in shared.get("/runs/new").text] == []
    Here().store._connection.execute("update runs set owner = 'ada'")
    assert [each for each in secrets if each in shared.get("/runs/new").text] == secrets


@pytest.mark.parametrize(
    "evil",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "javascript:x",
        "/a\\b", "/x\r\nA: b", "/logout", "é"],
)  # fmt: skip
def test_a_login_goes_on_nowhere_but_to_this_server(shared: TestClient, evil: str) -> None:
    assert own_path(evil) == "/"
    _, secret = token("read")
    assert post(shared, "/login", token=secret, next=evil).headers["location"] == "/"
    assert 'name="next" value="/"' in shared.get("/login", params={"next": evil}).text


def test_a_server_that_wants_no_token_has_no_login(home: Path) -> None:  # noqa: ARG001 -- the data folder
    from aideator_cli.server.gate import LOOPBACK

    with TestClient(application(Here(), LOOPBACK), base_url="http://localhost") as client:
        client.cookies[sessions.COOKIE] = "left over"
        shown = client.get("/")
        assert shown.status_code == 200
        assert "New run" in shown.text
        assert "Log out" not in shown.text


def test_a_hint_begins_as_a_sentence_and_a_command_as_it_is_typed() -> None:
    problem = partial(Problem, HTTPStatus.NOT_FOUND, "there is none")
    hints = ("name a branch", "git ls-remote URL", "--ref takes one", command("list"), (command("list"), " shows them"))
    assert [problem(hint).told()["hint"] for hint in hints] == [
        "Name a branch", "git ls-remote URL", "--ref takes one", "aideator list", "aideator list shows them",
    ]  # fmt: skip
