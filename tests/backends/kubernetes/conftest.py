import pytest

from aideator_cli.backends.kubernetes import KubernetesBackend
from tests.fixtures.cluster import Cluster


@pytest.fixture
def backend(cluster: Cluster, namespace: str, monkeypatch: pytest.MonkeyPatch) -> KubernetesBackend:
    """The tests' cluster, in the test's own namespace."""
    monkeypatch.setenv("KUBECONFIG", cluster.kubeconfig)
    return KubernetesBackend.connect(cluster.context, namespace, "jane")
