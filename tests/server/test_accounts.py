"""Users of a server: tokens and API keys, whose runs they see, what was noted of them, and requests that come twice."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions import tokens
from aideator_cli.actions.here import Here
from aideator_cli.errors import usage
from aideator_cli.server import accounts, acts, contract, core, once, rates
from aideator_cli.server.app import application
from aideator_cli.server.page import entering
from aideator_cli.server.page.frame import edition
from aideator_cli.server.problems import Problem
from aideator_cli.server.streams import answer
from aideator_cli.store import repeats
from aideator_cli.store.serving import ServerStore
from tests.server.conftest import API, Body, told
from tests.server.page.waiting import until
from tests.server.test_bad_input import refused

ADA = {"username": "ada", "email": "Ada@example.org", "password": "correct horse"}


@pytest.fixture
def shared(home: object) -> Iterator[TestClient]:  # noqa: ARG001 -- the data folder
    """A server that others reach: it wants a token."""
    with TestClient(
        application(Here(), None), base_url="http://aideator.example", raise_server_exceptions=False
    ) as client:
        yield client


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def token(user: str, *scopes: str) -> dict[str, str]:
    return bearer(tokens.create(Here(), tokens.Order("test", user, scopes))[1])


def test_a_scope_holds_those_below_it(shared: TestClient) -> None:
    for given, held in (("read", "read"), ("run", "read, run"), ("admin", "admin, read, run")):
        by = token("ada", given)
        assert ", ".join(shared.get(f"{API}/whoami", headers=by).json()["scopes"]) == held
        assert shared.post(f"{API}/auth/api-keys", json={"name": "x", "scopes": ["admin"]}, headers=by).status_code in (
            (201,) if given == "admin" else (403,)
        )


def test_nothing_but_health_is_reachable_without_a_token(shared: TestClient) -> None:
    for path in ("/healthz", "/readyz", f"{API}/health"):
        assert shared.get(path).status_code == 200
    bodies = {
        "tell": {"text": "x"}, "select": {"variation": 1}, "runs": {"repository": "x", "prompt": "x"}, "api-keys": {"name": "x"},
        "register": ADA,
    }  # fmt: skip
    for path, methods in shared.app.openapi()["paths"].items():  # type: ignore[attr-defined]
        if path in ("/healthz", "/readyz", f"{API}/health", f"{API}/auth/login"):
            continue
        place = path.replace("{run}", "k3v9x2q").replace("{number}", "1").replace("{task}", "k3v9x2q")
        for method in methods:
            answer = shared.request(
                method, place, json=bodies.get(path.rpartition("/")[2]) if method == "post" else None
            )
            assert refused(answer, 401)["hint"] == "send Authorization: Bearer TOKEN, or X-API-Key", (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"


def test_register_log_in_and_use_an_api_key(client: TestClient) -> None:
    assert client.post(f"{API}/auth/register", json=ADA).status_code == 201
    assert refused(client.post(f"{API}/auth/register", json=ADA), 409)["detail"] == "the username or the email is taken"
    wrong = client.post(f"{API}/auth/login", json={"email": "ada@example.org", "password": "wrong"})
    assert refused(wrong, 401)["detail"] == "the email or the password is wrong"
    assert refused(client.post(f"{API}/auth/login", json={"email": "bob@example.org", "password": "x"}), 401)
    logged = client.post(f"{API}/auth/login", json={"email": "ada@example.org", "password": "correct horse"}).json()
    assert (logged["token_type"], logged["expires_in"]) == ("bearer", 86400)
    refused(client.post(f"{API}/auth/api-keys", json={"name": "laptop"}), 401)
    made = client.post(
        f"{API}/auth/api-keys", json={"name": "laptop", "description": "mine"}, headers=bearer(logged["access_token"])
    )
    assert made.status_code == 201
    key = made.json()["api_key"]
    assert client.get(f"{API}/runs", headers={"X-API-Key": key}).json() == {"runs": [], "next": None}
    tokens.revoke(Here(), made.json()["id"])
    assert refused(client.get(f"{API}/runs", headers={"X-API-Key": key}), 401)["detail"].startswith(
        "this token does not count"
    )


def test_who_guesses_passwords_has_to_wait(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "TRIES", 2)
    for _ in range(2):
        client.post(f"{API}/auth/login", json={"email": "ada@example.org", "password": "wrong"})
    waiting = client.post(f"{API}/auth/login", json={"email": "ADA@example.org", "password": "wrong"})
    assert refused(waiting, 429)["detail"] == "too many wrong passwords"
    assert waiting.headers["retry-after"] == "300"


def test_guessing_many_at_once_is_guessing_one_after_the_other(client: TestClient) -> None:
    def tried(number: int) -> int:
        return client.post(
            f"{API}/auth/login", json={"email": "ada@example.org", "password": f"wrong{number}"}
        ).status_code

    with ThreadPoolExecutor(40) as several:
        answers = list(several.map(tried, range(40)))
    assert answers.count(401) == accounts.TRIES
    assert answers.count(429) == 40 - accounts.TRIES


def test_the_page_counts_guesses_at_once_as_the_api_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "TRIES", 3)
    tries, begun = accounts.Tries(), []

    async def wrong(*_: object) -> None:
        begun.append(1)
        await asyncio.sleep(0)

    request: Any = SimpleNamespace(
        app=SimpleNamespace(state=SimpleNamespace(tries=tries, core=SimpleNamespace(act=wrong, turn=nullcontext)))
    )

    async def guess() -> None:
        several = (entering._by_password(request, "ada@example.org", "wrong", None) for _ in range(9))
        found = await asyncio.gather(*several, return_exceptions=True)
        assert sorted(each.status for each in found if isinstance(each, Problem)) == [401] * 3 + [429] * 6

    asyncio.run(guess())
    assert len(begun) == 3


def test_a_cluster_that_does_not_answer_is_asked_once_at_a_time(
    shared: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = [], threading.Event()

    def reach(_here: Here) -> str:
        asked.append(1)
        answer.wait(10)
        return "unreachable"

    monkeypatch.setattr(contract, "_reach", reach)
    with ThreadPoolExecutor(20) as several:
        waiting = [several.submit(shared.get, f"{API}/health") for _ in range(20)]
        assert shared.get("/readyz").status_code == 200
        answer.set()
        assert {each.result().json()["kubernetes"] for each in waiting} == {"unreachable"}
    assert len(asked) == 1


def test_one_user_whose_hosts_never_answer_holds_up_nobody_else(
    shared: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, answer = [], threading.Event()

    def start(_here: Here, _asked: object, owner: str, _key: object) -> str:
        begun.append(owner)
        if owner == "ada":
            answer.wait(20)
        raise usage("no answer")

    monkeypatch.setattr(acts, "start_run", start)
    ada, bob = token("ada"), token("bob")
    asked = {"repository": "https://git.example/x.git", "prompt": "x"}
    with ThreadPoolExecutor(20) as several:
        waiting = [several.submit(shared.post, f"{API}/runs", json=asked, headers=ada) for _ in range(20)]
        until(lambda: len(begun) == core.MOST_OF_ONE)
        refused(shared.post(f"{API}/runs", json=asked, headers=bob), 422)
        assert begun == ["ada"] * core.MOST_OF_ONE + ["bob"]
        answer.set()
        assert {each.result().status_code for each in waiting} == {422}
    assert shared.app.state.core._turns == {}  # type: ignore[attr-defined]


def test_each_sees_their_own_runs_and_an_admin_all(shared: TestClient, body: Body) -> None:
    ada, bob, root, guest = token("ada"), token("bob"), token("root", "read", "run", "admin"), token("ada", "read")
    asked = body(n=1, models=body()["models"][:1])
    problem = refused(shared.post(f"{API}/runs", json=asked, headers=ada), 403)
    assert problem["detail"].startswith("this needs the scope admin: a repository on the server's machine; a script")
    assert refused(shared.post(f"{API}/runs", json=asked, headers=guest), 403)["detail"].endswith(
        "it needs the scope run"
    )
    run = shared.post(f"{API}/runs", json=asked, headers=root).json()["run"]
    for path in ("", "/results", "/events", "/stream", "/report"):
        assert refused(shared.get(f"{API}/runs/{run}{path}", headers=bob), 404)["detail"] == f"there is no run {run}"
    refused(shared.post(f"{API}/runs/{run}/cancel", headers=bob), 404)
    refused(shared.delete(f"{API}/runs/{run}", headers=bob), 404)
    refused(shared.get(f"{API}/tasks/{run}", headers=bob), 404)
    assert shared.get(f"{API}/runs", headers=bob).json()["runs"] == []
    assert [each["run"] for each in shared.get(f"{API}/runs", headers=root).json()["runs"]] == [run]
    assert shared.delete(f"{API}/runs/{run}", params={"force": True}, headers=root).status_code == 204
    deeds = [(deed.who, deed.action, deed.target, deed.status) for deed in ServerStore.of(Here().store).deeds()]
    assert ("root", f"POST {API}/runs", run, 202) in deeds
    assert deeds[0] == ("root", f"DELETE {API}/runs/{{run}}", run, 204)
    assert ("bob", f"POST {API}/runs/{{run}}/cancel", run, 404) in deeds
    assert ("ada", f"POST {API}/runs", None, 403) in deeds


def test_a_token_that_is_revoked_ends_its_streams(
    shared: TestClient, body: Body, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "CHECK_SECONDS", 0.05)
    script = tmp_path / "long.yaml"
    script.write_text("- say: Waiting.\n  calls: [{tool: bash, arguments: {command: sleep 600}}]\n")
    made, secret = tokens.create(Here(), tokens.Order("short", "root", ("run", "admin")))
    run = shared.post(
        f"{API}/runs", json=body(models=[f"scripted/{script}"], n=1, verify=[]), headers=bearer(secret)
    ).json()["run"]
    text = ""
    with shared.stream("GET", f"{API}/runs/{run}/events", headers=bearer(secret)) as stream:
        for line in stream.iter_lines():
            text += line + "\n"
            if '"type":"call"' in line:
                tokens.revoke(Here(), made.id)
    assert (told(text)[-1].kind, told(text)[-1].data["status"]) == ("problem", 401)
    shared.delete(f"{API}/runs/{run}", params={"force": True}, headers=token("root", "run", "admin"))


def test_a_token_that_expires_ends_its_streams_and_one_user_has_so_many(
    home: Path,  # noqa: ARG001 -- the data folder
    body: Body,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answer, "CHECK_SECONDS", 0.05)
    monkeypatch.setenv("AIDEATOR_STREAM_LIMIT", "1")
    monkeypatch.setenv("AIDEATOR_RATE_LIMIT", "20")  # a stream is one request, however often its token is looked at
    script = tmp_path / "long.yaml"
    script.write_text("- say: Waiting.\n  calls: [{tool: bash, arguments: {command: sleep 600}}]\n")
    root = token("root", "read", "run", "admin")
    with TestClient(application(Here(), None), base_url="http://aideator.example") as client:
        asked = body(models=[f"scripted/{script}"], n=1, verify=[])
        run = client.post(f"{API}/runs", json=asked, headers=root).json()["run"]
        brief = bearer(tokens.create(Here(), tokens.Order("brief", "root", ("read", "admin"), 3.0))[1])
        text = ""
        with client.stream("GET", f"{API}/runs/{run}/events", headers=brief) as stream:
            second = refused(client.get(f"{API}/runs/{run}/events", headers=root), 429)
            assert second["detail"] == "you have as many streams open as this server allows one user: 1"
            for line in stream.iter_lines():
                text += line + "\n"
        last = told(text)[-1]
        assert (last.kind, last.data["status"]) == ("problem", 401)
        assert last.data["detail"] == "this token does not count: it is unknown, has expired or was revoked"
        client.delete(f"{API}/runs/{run}", params={"force": True}, headers=root)


def test_the_same_request_again_starts_nothing_anew(client: TestClient, body: Body) -> None:
    asked = body(n=1, models=body()["models"][:1])
    key = {"Idempotency-Key": "7f3c"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: client.post(f"{API}/runs", json=asked, headers=key), range(4)))
    started = {answer.json()["run"] for answer in answers if answer.status_code == 202}
    assert len(started) == 1
    assert {answer.status_code for answer in answers} <= {202, 409}, "one is at it, the others wait or get the same"
    (run,) = started
    again = client.post(f"{API}/runs", json=asked, headers=key)
    assert (again.status_code, again.json()["run"], again.headers["location"]) == (202, run, f"{API}/runs/{run}")
    other = refused(client.post(f"{API}/runs", json=body(n=2), headers=key), 422)
    assert other["detail"] == "this Idempotency-Key came with another request before"
    refused(client.post(f"{API}/runs", json=asked, headers={"Idempotency-Key": "x" * 256}), 422)
    refused(client.post(f"{API}/runs", json=body(models=["no-such-model"]), headers={"Idempotency-Key": "new"}), 422)
    right = client.post(f"{API}/runs", json=asked, headers={"Idempotency-Key": "new"})
    assert right.status_code == 202, "what failed before it started anything may be tried again, also mended"
    for name in {run, json.loads(right.text)["run"]}:
        client.delete(f"{API}/runs/{name}", params={"force": True})


def test_a_token_makes_none_that_may_more_or_counts_longer(shared: TestClient) -> None:
    made, secret = tokens.create(Here(), tokens.Order("ci", "ada", ("read",), 3600))
    by = bearer(secret)
    child = shared.post(f"{API}/auth/api-keys", json={"name": "child", "expires_in": 1e6}, headers=by).json()
    assert (child["scopes"], child["expires_at"]) == (["read"], made.expires)
    more = shared.post(f"{API}/auth/api-keys", json={"name": "more", "scopes": ["read", "run"]}, headers=by)
    assert refused(more, 403)["detail"] == "your token does not have the scope run, so it can't give it on"
    key = {"X-API-Key": child["api_key"]}
    grandchild = shared.post(f"{API}/auth/api-keys", json={"name": "x", "expires_in": 60}, headers=key).json()
    assert grandchild["expires_at"] < made.expires
    listed = shared.get(f"{API}/auth/api-keys", headers=by).json()["api_keys"]
    assert {each["name"]: each["this"] for each in listed} == {"x": False, "child": False, "ci": True}
    assert "aid_" not in json.dumps(listed)
    refused(shared.delete(f"{API}/auth/api-keys/{made.id}", headers=token("bob")), 404)
    other = shared.post(f"{API}/auth/api-keys", json={"name": "other"}, headers=by).json()
    assert shared.delete(f"{API}/auth/api-keys/{child['id']}", headers=by).status_code == 204
    for each in (child, grandchild):
        refused(shared.get(f"{API}/runs", headers={"X-API-Key": each["api_key"]}), 401)
    key = {"X-API-Key": other["api_key"]}
    grandchild = shared.post(f"{API}/auth/api-keys", json={"name": "y"}, headers=key).json()
    tokens.revoke(Here(), made.id)
    for each in (other, grandchild):
        refused(shared.get(f"{API}/runs", headers={"X-API-Key": each["api_key"]}), 401)


def test_a_key_made_after_a_login_outlives_it(client: TestClient) -> None:
    client.post(f"{API}/auth/register", json=ADA)
    logged = client.post(f"{API}/auth/login", json={"email": ADA["email"], "password": ADA["password"]}).json()
    made = client.post(f"{API}/auth/api-keys", json={"name": "laptop"}, headers=bearer(logged["access_token"])).json()
    assert (made["scopes"], made["expires_at"]) == (["read", "run"], None)
    key = {"X-API-Key": made["api_key"]}
    (login,) = [each for each in client.get(f"{API}/auth/api-keys", headers=key).json()["api_keys"] if not each["this"]]
    assert client.delete(f"{API}/auth/api-keys/{login['id']}", headers=key).status_code == 204
    refused(client.get(f"{API}/runs", headers=bearer(logged["access_token"])), 401)
    assert client.get(f"{API}/runs", headers=key).status_code == 200


def test_a_key_whose_request_was_killed_can_be_used_again(client: TestClient, body: Body) -> None:
    asked = json.dumps(body(n=1, models=body()["models"][:1])).encode()
    store, digest = ServerStore.of(Here().store), hashlib.sha256(asked).hexdigest()
    head = {"Idempotency-Key": "killed", "Content-Type": "application/json"}
    assert store.first_with_key("", "killed", digest, once.KEPT_SECONDS).is_new  # and then the process was killed
    waiting = client.post(f"{API}/runs", content=asked, headers=head)
    assert (refused(waiting, 409)["detail"], waiting.headers["retry-after"]) == (
        "the first request with this Idempotency-Key is still being answered", "5",
    )  # fmt: skip
    with store.transaction("test") as connection:
        later = (datetime.now(UTC) + timedelta(seconds=once.KEPT_SECONDS - repeats.PATIENCE - 1)).isoformat()
        connection.execute("update idempotency set expires = ?", (later,))
    started = client.post(f"{API}/runs", content=asked, headers=head)
    assert started.status_code == 202
    run = started.json()["run"]
    assert client.post(f"{API}/runs", content=asked, headers=head).json()["run"] == run
    client.delete(f"{API}/runs/{run}", params={"force": True})
    gone = refused(client.post(f"{API}/runs", content=asked, headers=head), 410)
    assert gone["detail"] == f"run {run}, which this Idempotency-Key has started, was deleted"


def test_one_user_who_asks_too_often_has_to_wait_and_others_need_not(
    home: object,  # noqa: ARG001 -- the data folder
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIDEATOR_RATE_LIMIT", "5")
    ada, bob = token("ada"), token("bob")
    with TestClient(application(Here(), None), base_url="http://aideator.example") as client:
        answers = [client.get(f"{API}/runs", headers=ada) for _ in range(7)]
        assert [each.status_code for each in answers] == [200] * 5 + [429] * 2
        assert refused(answers[-1], 429)["detail"] == "you have asked this server for more than 5 things in a minute"
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 13
        for path in ("whoami", "auth/api-keys"):
            refused(client.get(f"{API}/{path}", headers=ada), 429)
        assert client.get(f"{API}/runs", headers=bob).status_code == 200


def test_who_has_no_token_cannot_fill_the_audit(shared: TestClient) -> None:
    shared.app.state.unknown = rates.Bucket(3)  # type: ignore[attr-defined]
    for _ in range(9):
        refused(shared.post(f"{API}/runs", json={}), 401)
        refused(shared.post(f"{API}/runs", json={}, headers=bearer("aid_wrong")), 401)
    deeds = ServerStore.of(Here().store).deeds()
    assert [(deed.who, deed.status) for deed in deeds] == [(None, 401)] * 3
    shared.post(f"{API}/auth/api-keys", json={"name": "x"}, headers=token("ada"))
    assert ServerStore.of(Here().store).deeds()[0].who == "ada"


def test_a_run_that_is_being_deleted_is_left_alone_by_the_api_and_the_page(client: TestClient, finished: str) -> None:
    client.app.state.deleting.add(finished)  # type: ignore[attr-defined]
    for path in (f"{API}/runs/{finished}/select", f"{API}/runs/{finished}/retry", f"{API}/runs/{finished}/judge"):
        assert refused(client.post(path, json={"variation": 1}), 409)["detail"] == f"run {finished} is being deleted"
    for path in ("stop", "1/stop", "1/select", "1/comment", "retry", "1/tell"):
        headers = {"Origin": "http://localhost", "Accept": "application/json"}
        answer = client.post(f"/runs/{finished}/{path}", data={"edition": edition()}, headers=headers)
        assert answer.json()["detail"] == f"run {finished} is being deleted", path
    client.app.state.deleting.clear()  # type: ignore[attr-defined]
