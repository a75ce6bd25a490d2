"""A dry run says what would start, to whoever may start it, and starts nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from aideator_agent.spec import Repository
from aideator_cli.actions.here import Here
from aideator_cli.server.app import application
from aideator_cli.store.serving import ServerStore
from tests.backends.kubernetes.api_server import write_kubeconfig
from tests.fixtures.servers import GitServers
from tests.fixtures.stored_runs import Told, add_run
from tests.server.conftest import API, Body
from tests.server.test_accounts import token
from tests.server.test_bad_input import refused

PATH = f"{API}/runs/dry-run"


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def shared(
    request: pytest.FixtureRequest,
    home: Path,  # noqa: ARG001 -- the data folder
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[TestClient]:
    """A server that wants tokens, with a cluster that is never asked."""
    if request.param == "PostgreSQL":
        monkeypatch.setenv("AIDEATOR_DATABASE", request.getfixturevalue("postgresql_url"))
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(tmp_path / "kubeconfig", "https://127.0.0.1:1", {})))
    with TestClient(application(Here(), None), base_url="http://aideator.example") as client:
        yield client


def spent(home: Path, run: str, owner: str, cost: float, url: str) -> None:
    add_run(
        home, Told(end={"totals": {"steps": 1, "cost": cost, "seconds": 60.0}}), run=run, repository=Repository(url)
    )
    store = Here().store
    with store.transaction(run) as connection:
        connection.execute("update runs set owner = ? where id = ?", (owner, run))
    assert store.run(run).owner == owner  # type: ignore[union-attr]


def test_it_has_the_manifests_and_what_the_callers_own_attempts_cost(
    shared: TestClient, home: Path, git_server: GitServers
) -> None:
    server = git_server()
    server.add("todo", {"a.py": "x\n"})
    url = server.url("todo")
    spent(home, "mineaaa", "ada", 0.5, url)
    spent(home, "others1", "bob", 99.0, url)
    asked = {"repository": url, "prompt": "Fix it.", "models": ["gpt-5:2"]}
    drawn = shared.post(PATH, json=asked, headers=token("ada"))
    assert drawn.status_code == 200, drawn.text
    told = drawn.json()
    kinds = [each["kind"] for each in told["manifests"]]
    assert (kinds.count("ConfigMap"), kinds.count("Job")) == (1, 2)
    assert [each["model"] for each in told["spec"]["variations"]] == ["gpt-5", "gpt-5"]
    assert (told["estimate"]["cost"]["p50"], told["estimate"]["parts"][0]["sample"]) == (1.0, 1)
    assert "aideator-keys-of-ada-" in drawn.text, "the keys are those of the caller"
    assert shared.post(PATH, json=asked, headers=token("cleo")).json()["estimate"]["cost"] is None
    everybodys = shared.post(PATH, json=asked, headers=token("root", "admin")).json()["estimate"]
    assert everybodys["parts"][0]["sample"] == 2
    document = shared.get("/openapi.json", headers=token("ada")).json()
    schema = document["components"]["schemas"]["DryRun"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(told)
    assert {run.spec.id for run in Here().store.runs()} == {"mineaaa", "others1"}, "nothing is started"
    deeds = ServerStore.of(Here().store).deeds(1, who="root")
    assert [(each.action, each.status) for each in deeds] == [(f"POST {PATH}", 200)]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"repository": "/etc"}, "a repository on the server's machine"),
        ({"repository": "file:///etc"}, "a repository on the server's machine"),
        ({"models": ["scripted//etc/passwd"]}, "a script on the server's machine"),
        ({"agents": ["./agent.yaml"]}, "an agent from a file"),
        ({"roles": ["./role.md"]}, "a role from a file"),
        ({"api_base": "https://evil.example"}, "api_base"),
        ({"allow_local_shell": True}, "allow_local_shell"),
    ],
)
def test_it_is_refused_what_a_start_is_refused(shared: TestClient, fields: dict[str, Any], text: str) -> None:
    asked = {"repository": "https://git.example/x.git", "prompt": "x", "models": ["gpt-5"], **fields}
    assert text in refused(shared.post(PATH, json=asked, headers=token("eve")), 403)["detail"]
    refused(shared.post(PATH, json=asked, headers=token("eve", "read")), 403)


def test_no_host_of_a_cloud_is_asked(shared: TestClient) -> None:
    asked = {"repository": "http://169.254.169.254/x.git", "prompt": "x", "models": ["gpt-5"]}
    assert (
        "only machines of one network reach"
        in refused(shared.post(PATH, json=asked, headers=token("eve")), 403)["detail"]
    )


def test_processes_have_no_manifests_and_need_no_permission_to_be_drawn(client: TestClient, body: Body) -> None:
    told = client.post(PATH, json=body(models=["gpt-5"], n=1)).json()
    assert (told["manifests"], told["estimate"]["parts"][0]["sample"]) == (None, 0)
    assert refused(client.post(f"{API}/runs", json=body(models=["gpt-5"], n=1)), 404)
