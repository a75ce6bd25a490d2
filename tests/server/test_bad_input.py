"""What can't be understood or allowed is a problem document that says what, where and what to do next."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.server.access import Caller
from aideator_cli.server.app import application
from aideator_cli.server.bodies import NewRun
from aideator_cli.server.foreign import admissible, check_judge
from aideator_cli.server.gate import LOOPBACK
from aideator_cli.server.problems import Problem
from tests.server.conftest import API, Body, told

PROBLEM = "application/problem+json"


def refused(answer: Any, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    return problem


def test_a_body_that_is_no_json(client: TestClient) -> None:
    answer = client.post(f"{API}/runs", content="{nonsense", headers={"Content-Type": "application/json"})
    problem = refused(answer, 400)
    assert problem["detail"].startswith("the body is no JSON: ")
    assert problem["hint"] == "send one JSON object"


def test_unknown_fields_and_wrong_values_are_named_all_at_once(client: TestClient, body: Body) -> None:
    problem = refused(client.post(f"{API}/runs", json=body(colour="red", n=21, prompt="")), 422)
    assert {mistake["where"] for mistake in problem["mistakes"]} == {"colour", "n", "prompt"}
    assert "colour: Extra inputs are not permitted" in problem["detail"]
    short = {"github_url": "https://git.example/x", "prompt": "Fix it.", "agent_config": {"temperature": 9}}
    problem = refused(client.post(f"{API}/runs", json=short), 422)
    assert [mistake["where"] for mistake in problem["mistakes"]] == ["agent_config.temperature"]
    refused(client.post(f"{API}/runs", json=[1]), 422)
    refused(client.post(f"{API}/runs", json={}), 422)


def test_unknown_parameters_are_named_and_not_ignored(client: TestClient, finished: str) -> None:
    problem = refused(client.get(f"{API}/runs", params={"status": "running", "limit": 3}), 422)
    assert problem["detail"] == "status: there is no such parameter"
    assert problem["mistakes"] == [{"where": "status", "what": "there is no such parameter"}]
    assert problem["hint"].startswith("it takes cursor, limit, outcome, ")
    problem = refused(client.get(f"{API}/runs/{finished}", params={"x\ny": "1"}), 422)
    assert problem["hint"] == "it takes none"
    refused(client.delete(f"{API}/runs/{finished}?forse=true"), 422)
    assert client.get(f"{API}/runs/{finished}").status_code == 200


def test_what_the_command_line_would_refuse_is_refused_in_its_words(
    client: TestClient, body: Body, tmp_path: Path
) -> None:
    problem = refused(client.post(f"{API}/runs", json=body(repository=str(tmp_path / "none"))), 404)
    assert "none" in problem["detail"]
    problem = refused(client.post(f"{API}/runs", json=body(models=["no-such-model"])), 422)
    assert "no-such-model" in problem["detail"]
    assert problem["hint"]
    assert client.get(f"{API}/runs").json() == {"runs": [], "next": None}
    models = [body()["models"][0] + ":11", body()["models"][1] + ":10"]
    problem = refused(client.post(f"{API}/runs", json=body(models=models)), 422)
    assert problem["detail"] == "-n takes 1 to 20; the counts in --model add up to 21"


def test_an_unknown_run_or_variation(client: TestClient, finished: str) -> None:
    for path in ("", "/results", "/compare", "/report", "/events", "/status", "/stream"):
        assert refused(client.get(f"{API}/runs/nosuchrun{path}"), 404)["detail"] == "there is no run nosuchrun"
    for act in ("cancel", "retry", "judge"):
        refused(client.post(f"{API}/runs/nosuchrun/{act}"), 404)
    refused(client.delete(f"{API}/runs/nosuchrun"), 404)
    problem = refused(client.get(f"{API}/runs/{finished}/variations/9/patch"), 404)
    assert (problem["detail"], problem["hint"]) == (f"run {finished} has no variation 9", "its variations are 1 to 2")
    refused(client.get(f"{API}/runs/{finished}/events", params={"variation": 9}), 404)
    refused(client.get(f"{API}/runs/..%2F..%2Fetc"), 404)
    refused(client.get(f"{API}/runs/ONE'--"), 422)


def test_a_selection_names_one_or_the_best(client: TestClient, finished: str) -> None:
    for body in ({}, {"variation": 1, "best": True}, {"best": True, "note": "x"}):
        problem = refused(client.post(f"{API}/runs/{finished}/select", json=body), 422)
        assert problem["detail"] == "a selection takes either `variation`, and perhaps `note`, or `best`"


def test_a_cursor_of_another_list(client: TestClient, body: Body) -> None:
    for _ in range(2):
        client.post(f"{API}/runs", json=body(n=1, models=body()["models"][:1]))
    page = client.get(f"{API}/runs", params={"limit": 1}).json()
    problem = refused(client.get(f"{API}/runs", params={"cursor": page["next"], "search": "x"}), 422)
    assert problem["detail"] == "the cursor is of a list with other filters"
    for nonsense in ("x", "4oaA", "bnVsbA==", "W10="):
        assert "is no cursor" in refused(client.get(f"{API}/runs", params={"cursor": nonsense}), 422)["detail"]
    client.delete(f"{API}/runs/{page['runs'][0]['run']}", params={"force": True})
    assert refused(client.get(f"{API}/runs", params={"cursor": page["next"]}), 410)["hint"] == "begin the list again"
    assert "--sort takes" in refused(client.get(f"{API}/runs", params={"sort": "colour"}), 422)["detail"]


def test_an_event_id_of_another_run(client: TestClient, finished: str) -> None:
    problem = refused(client.get(f"{API}/runs/{finished}/events", headers={"Last-Event-ID": "k3v9x2q-1-2"}), 422)
    assert problem["detail"] == f"'k3v9x2q-1-2' is an id of the run k3v9x2q, not of {finished}"
    for nonsense in ("7", f"{finished}-1", f"{finished}-1-x", f"{finished}-{'9' * 40}-1", "ü"):
        refused(client.get(f"{API}/runs/{finished}/events", params={"from": nonsense}), 422)


def test_a_run_that_is_being_deleted(client: TestClient, finished: str) -> None:
    client.app.state.deleting.add(finished)  # type: ignore[attr-defined]
    for act in ("select", "cancel", "retry", "judge"):
        given = {"variation": 1} if act == "select" else {}
        problem = refused(client.post(f"{API}/runs/{finished}/{act}", json=given), 409)
        assert problem["detail"] == f"run {finished} is being deleted"
    refused(client.delete(f"{API}/runs/{finished}"), 409)


@pytest.fixture
def narrow(home: object) -> Iterator[TestClient]:  # noqa: ARG001 -- the data folder
    with TestClient(application(Here(), LOOPBACK, streams=0), base_url="http://localhost") as client:
        yield client


def test_too_many_streams_are_refused(narrow: TestClient, body: Body) -> None:
    run = narrow.post(f"{API}/runs", json=body(n=1, models=body()["models"][:1])).json()["run"]
    answer = narrow.get(f"{API}/runs/{run}/events")
    problem = refused(answer, 429)
    assert problem["detail"] == "0 streams are open, which is as many as this server allows"
    assert answer.headers["retry-after"] == "5"
    narrow.delete(f"{API}/runs/{run}", params={"force": True})


def test_a_database_that_is_away(client: TestClient, finished: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from aideator_cli.errors import unavailable
    from aideator_cli.store import Store

    def away(*_: object) -> None:
        raise unavailable("the database does not answer", hint="check it")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "run", away)
        patch.setattr(Store, "ping", away)
        for path in (f"{API}/runs/{finished}", "/readyz"):
            answer = client.get(path)
            assert refused(answer, 503)["detail"] == "the database does not answer"
            assert answer.headers["retry-after"] == "5"
        assert client.get("/healthz").status_code == 200
    assert client.get(f"{API}/runs/{finished}").status_code == 200


def test_a_run_that_is_deleted_ends_its_streams(client: TestClient, body: Body, tmp_path: Path) -> None:
    script = tmp_path / "long.yaml"
    script.write_text("- say: Waiting.\n  calls: [{tool: bash, arguments: {command: sleep 600}}]\n")
    run = client.post(f"{API}/runs", json=body(models=[f"scripted/{script}"], n=1, verify=[])).json()["run"]
    text = ""
    with client.stream("GET", f"{API}/runs/{run}/events") as answer:
        for line in answer.iter_lines():
            text += line + "\n"
            if '"type":"call"' in line:
                assert client.delete(f"{API}/runs/{run}", params={"force": True}).status_code == 204
    last = told(text)[-1]
    assert (last.kind, last.data["status"], last.data["detail"]) == ("problem", 410, f"run {run} was deleted")


def test_a_caller_who_does_not_own_the_machine_names_none_of_it() -> None:
    guest = Caller("ada", frozenset(("read", "run")))
    asked = NewRun(repository="https://git.example/x", prompt="Fix it.", models=["gpt-5"], roles=["qa:2"])
    assert admissible(guest, asked).where().backend == "kubernetes", "the server's settings may say local"
    for repository in ("FILE:///etc", " file:///etc", "../x"):
        with pytest.raises(Problem):
            admissible(guest, NewRun(repository=repository, prompt="x"))
    for roles in (["own.md:2"], ["qa,own.md,cto"], ["own.md :1"], ["~x"]):
        with pytest.raises(Problem):
            admissible(guest, asked.model_copy(update={"roles": roles}))
    for agents in (["/srv/a.yaml"], ["claude:2,~/a.yml/gpt-5:1"], ["a.yaml:3"], ["own/scripted//srv/turns"]):
        with pytest.raises(Problem):
            admissible(guest, asked.model_copy(update={"agents": agents}))
    admissible(guest, asked.model_copy(update={"agents": ["claude:2,opencode/openai/gpt-5:1"]}))
    with pytest.raises(Problem) as told_:
        admissible(
            guest,
            NewRun(
                repository="/etc", prompt="x", models=["scripted/a.yaml"], roles=["./r.md"], api_base="http://evil.example",
                backend="local", allow_local_shell=True,
            ),
        )  # fmt: skip
    assert told_.value.detail == (
        "this needs the scope admin: a repository on the server's machine; a script on the server's machine; "
        "a role from a file; api_base, to which the server's keys would go; backend and allow_local_shell"
    )
    root, path = Caller(None, frozenset(("admin",))), NewRun(repository="/etc", prompt="x")
    assert admissible(root, path) is path
    for model in ("scripted/etc/x.yaml", "gpt-5,scripted/x.yaml"):
        check_judge(root, model)
        with pytest.raises(Problem):
            check_judge(guest, model)
    check_judge(guest, "gpt-5")
    check_judge(guest, None)


def test_numbers_are_finite_and_cursors_shallow(client: TestClient, body: Body) -> None:
    headers = {"Content-Type": "application/json"}
    for value in ("Infinity", "NaN", "1e999"):
        text = json.dumps(body()).replace('"max_steps": 12', f'"timeout": {value}')
        problem = refused(client.post(f"{API}/runs", content=text, headers=headers), 422)
        assert [mistake["where"] for mistake in problem["mistakes"]] == ["timeout"]
    deep = base64.urlsafe_b64encode(b"[" * 20_000).decode()
    assert refused(client.get(f"{API}/runs", params={"cursor": deep}), 422)["detail"].endswith("is no cursor")
