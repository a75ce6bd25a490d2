"""On a real cluster: what the short form streams as `agent_output` is what `kubectl logs` shows, line by line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

from aideator_cli.actions.here import Here
from aideator_cli.server.app import application
from aideator_cli.server.gate import LOOPBACK
from tests.fixtures.cluster import Cluster
from tests.fixtures.git_server import GitServer
from tests.server.conftest import API, told
from tests.server.on_a_cluster import use_cluster

HOSTILE = (
    'printf \'\\033[2J\\r\\n{"seq":0}\\n\\xff\\xfe ünï data: x\\n\\n\'; seq 3000 | while read n; do echo "$n"; done'
)


def test_agent_output_is_what_kubectl_logs_shows(
    home: object,  # noqa: ARG001 -- the data folder
    cluster: Cluster,
    namespace: str,
    agent_image: str,
    bridge_address: str,
    git_server: Callable[..., GitServer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    git = git_server(bridge_address)
    git.add("project", {"a.txt": "1\n"})
    turns = [
        {"say": "Words, and a line\nmore.", "calls": [{"tool": "bash", "arguments": {"command": HOSTILE}}]},
        {"calls": [{"tool": "submit", "arguments": {"summary": "Did it."}}]},
    ]
    (tmp_path / "script.yaml").write_text(yaml.safe_dump(turns))
    use_cluster(monkeypatch, cluster, namespace, agent_image)
    asked = {
        "github_url": git.url("project"), "prompt": "Look.", "variations": 2,
        "agent_config": {"model": f"scripted/{tmp_path}/script.yaml"},
    }  # fmt: skip
    with TestClient(application(Here(), LOOPBACK), base_url="http://localhost") as client:
        started = client.post(f"{API}/runs", json=asked)
        assert started.status_code == 202, started.text
        stream = client.get(f"/{started.json()['stream_url'].lstrip('/')}")
        lines: dict[str, list[str]] = {}
        for each in told(stream.text):
            if each.kind == "agent_output":
                lines.setdefault(each.data["pod"], []).append(each.data["content"])
        assert len(lines) == 2
        for pod, streamed in lines.items():
            shown = cluster.kubectl.raw("logs", "-n", namespace, pod, "-c", "agent").decode()
            assert streamed == shown.removesuffix("\n").split("\n")
            assert "\x1b" not in shown
            assert [json.loads(line)["seq"] for line in streamed] == list(range(len(streamed)))
        client.delete(f"{API}/runs/{started.json()['run_id']}", params={"force": True})
