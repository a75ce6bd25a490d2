"""On a real cluster: a user's agents get the keys of that user's Secret, and of no other."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.actions.keeping import own_secret
from aideator_cli.server.app import application
from tests.server.conftest import API, told
from tests.server.on_a_cluster import OnACluster, on_a_cluster
from tests.server.test_accounts import token
from tests.server.test_bad_input import refused

__all__ = ["on_a_cluster"]


def test_each_users_agents_get_that_users_key_alone(on_a_cluster: OnACluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Secret of all, and the server's own environment, have the right key, too: they are not for the server's users."""
    on_a_cluster.git.add("project", {"a.txt": "1\n"})
    on_a_cluster.provide({"model": [{"say": "Done.", "calls": []}]})
    monkeypatch.setenv("OPENAI_API_KEY", on_a_cluster.key)
    ada, bob = token("ada"), token("bob")
    asked = {
        "repository": on_a_cluster.git.url("project"),
        "prompt": "Look.",
        "models": ["openai/model"],
        "n": 1,
        "max_steps": 3,
    }
    with TestClient(application(Here(), None), base_url="http://aideator.example") as client:

        def result(run: str, who: dict[str, str]) -> Any:
            events = told(client.get(f"{API}/runs/{run}/events", headers=who).text)
            return next(each.data for each in reversed(events) if each.kind == "result")

        client.put(f"{API}/keys/OPENAI_API_KEY", json={"value": on_a_cluster.key}, headers=ada).raise_for_status()
        client.put(f"{API}/keys/OPENAI_API_KEY", json={"value": "sk-bobs-is-wrong"}, headers=bob).raise_for_status()
        runs = {}
        for name, who in (("ada", ada), ("bob", bob)):
            started = client.post(f"{API}/runs", json=asked, headers=who)
            assert started.status_code == 202, started.text
            runs[name] = started.json()["run"]
            job = on_a_cluster.cluster.kubectl.json("get", "job", f"agent-{runs[name]}-1", "-n", on_a_cluster.namespace)
            pod = job["spec"]["template"]["spec"]
            entries = [each for part in (*pod["initContainers"], *pod["containers"]) for each in part.get("env", [])]
            named = {
                each["valueFrom"]["secretKeyRef"]["name"]
                for each in entries
                if "secretKeyRef" in each.get("valueFrom", {})
            }
            assert named == {own_secret(name)}
            assert pod["automountServiceAccountToken"] is False
            assert on_a_cluster.key not in str(job)
        assert result(runs["ada"], ada)["outcome"] in ("no_changes", "succeeded")
        assert result(runs["bob"], bob)["outcome"] != "no_changes", "the provider refuses bob's key"
        refused(client.get(f"{API}/runs/{runs['ada']}", headers=bob), 404)
        for name, who in (("ada", ada), ("bob", bob)):
            client.delete(f"{API}/runs/{runs[name]}", params={"force": True}, headers=who)
        client.delete(f"{API}/keys/OPENAI_API_KEY", headers=bob).raise_for_status()
    monkeypatch.delenv("AIDEATOR_API_BASE")  # without an endpoint of one's own the key is needed
    with TestClient(application(Here(), None), base_url="http://aideator.example") as client:
        missing = refused(client.post(f"{API}/runs", json={**asked, "models": ["gpt-5"]}, headers=bob), 422)
        assert missing["detail"] == "you have no OPENAI_API_KEY, which gpt-5 needs"
        assert missing["hint"] == "store it in the page's settings, or send it: PUT /api/v1/keys/OPENAI_API_KEY"
