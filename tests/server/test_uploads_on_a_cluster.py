"""On a real cluster: pods begin with commits that were uploaded, hidden files decide there, and another replica goes on from both."""

import hashlib
import secrets
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.intake.repository import locate
from aideator_cli.intake.request import Sending
from aideator_cli.intake.sending.pack import pack
from aideator_cli.intake.sending.sealed import seal
from aideator_cli.server.app import application
from tests.fixtures.repositories import LocalRepository
from tests.server.conftest import API
from tests.server.on_a_cluster import OnACluster, on_a_cluster
from tests.server.test_accounts import token
from tests.server.test_going_on_on_a_cluster import turns
from tests.server.test_uploads import BYTES

__all__ = ["on_a_cluster"]


class Client:
    """What a user of the server does."""

    def __init__(self, client: TestClient, by: dict[str, str]) -> None:
        self._client = client
        self._by = by

    def upload(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        kept = self._client.put(f"{API}/uploads/{sha256}", content=data, headers={**self._by, **BYTES})
        assert kept.status_code == 204, kept.text
        return sha256

    def ended(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Starts a run, or what else, and waits for its end."""
        started = self._client.post(f"{API}{path}", json=body, headers=self._by)
        assert started.status_code == 202, started.text
        what = "teams" if path == "/teams" else "runs"
        at = f"{API}/{what}/{started.json()[what[:-1]]}"
        self._client.get(f"{at}/events", headers=self._by)
        shown: dict[str, Any] = self._client.get(at, headers=self._by).json()
        return shown

    def delete(self, what: str) -> None:
        self._client.delete(f"{API}/{what}", params={"force": True}, headers=self._by).raise_for_status()


def test_pods_get_what_was_uploaded_and_another_replica_goes_on_from_it(
    on_a_cluster: OnACluster, tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    todo = LocalRepository(tmp_path / "todo")
    todo.commit({"a.txt": "1\n"})
    made = pack(locate(str(todo.path), None, from_pods=True), Sending(), to_cluster=True, through_server=True)
    hidden, key = {"check.sh": (b"head -n 1 a.txt | grep -qx 1 && grep -q A a.txt\n", True)}, secrets.token_bytes(32)
    on_a_cluster.provide({"right": turns("echo A >> a.txt; ls"), "wrong": turns("echo B >> a.txt; ls")})
    monkeypatch.setenv("AIDEATOR_DATABASE", postgresql_url)
    ada = token("ada")
    with TestClient(application(Here(), None), base_url="http://one.example") as one:
        one.put(f"{API}/keys/OPENAI_API_KEY", json={"value": on_a_cluster.key}, headers=ada).raise_for_status()
        client = Client(one, ada)
        sent = {"base": made.repository.base, "commits": client.upload(made.files["commits"].read_bytes())}
        asked = {"repository": "sent://todo", "prompt": "Mend it.", "sent": sent, "max_steps": 3}
        files = {"files": client.upload(seal(hidden, key)), "key": key.hex()}
        run = client.ended(
            "/runs",
            {
                **asked,
                "models": ["openai/right", "openai/wrong"],
                "hidden": files,
                "hidden_verify": ["unseen=./check.sh"],
            },
        )
        assert [each["status"] for each in run["variations"]] == ["succeeded", "failed checks"]
        plain = client.ended("/runs", {**asked, "models": ["openai/right"], "n": 1})
        secret, spec = (
            on_a_cluster.cluster.kubectl.json("get", kind, name, "-n", on_a_cluster.namespace)
            for kind, name in (("secret", f"agent-{run['run']}-hidden-000"), ("configmap", f"agent-{run['run']}"))
        )
        assert [owner["name"] for owner in secret["metadata"]["ownerReferences"]] == [f"agent-{run['run']}"]
        assert ("check.sh" in str(spec), key.hex() in str(spec) + str(secret)) == (False, False)
    monkeypatch.setenv("AIDEATOR_HOME", str(tmp_path / "another"))
    with TestClient(application(Here(), None), base_url="http://two.example") as two:
        client = Client(two, ada)
        more = {"prompt": "Go on.", "variation": 1, "models": ["openai/wrong"], "n": 1}
        again = client.ended(f"/runs/{plain['run']}/continue", more)
        assert [each["status"] for each in again["variations"]] == ["succeeded"]
        assert "+A" in two.get(f"{API}/runs/{again['run']}/variations/1/patch", headers=ada).text
        team = client.ended("/teams", {**asked, "team": "mine", "stages": STAGES, "models": ["openai/right"]})
        assert (team["state"], team["reason"]) == ("succeeded", "")
        for each in (run, plain, again):
            client.delete(f"runs/{each['run']}")
        client.delete(f"teams/{team['team']}")


STAGES = "stages: {first: {}, second: {from: first, model: openai/wrong}}"
