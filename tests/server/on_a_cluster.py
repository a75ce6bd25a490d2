"""A server in the test's process that starts agents in the test's cluster."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.end_to_end.conftest import cluster_environment
from tests.fixtures.cluster import Cluster, Secret
from tests.fixtures.git_server import GitServer
from tests.fixtures.openai_server import ScriptedOpenAI


def use_cluster(
    monkeypatch: pytest.MonkeyPatch, cluster: Cluster, namespace: str, agent_image: str, **configured: str
) -> None:
    """`configured`: more settings, as AIDEATOR_NAME."""
    settings = {"CONTEXT": cluster.context, "NAMESPACE": namespace, "AGENT_IMAGE": agent_image, **configured}
    for name, value in {**cluster_environment(cluster), **{f"AIDEATOR_{n}": v for n, v in settings.items()}}.items():
        monkeypatch.setenv(name, value)


@dataclass(frozen=True)
class OnACluster:
    """What the agents of a server's users need: the cluster, a git host, and a provider that wants `key`."""

    cluster: Cluster
    namespace: str
    key: str
    git: GitServer
    provide: Callable[[dict[str, list[Any]]], object]
    """Plays these models' turns, and lets the server's agents ask them."""


@pytest.fixture
def on_a_cluster(
    home: object,  # noqa: ARG001 -- the data folder
    cluster: Cluster,
    namespace: str,
    secret: Secret,
    agent_image: str,
    bridge_address: str,
    git_server: Callable[..., GitServer],
    openai_server: Callable[..., ScriptedOpenAI],
    monkeypatch: pytest.MonkeyPatch,
) -> OnACluster:
    def provide(models: dict[str, list[Any]]) -> None:
        provider = openai_server(models, bridge_address, key=secret.key)
        use_cluster(monkeypatch, cluster, namespace, agent_image, API_BASE=provider.url)

    return OnACluster(cluster, namespace, secret.key, git_server(bridge_address), provide)
