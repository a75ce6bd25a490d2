"""What goes wrong with a cluster is told in words, with a way out and its own exit code, and leaves no object behind."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.changes import FILES
from tests.end_to_end.conftest import Place
from tests.end_to_end.user import Done, User
from tests.fixtures.cluster import Cluster, Kubectl

SCRIPT = "- say: Nothing to do.\n"


@pytest.fixture
def scripted(tmp_path: Path) -> list[str]:
    (tmp_path / "script.yaml").write_text(SCRIPT)
    return ["--model", f"scripted/{tmp_path / 'script.yaml'}", "-n", "2"]


@pytest.fixture
def place(kubernetes_place: Place) -> Iterator[Place]:
    kubernetes_place.git.add("project", FILES)
    yield kubernetes_place
    assert kubernetes_place.kubectl
    _nothing_is_left(kubernetes_place.kubectl, kubernetes_place.namespace)


def _nothing_is_left(kubectl: Kubectl, namespace: str) -> None:
    for kind in ("job", "pod", "configmap"):
        kubectl("wait", "--for=delete", kind, "-l", "app=aideator-agent", "-n", namespace, "--timeout=60s")


def run(place: Place, *words: str, without: tuple[str, ...] = ()) -> Done:
    options = list(place.user.options)
    for option in without:
        at = options.index(option)
        del options[at : at + 2]
    return replace(place.user, options=options).run(place.git.url("project"), "Do it.", *words)


def test_a_namespace_that_does_not_exist(place: Place, scripted: list[str], cluster: Cluster) -> None:
    """Who has rights in one namespace alone is not told whether there is another."""
    done = run(place, *scripted, "--namespace", "no-such-namespace", without=("--namespace",))
    assert done.code == (5 if cluster.user else 3)
    assert "namespace no-such-namespace" in done.err


def test_a_context_that_does_not_exist(place: Place, scripted: list[str]) -> None:
    done = run(place, *scripted, "--context", "no-such-context", without=("--context",))
    assert done.code in (3, 4)
    assert "no-such-context" in done.err
    assert "aideator-test" in done.err


def test_a_key_that_the_secret_does_not_have(place: Place) -> None:
    done = run(place, "--model", "claude-sonnet-4-5")
    assert done.code == 3
    assert f"Secret aideator-keys in namespace {place.namespace} has no ANTHROPIC_API_KEY" in done.err
    assert "aideator secret set ANTHROPIC_API_KEY --secret aideator-keys" in done.err


def test_a_secret_that_does_not_exist(place: Place) -> None:
    done = run(place, "--model", "gpt-5", "--secret", "no-such-secret")
    assert done.code == 3
    assert "no-such-secret" in done.err


def test_a_quota_that_allows_no_pod(place: Place, scripted: list[str]) -> None:
    assert place.kubectl
    place.kubectl("create", "quota", "none", "--hard=pods=0", "-n", place.namespace)
    place.kubectl("wait", "--for=jsonpath={.status.hard.pods}=0", "quota/none", "-n", place.namespace, "--timeout=30s")
    done = run(place, *scripted)
    assert done.code == 5, done.err
    assert f"the quota none of namespace {place.namespace} allows no pods" in done.err


def test_an_image_that_does_not_exist(place: Place, scripted: list[str]) -> None:
    done = run(
        place,
        *scripted,
        "--agent-image",
        "registry.invalid/no-such-image:1",
        "--start-timeout",
        "6s",
        without=("--agent-image",),
    )
    assert done.code == 4
    assert "registry.invalid/no-such-image:1" in done.out.decode()


def test_an_image_name_that_is_no_name(place: Place, scripted: list[str]) -> None:
    done = run(place, *scripted, "--image", "UPPER CASE")
    assert done.code == 4
    assert "UPPER CASE" in done.out.decode()


@pytest.mark.alone
def test_a_node_that_takes_no_pod(place: Place, scripted: list[str], cluster: Cluster) -> None:
    if not cluster.throw_away:
        pytest.skip("only the throw-away cluster's node may be cordoned")
    cluster.kubectl("cordon", "node")
    try:
        done = run(place, *scripted, "--start-timeout", "4s")
    finally:
        cluster.kubectl("uncordon", "node")
    assert done.code == 4
    assert "did not start within 4 s" in done.out.decode()
    assert "unschedulable" in done.out.decode()


def test_a_user_who_may_not(place: Place, scripted: list[str], cluster: Cluster, tmp_path: Path) -> None:
    done = _as_stranger(place, cluster, tmp_path).run(place.git.url("project"), "Do it.", *scripted)
    assert done.code == 5
    assert "may not create" in done.err
    assert "configmaps" in done.err
    assert "left behind" not in done.err


def _as_stranger(place: Place, cluster: Cluster, tmp_path: Path) -> User:
    """A service account without any right."""
    cluster.kubectl("create", "serviceaccount", "stranger", "-n", place.namespace)
    token = cluster.kubectl("create", "token", "stranger", "-n", place.namespace).strip()
    config = yaml.safe_load(Path(cluster.kubeconfig.split(":")[0]).read_text())
    for user in config["users"]:
        user["user"] = {"token": token}
    (tmp_path / "stranger.kubeconfig").write_text(json.dumps(config))
    return replace(
        place.user, environment={**place.user.environment, "KUBECONFIG": str(tmp_path / "stranger.kubeconfig")}
    )


def test_a_cluster_that_is_down(place: Place, scripted: list[str], cluster: Cluster, tmp_path: Path) -> None:
    config = yaml.safe_load(Path(cluster.kubeconfig.split(":")[0]).read_text())
    for entry in config["clusters"]:
        entry["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "down.kubeconfig").write_text(json.dumps(config))
    user = replace(place.user, environment={**place.user.environment, "KUBECONFIG": str(tmp_path / "down.kubeconfig")})
    done = user.run(place.git.url("project"), "Do it.", *scripted)
    assert done.code == 4
    assert "cluster aideator-test does not answer" in done.err
    assert "https://127.0.0.1:1" in done.err
    assert not (tmp_path / "home" / "runs").exists()


def test_the_manifests_of_a_dry_run_are_accepted_by_the_server(place: Place, scripted: list[str]) -> None:
    done = run(place, *scripted, "--dry-run")
    assert done.code == 0, done.err
    assert place.kubectl
    accepted = place.kubectl("create", "--dry-run=server", "-n", place.namespace, "-f", "-", stdin=done.out.decode())
    assert accepted.count("created (server dry run)") == 3


def test_a_repository_that_only_a_pod_could_find_is_the_agents_word(place: Place, scripted: list[str]) -> None:
    """A host that is not reached from here may still be reached from the cluster: each agent says what it found."""
    done = replace(place.user).call(
        "run", "http://127.0.0.1:9/project.git", "Do it.", *place.user.options, *scripted, "--json"
    )
    assert done.code == 1
    assert {r["fault"] for r in done.of("result")} == {"repository"}
    run_id = done.of("event")[0]["run"]
    told = place.user.call("prune", "--keep", "0", "--json").of("pruned")
    assert [(each["run"], each["would_delete"]) for each in told] == [(run_id, True)]
    assert place.user.call("prune", "--keep", "0", "--yes").code == 0, (
        "the place sees that the cluster has nothing of it"
    )


@pytest.mark.cluster
def test_kubectl_runs_it_as_a_plugin_and_completes_it(cluster: Cluster, tmp_path: Path) -> None:
    program = without_options(cluster)
    programs = Path(sys.executable).parent
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(tmp_path), "AIDEATOR_HOME": str(tmp_path / "home")}

    def kubectl(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*program, *words], capture_output=True, text=True, check=False, env=environment)

    assert kubectl("aideator", "version").stdout.startswith("aideator ")
    assert kubectl("aideator", "show", "--help").stdout.startswith("Usage: kubectl aideator show [OPTIONS] ")
    wrong = kubectl("aideator", "shwo")
    assert wrong.returncode == 2
    assert wrong.stderr.endswith(" hint: kubectl aideator --help\n")
    assert kubectl("__complete", "aideator", "watch", "--view", "li").stdout == "live\nlines\n:36\n"


def without_options(cluster: Cluster) -> Sequence[str]:
    """kubectl takes no options before a plugin's name, and the throw-away cluster's kubectl is a script that gives it some."""
    if not cluster.throw_away:
        return ("kubectl",)
    words = shlex.split(Path(cluster.kubectl.command[0]).read_text().splitlines()[-1])
    return words[words.index("exec") + 1 : words.index("--kubeconfig")]
