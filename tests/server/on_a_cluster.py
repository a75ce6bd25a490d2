"""A server in the test's process that starts agents in the test's cluster."""

import pytest

from tests.end_to_end.conftest import cluster_environment
from tests.fixtures.cluster import Cluster


def use_cluster(
    monkeypatch: pytest.MonkeyPatch, cluster: Cluster, namespace: str, agent_image: str, **configured: str
) -> None:
    """`configured`: more settings, as AIDEATOR_NAME."""
    settings = {"CONTEXT": cluster.context, "NAMESPACE": namespace, "AGENT_IMAGE": agent_image, **configured}
    for name, value in {**cluster_environment(cluster), **{f"AIDEATOR_{n}": v for n, v in settings.items()}}.items():
        monkeypatch.setenv(name, value)
