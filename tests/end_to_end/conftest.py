"""One scenario, two places: the same code runs on the real cluster and on this machine."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.user import User
from tests.fixtures.cluster import Cluster, Kubectl
from tests.fixtures.git_server import GitServer
from tests.fixtures.openai_server import ScriptedOpenAI
from tests.fixtures.script_player import Element


@dataclass(frozen=True)
class Place:
    """Where a test's agents run, and what they reach there."""

    name: str
    user: User
    git: GitServer
    provide: Callable[[Mapping[str, Sequence[Element]]], ScriptedOpenAI]  # a provider with its key
    namespace: str = ""
    kubectl: Kubectl | None = None


@pytest.fixture(params=["local", pytest.param("kubernetes", marks=pytest.mark.cluster)])
def place(request: pytest.FixtureRequest) -> Place:
    made: Place = request.getfixturevalue(f"{request.param}_place")
    return made


@pytest.fixture
def local_place(
    tmp_path: Path, git_server: Callable[..., GitServer], openai_server: Callable[..., ScriptedOpenAI]
) -> Place:
    environment = _environment(tmp_path) | {"OPENAI_API_KEY": "sk-local-fake", "KUBECONFIG": str(tmp_path / "none")}
    user = User(environment, ["--backend", "local", "--allow-local-shell"], tmp_path)
    return Place("local", user, git_server(), lambda scripts: openai_server(scripts, key="sk-local-fake"))


@pytest.fixture
def kubernetes_place(
    tmp_path: Path,
    cluster: Cluster,
    namespace: str,
    secret: "object",
    agent_image: str,
    bridge_address: str,
    git_server: Callable[..., GitServer],
    openai_server: Callable[..., ScriptedOpenAI],
) -> Place:
    environment = _environment(tmp_path) | cluster_environment(cluster)
    options = ["--context", cluster.context, "--namespace", namespace, "--agent-image", agent_image]
    key = str(getattr(secret, "key"))  # noqa: B009
    return Place(
        "kubernetes", User(environment, options, tmp_path), git_server(bridge_address),
        lambda scripts: openai_server(scripts, bridge_address, key=key), namespace, cluster.kubectl,
    )  # fmt: skip


def cluster_environment(cluster: Cluster) -> dict[str, str]:
    return {"KUBECONFIG": cluster.kubeconfig}


def _environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_TOKEN"))}
    return kept | {"AIDEATOR_HOME": str(tmp_path / "home"), "COLUMNS": "120", "NO_COLOR": "1"}
