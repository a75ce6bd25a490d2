"""Teams over HTTP: started, shown, watched, taken and ended."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from aideator_cli.actions import memory, tokens
from aideator_cli.actions.here import Here
from aideator_cli.domain.teams import first_run
from aideator_cli.server.app import application
from aideator_cli.store import Store
from aideator_cli.store.serving import ServerStore
from tests.actions.teams.conftest import STEPS, World
from tests.faults.waiting import until
from tests.server.conftest import API, Told, told
from tests.server.teams.conftest import Asked

PATIENCE = 120.0


def begun(client: TestClient, body: dict[str, Any], **headers: str) -> str:
    answer = client.post(f"{API}/teams", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{API}/teams/{answer.json()['team']}"
    return str(answer.json()["team"])


def watched(client: TestClient, team: str) -> list[Told]:
    return told(client.get(f"{API}/teams/{team}/events").text)


def test_a_team_is_started_watched_and_taken(client: TestClient, asked: Asked) -> None:
    team = begun(client, asked())
    seen = watched(client, team)

    assert seen[0].kind in ("team", "team_message")
    last = [each.data for each in seen if each.kind == "team"][-1]
    assert (last["state"], last["reason"]) == ("succeeded", "")
    assert sorted(step["step"] for step in last["steps"]) == sorted(STEPS)
    assert [task["id"] for task in last["plan"]["tasks"]] == ["a", "b"]
    shown = client.get(f"{API}/teams/{team}").json()
    assert {**shown, "seconds": 0} == {**last, "seconds": 0}
    patch = client.get(f"{API}/teams/{team}/patch")
    assert "+A = 1" in patch.text
    assert "+++ b/test_both.sh" in patch.text
    run = shown["steps"][0]["run"]
    assert client.get(f"{API}/runs/{run}/events").text.count("event: result") == 1
    assert client.get(f"{API}/teams").json() == {"teams": [_listed(shown)], "next": None}
    assert client.get(f"{API}/teams", params={"state": "failed"}).json()["teams"] == []
    report = client.get(f"{API}/teams/{team}/report").text
    assert "build/a asks cto" in report
    assert "<b>1</b>" not in report
    assert client.delete(f"{API}/teams/{team}").status_code == 204
    assert client.get(f"{API}/teams/{team}").status_code == 404
    assert client.get(f"{API}/runs/{run}").status_code == 404


def _listed(shown: dict[str, Any]) -> dict[str, Any]:
    names = ("team", "name", "created", "ended", "state", "reason", "prompt", "result")
    return {"kind": "listed_team", **{name: shown[name] for name in names}, "user": None}


def test_what_roles_say_to_each_other_comes_once_in_its_order(client: TestClient, asked: Asked) -> None:
    team = begun(client, asked())
    streamed = [each.data for each in watched(client, team) if each.kind == "team_message"]
    messages = client.get(f"{API}/teams/{team}/messages").json()["messages"]

    assert sorted(each["message"] for each in streamed) == sorted(each["message"] for each in messages)
    talk = [(each["what"], each["by"], each["to"], each["text"]) for each in messages]
    assert talk[0] == ("handed", "user", "plan", "Write both.")
    assert ("said", "plan", "", "2 tasks: a, b") in talk
    assert ("handed", "plan", "build/a", "Write a.py.") in talk
    asks, answers = (next(each for each in talk if each[0] == what) for what in ("asked", "answered"))
    assert asks == ("asked", "build/a", "cto", "Which number? <b>1</b>\u202e")
    assert answers == ("answered", "cto", "build/a", "One, always.")
    assert talk.index(asks) < talk.index(answers)
    assert talk[-1][:3] == ("said", "review", "")
    again = told(client.get(f"{API}/teams/{team}/events").text)
    assert len([each for each in again if each.kind == "team"]) == 1
    ended = client.get(f"{API}/teams/{team}/events", headers={"Last-Event-ID": f"{team}-end"})
    assert ended.status_code == 204


def test_the_same_request_again_starts_no_second_team(client: TestClient, asked: Asked, home: Path) -> None:
    team = begun(client, asked(), **{"Idempotency-Key": "k1"})
    assert begun(client, asked(), **{"Idempotency-Key": "k1"}) == team
    assert len(Store.open(home).teams()) == 1
    other = client.post(f"{API}/teams", json=asked(prompt="Other."), headers={"Idempotency-Key": "k1"})
    assert other.status_code == 422


def test_a_team_is_cancelled(client: TestClient, asked: Asked, world: World) -> None:
    world.script("plan", *[{"calls": [{"tool": "bash", "arguments": {"command": "sleep 60"}}]}] * 3)
    team = begun(client, asked())
    assert client.delete(f"{API}/teams/{team}").status_code == 409
    answer = client.post(f"{API}/teams/{team}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    last = [each.data for each in watched(client, team) if each.kind == "team"][-1]
    assert [(step["step"], step["state"]) for step in last["steps"]] == [("plan", "ended")]
    refused = client.get(f"{API}/teams/{team}/patch")
    assert refused.status_code == 404
    assert "has no result: cancelled by the user" in refused.json()["detail"]


def test_the_limit_of_the_whole_holds(client: TestClient, asked: Asked) -> None:
    team = begun(client, asked(budget=2.5))
    assert client.get(f"{API}/teams/{team}").json()["limits"]["cost"] == 2.5


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"team": "nobody"}, "there is no team 'nobody'"),
        ({"team": "mine", "stages": "stages: {a: {from: b}, b: {from: a}}"}, "wait for each other"),
        ({"team": "mine", "stages": "stages: {a: {role: ./mine.md}}"}, "names the file './mine.md'"),
        ({"team": "mine", "stages": "stages: {a: {model: scripted/a.yaml}}"}, "names the file 'scripted/a.yaml'"),
        (
            {"team": "mine", "stages": "stages: {a: {agent: own/scripted//srv/turns}}"},
            "names the file 'own/scripted//srv",
        ),
        ({"team": "feature", "roles": ["cto", "qa"]}, "--role names one role"),
        ({"team": "feature", "first": 1}, "first: Extra inputs are not permitted"),
    ],
)
def test_a_mistake_is_told_before_anything_starts(
    client: TestClient, asked: Asked, home: Path, fields: dict[str, Any], text: str
) -> None:
    for path in ("/teams", "/teams/dry-run"):
        refused = client.post(f"{API}{path}", json=asked(**fields))
        assert refused.status_code == 422, refused.text
        assert text in refused.json()["detail"]
    assert Store.open(home).teams() == []


def test_a_dry_run_draws_and_starts_nothing(
    client: TestClient, asked: Asked, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-" + "x" * 30)
    stages = "stages: {plan: {role: cto, produces: plan}, build: {each: plan.tasks}}"
    body = asked(team="mine", stages=stages, max_cost=0.5, models=["gpt-5"], allow_local_shell=True)
    drawn = client.post(f"{API}/teams/dry-run", json=body)
    assert drawn.status_code == 200, drawn.text
    assert [stage["name"] for stage in drawn.json()["stages"]] == ["plan", "build"]
    assert drawn.json()["most"]["cost"] > 0
    assert Store.open(home).teams() == []
    names = [team["name"] for team in client.get(f"{API}/teams/shipped").json()["teams"]]
    assert names == ["feature", "bugfix", "review", "refactor"]


def test_a_dry_run_needs_no_model(client: TestClient, asked: Asked) -> None:
    body = asked(team="review", max_cost=0.5)
    drawn = client.post(f"{API}/teams/dry-run", json=body)
    assert drawn.status_code == 200, drawn.text
    assert drawn.json()["most"]["agents"] == 24
    assert "no model is given" in drawn.json()["lacks"]
    assert "no model is given" in client.post(f"{API}/teams", json=body).json()["detail"]


def test_a_list_goes_on_behind_its_cursor(client: TestClient, asked: Asked) -> None:
    teams = [begun(client, asked()) for _ in range(3)]
    first = client.get(f"{API}/teams", params={"limit": 2}).json()
    rest = client.get(f"{API}/teams", params={"limit": 2, "cursor": first["next"]}).json()
    assert [each["team"] for each in (*first["teams"], *rest["teams"])] == teams[::-1]
    assert rest["next"] is None
    assert client.get(f"{API}/teams", params={"cursor": "nosuch"}).status_code == 410


def test_answers_are_as_the_document_says(client: TestClient, asked: Asked) -> None:
    team = begun(client, asked())
    watched(client, team)
    document = client.get("/openapi.json").json()
    for path in ("/teams", "/teams/{team}", "/teams/{team}/messages", "/teams/shipped"):
        schema = document["paths"][f"{API}{path}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        answer = client.get(f"{API}{path}".replace("{team}", team)).json()
        Draft202012Validator({**schema, "components": document["components"]}).validate(answer)


def test_another_user_sees_nothing_of_a_team_and_may_not_use_the_machine(asked: Asked, home: Path) -> None:
    here = Here()
    secret = {
        name: tokens.create(here, tokens.Order("laptop", name, scopes=("read", "run")))[1] for name in ("ada", "bob")
    }
    root = tokens.create(here, tokens.Order("root", "root", scopes=("read", "run", "admin")))[1]
    headers = {name: {"Authorization": f"Bearer {text}"} for name, text in {**secret, "root": root}.items()}
    with TestClient(application(here, None), base_url="http://localhost") as client:
        refused = client.post(f"{API}/teams", json=asked(), headers=headers["ada"])
        assert refused.status_code == 403
        for needed in ("a repository on the server's machine", "a team from a file", "backend"):
            assert needed in refused.json()["detail"]
        team = client.post(f"{API}/teams", json=asked(), headers=headers["root"]).json()["team"]
        run = first_run(team)
        for path in ("", "/messages", "/events", "/patch", "/report"):
            answer = client.get(f"{API}/teams/{team}{path}", headers=headers["bob"])
            assert (answer.status_code, answer.json()["detail"]) == (404, f"there is no team {team}"), path
        assert client.post(f"{API}/teams/{team}/cancel", headers=headers["bob"]).status_code == 404
        assert client.delete(f"{API}/teams/{team}", headers=headers["bob"]).status_code == 404
        assert client.get(f"{API}/teams", headers=headers["bob"]).json()["teams"] == []
        assert client.get(f"{API}/runs/{run}", headers=headers["bob"]).status_code == 404
        assert client.get(f"{API}/teams").status_code == 401
        store = Store.open(home)
        until(lambda: (found := store.team(team)) and found.state == "succeeded", "the team is over", PATIENCE)
        owners = {stored.owner for step in store.steps(team) if (stored := store.run(step.run))}
        assert owners == {"root"}
        noted = [(deed.who, deed.action, deed.target, deed.status) for deed in ServerStore.of(store).deeds()]
        assert ("root", f"POST {API}/teams", team, 202) in noted
        assert ("bob", f"DELETE {API}/teams/{{team}}", team, 404) in noted


@pytest.mark.parametrize("wanted", [True, False])
def test_notes_reach_a_team_unless_they_are_not_wanted(
    client: TestClient, asked: Asked, home: Path, *, wanted: bool
) -> None:
    body = asked(memory=wanted)
    memory.add(Here(), body["repository"], "Write both files with a final newline.")
    team = begun(client, body)
    run = Store.open(home).run(first_run(team))
    assert run is not None
    assert len(run.spec.notes) == int(wanted)
