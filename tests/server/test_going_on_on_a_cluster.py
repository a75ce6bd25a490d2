"""On a real cluster: a user without more rights draws a run, goes on from its patch and merges two, with that user's key alone."""

from typing import Any

from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.actions.keeping import own_secret
from aideator_cli.server.app import application
from tests.server.conftest import API
from tests.server.on_a_cluster import OnACluster, on_a_cluster
from tests.server.test_accounts import token

__all__ = ["on_a_cluster"]


def turns(command: str) -> list[Any]:
    return [
        {"calls": [{"tool": "bash", "arguments": {"command": command}}]},
        {"calls": [{"tool": "submit", "arguments": {"summary": "Did it."}}]},
    ]


def test_what_a_user_begins_goes_on_with_their_key(on_a_cluster: OnACluster) -> None:
    on_a_cluster.git.add("project", {"a.txt": "1\n", "b.txt": "1\n"})
    scripts = {"one": turns("echo A >> a.txt"), "two": turns("echo B >> b.txt")}
    on_a_cluster.provide(scripts)
    ada = token("ada")
    asked = {
        "repository": on_a_cluster.git.url("project"), "prompt": "Mend it.", "models": ["openai/one", "openai/two"], "max_steps": 3,
        "verify": ["both=grep -q A a.txt && grep -q B b.txt"],
    }  # fmt: skip
    with TestClient(application(Here(), None), base_url="http://aideator.example") as client:
        client.put(f"{API}/keys/OPENAI_API_KEY", json={"value": on_a_cluster.key}, headers=ada).raise_for_status()

        def ended(path: str, body: dict[str, Any]) -> dict[str, Any]:
            """Starts a run, and waits for its end."""
            started = client.post(f"{API}{path}", json=body, headers=ada)
            assert started.status_code == 202, started.text
            run = started.json()["run"]
            client.get(f"{API}/runs/{run}/events", headers=ada)
            shown: dict[str, Any] = client.get(f"{API}/runs/{run}", headers=ada).json()
            return shown

        drawn = client.post(f"{API}/runs/dry-run", json=asked, headers=ada).json()
        assert [each["kind"] for each in drawn["manifests"]] == ["ConfigMap", "Job", "Job"]
        first = ended("/runs", asked)
        assert [each["status"] for each in first["variations"]] == ["failed checks"] * 2
        second = ended(
            f"/runs/{first['run']}/continue",
            {"prompt": "Mend b, too.", "variation": 1, "models": ["openai/two"], "n": 1},
        )
        merged = ended("/merges", {"variations": [f"{first['run']}/1", f"{first['run']}/2"]})
        for run in (second, merged):
            assert [each["status"] for each in run["variations"]] == ["succeeded"]
            assert run["backend"] == "kubernetes"
            job = on_a_cluster.cluster.kubectl.json("get", "job", f"agent-{run['run']}-1", "-n", on_a_cluster.namespace)
            assert (own_secret("ada") in str(job), on_a_cluster.key in str(job)) == (True, False)
        for run in (first, second, merged):
            client.delete(f"{API}/runs/{run['run']}", params={"force": True}, headers=ada)
