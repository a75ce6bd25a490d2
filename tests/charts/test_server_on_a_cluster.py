"""The server as the chart installs it: two replicas, a real PostgreSQL, and a team of three."""

import contextlib
import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from aideator_cli.actions.keeping import own_secret
from tests.end_to_end.changes import FILES
from tests.fixtures.chart import CHART, Helm
from tests.fixtures.cluster import Cluster, Kubectl
from tests.fixtures.postgresql import PostgreSQL
from tests.fixtures.servers import GitServers, OpenAIServers

USERS = ("ada", "bob", "eve")
KEYS = {name: f"sk-fake-of-{name}-0123456789abcdef" for name in USERS}
STEPS = 25  # of a second each: longer than a replica takes over
BEFORE = 20  # events that a stream has read when the replica is killed
SECONDS = 120


@dataclass
class Team:
    """The server in a namespace, and what its users show to it."""

    kubectl: Kubectl
    namespace: str
    tokens: dict[str, str]
    database: str

    def replicas(self) -> dict[str, str]:
        """The address of each pod that is ready, by its name."""
        pods = self.kubectl.json("get", "pods", "-n", self.namespace, "-l", "app.kubernetes.io/component=server")[
            "items"
        ]
        ready = [pod for pod in pods if {"type": "Ready", "status": "True"}.items() <= _ready(pod).items()]
        return {pod["metadata"]["name"]: f"http://{pod['status']['podIP']}:8642" for pod in ready}

    def ask(self, who: str, method: str, path: str, body: Any = None, *, at: str | None = None, **headers: str) -> Any:
        """The open answer; `at`: a replica's address."""
        address = at or next(iter(self.replicas().values()))
        sent = {"Authorization": f"Bearer {self.tokens[who]}", "Content-Type": "application/json", **headers}
        data = None if body is None else json.dumps(body).encode()
        return urllib.request.urlopen(
            urllib.request.Request(f"{address}/api/v1{path}", data, sent, method=method), timeout=SECONDS
        )

    def told(self, who: str, method: str, path: str, body: Any = None) -> Any:
        try:
            with self.ask(who, method, path, body) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            error.msg = f"{error.msg}: {error.read().decode()}"
            raise

    def refused(self, who: str, method: str, path: str) -> int:
        with pytest.raises(urllib.error.HTTPError) as error:
            self.told(who, method, path)
        return error.value.code


def _ready(pod: dict[str, Any]) -> dict[str, str]:
    conditions = pod.get("status", {}).get("conditions", [])
    return next(({k: each[k] for k in ("type", "status")} for each in conditions if each["type"] == "Ready"), {})


@pytest.fixture
def team(
    cluster: Cluster, helm: Helm, kubectl: Kubectl, namespace: str, agent_image: str, server_image: str,
    bridge_postgresql: PostgreSQL, bridge_address: str, openai_server: OpenAIServers, tmp_path: Path,
) -> Iterator[Team]:  # fmt: skip
    turns = [
        {"say": f"Step {number}.", "calls": [{"tool": "bash", "arguments": {"command": f"sleep 1; echo {number}"}}]}
        for number in range(STEPS)
    ]
    turns.append({"say": "Done.", "calls": []})
    provider = openai_server({"model": turns}, bridge_address, key=KEYS["ada"])
    url = bridge_postgresql.empty_database()
    kubectl("create", "secret", "generic", "database", "-n", namespace, f"--from-literal=url={url}")
    settings = {"AIDEATOR_API_BASE": provider.url}
    if cluster.throw_away:  # no node of it makes the addresses of Services work
        settings |= {"KUBERNETES_SERVICE_HOST": bridge_address, "KUBERNETES_SERVICE_PORT": "6443"}
    values = {
        "agentImage": agent_image,
        "networkPolicy": {"enabled": False},
        "test": {"enabled": False},
        "server": {
            "enabled": True,
            "image": server_image,
            "database": {"secret": "database"},
            "runAs": "any",
            "env": [{"name": name, "value": value} for name, value in settings.items()],
        },
    }
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values))
    administrator = helm.on(cluster.administrator, cluster.context)
    administrator("install", "aideator", str(CHART), "-n", namespace, "-f", str(tmp_path / "values.yaml"))
    kubectl("rollout", "status", "deploy/aideator-server", "-n", namespace, "--timeout=100s")
    make = ["exec", "-n", namespace, "deploy/aideator-server", "--", "aideator", "token", "create", "first", "--user"]
    yield Team(kubectl, namespace, {name: kubectl(*make, name).strip() for name in USERS}, url)
    administrator("uninstall", "aideator", "-n", namespace)


def test_a_team_of_three_works_and_a_replica_that_dies_loses_no_event(
    team: Team, bridge_address: str, git_server: GitServers
) -> None:
    git = git_server(bridge_address)
    git.add("project", FILES)
    for name in USERS:
        team.told(name, "PUT", "/keys/OPENAI_API_KEY", {"value": KEYS[name]})
        assert [each["tail"] for each in team.told(name, "GET", "/keys")["keys"]] == [KEYS[name][-4:]]
    asked = {"repository": git.url("project"), "prompt": "Look.", "models": ["openai/model"], "n": 2, "max_steps": 60}
    runs = {name: team.told(name, "POST", "/runs", {**asked, "n": 2 if name == "ada" else 1})["run"] for name in USERS}
    for name in USERS:
        assert [each["run"] for each in team.told(name, "GET", "/runs")["runs"]] == [runs[name]]
        for other in set(USERS) - {name}:
            assert team.refused(name, "GET", f"/runs/{runs[other]}") == 404
            assert team.refused(name, "GET", f"/runs/{runs[other]}/events") == 404
        job = json.dumps(team.kubectl.json("get", "job", f"agent-{runs[name]}-1", "-n", team.namespace))
        assert own_secret(name) in job
        assert not any(own_secret(other) in job for other in set(USERS) - {name})

    lines = _watched(team, runs["ada"], _follower(team, runs["ada"]))
    for number in (1, 2):
        wanted = team.kubectl(
            "logs", "-n", team.namespace, f"job/agent-{runs['ada']}-{number}", "-c", "agent"
        ).splitlines()
        seen = Counter(event["seq"] for variation, event in lines if variation == number)
        assert seen == Counter(json.loads(line)["seq"] for line in wanted), "each once"
        assert len(seen) > STEPS
    results = team.told("ada", "GET", f"/runs/{runs['ada']}/results")["results"]
    assert {each["outcome"] for each in results} == {"no_changes"}, [each["reason"] for each in results]
    for name in ("bob", "eve"):  # the provider takes ada's key alone
        (result,) = team.told(name, "GET", f"/runs/{runs[name]}/results")["results"]
        assert result["outcome"] not in ("no_changes", "running")


def _follower(team: Team, run: str) -> str:
    """The pod that follows the run."""
    import psycopg

    deadline = time.monotonic() + SECONDS
    with psycopg.connect(team.database, autocommit=True) as connection:
        while time.monotonic() < deadline:
            if row := connection.execute("select host from leases where run = %s and holder <> ''", (run,)).fetchone():
                return str(row[0])
            time.sleep(0.2)
    raise AssertionError("nobody follows the run")


def _watched(team: Team, run: str, follower: str) -> list[tuple[int, dict[str, Any]]]:
    """All events of the run, first from the replica that follows it, which is killed in the middle, then from the other."""
    events: list[tuple[int, dict[str, Any]]] = []
    replicas = team.replicas()
    address, last, killed = replicas[follower], "", False
    deadline = time.monotonic() + SECONDS
    while not last.endswith("-end") and time.monotonic() < deadline:
        with contextlib.suppress(OSError):  # the connection breaks when the pod dies
            more = {"Last-Event-ID": last} if last else {}
            with team.ask("ada", "GET", f"/runs/{run}/events", at=address, **more) as stream:
                for line in stream:
                    name, _, value = line.decode().rstrip("\n").partition(": ")
                    if name == "id":
                        last = value
                    elif name == "data" and '"kind":"event"' in value:
                        told = json.loads(value)
                        events.append((told["variation"], told["event"]))
                    if not killed and len(events) > BEFORE:
                        team.kubectl("delete", "pod", follower, "-n", team.namespace, "--grace-period=0", "--force")
                        killed = True
        address = next(each for name, each in replicas.items() if name != follower)
    assert killed
    return events
