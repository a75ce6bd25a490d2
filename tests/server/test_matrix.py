"""A matrix over HTTP: each combination gets its agent, and it opens no way that a plain run has not."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_cli.server.access import Caller
from aideator_cli.server.bodies import NewRun
from aideator_cli.server.foreign import admissible
from aideator_cli.server.problems import Problem
from tests.server.conftest import API, Body
from tests.server.test_bad_input import refused


def table(body: Body, **more: Any) -> dict[str, Any]:
    """What starts the demo's two agents for each of two prompts."""
    models = body()["models"]
    asked = body(matrix={"prompts": {"short": "Fix.", "long": "Fix it."}, "models": models, **more})
    return {name: value for name, value in asked.items() if name not in ("prompt", "models")}


def test_each_agent_gets_its_cell(client: TestClient, body: Body) -> None:
    told = client.post(f"{API}/runs/dry-run", json=table(body, temperatures=[0, None])).json()
    cells = [
        (each["prompt_name"], each["model"].rpartition("/")[2], each["temperature"])
        for each in told["spec"]["variations"]
    ]
    assert len(cells) == 8
    assert cells[0][0] == "short"
    assert [each[2] for each in cells] == [0, None] * 4
    started = client.post(f"{API}/runs", json=table(body))
    assert (started.status_code, len(started.json()["variations"])) == (202, 4), started.text
    client.delete(f"{API}/runs/{started.json()['run']}", params={"force": True})


def test_more_than_twenty_agents_are_meant(client: TestClient, body: Body) -> None:
    problem = refused(client.post(f"{API}/runs", json=table(body, n=6)), 422)
    assert (problem["detail"], problem["hint"]) == (
        "the matrix would start 24 agents",
        "send many: true to start them all",
    )
    huge = {"temperatures": [n / 200 for n in range(200)], "n": 200, "prompts": {str(n): "x" for n in range(200)}}
    problem = refused(
        client.post(f"{API}/runs/dry-run", json={**table(body), "matrix": huge, "models": body()["models"]}), 422
    )
    assert problem["detail"] == "the matrix has 16000000 cells; a run takes at most 200"


@pytest.mark.parametrize(
    ("matrix", "text"),
    [
        ({"models": ["scripted//etc/passwd"]}, "a script on the server's machine"),
        ({"agents": ["own/scripted//etc/passwd"]}, "a script on the server's machine"),
        ({"agents": ["/etc/agent.yaml"]}, "an agent from a file"),
        ({"agents": ["agent.yml/gpt-5"]}, "an agent from a file"),
        ({"roles": ["/etc/passwd.md"]}, "a role from a file"),
    ],
)
def test_it_names_no_file_of_the_servers_machine(matrix: dict[str, Any], text: str) -> None:
    asked = NewRun(repository="https://git.example/x.git", prompt="x", matrix=matrix)
    with pytest.raises(Problem, match=text):
        admissible(Caller("eve", frozenset({"read", "run"})), asked)


def test_its_prompts_are_texts(client: TestClient, body: Body) -> None:
    for prompts in ({"a": {"file": "/etc/passwd"}}, {"a": ""}, {"": "x"}, {}):
        refused(client.post(f"{API}/runs", json={**table(body), "matrix": {"prompts": prompts}}), 422)
    assert (
        "no prompt is given"
        in refused(client.post(f"{API}/runs", json={"repository": body()["repository"]}), 422)["detail"]
    )
