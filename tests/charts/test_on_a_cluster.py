"""The chart on a real cluster, and `aideator` with nothing but what the chart grants."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.changes import FILES, script
from tests.end_to_end.conftest import Place, kubernetes_place
from tests.end_to_end.user import finish
from tests.fixtures.chart import CHART, Helm
from tests.fixtures.cluster import Cluster, Kubectl, named_for_tests
from tests.fixtures.repositories import git
from tests.fixtures.role import write_kubeconfig
from tests.fixtures.script_player import Element
from tests.fixtures.servers import GitServers

__all__ = ["kubernetes_place"]
KINDS = "serviceaccount,role,rolebinding,resourcequota,limitrange,networkpolicy,job,configmap"
LABEL = "app.kubernetes.io/part-of=aideator"


@pytest.fixture
def administrator(cluster: Cluster, helm: Helm) -> Helm:
    """Helm with the rights of a platform team."""
    return helm.on(cluster.administrator, cluster.context)


@pytest.fixture
def made_by_the_chart(kubectl: Kubectl) -> Iterator[str]:
    """The name of a namespace that a test has the chart make, and of a PriorityClass."""
    name = named_for_tests()
    yield name
    kubectl("delete", "priorityclass", name, "--ignore-not-found")
    kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")


def test_it_is_installed_upgraded_tested_and_uninstalled(
    administrator: Helm, kubectl: Kubectl, namespace: str, made_by_the_chart: str, agent_image: str, bridge_address: str,
    git_server: GitServers, tmp_path: Path,
) -> None:  # fmt: skip
    server = git_server(bridge_address)
    server.add("project", {"README.md": "# Sums up\n", "sum.py": "print(1 + 1)\n"})
    values = {
        "namespace": {"name": made_by_the_chart, "create": True},
        "repoUrl": server.url("project"),
        "agentImage": agent_image,
        "quota": {"enabled": True, "hard": {"pods": 2}},
        "limitRange": {"enabled": True, "limits": [{"type": "Container", "max": {"cpu": 2}}]},
        "priorityClass": {"create": True, "name": made_by_the_chart},
    }
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values))
    release = ["aideator", str(CHART), "--namespace", namespace, "-f", str(tmp_path / "values.yaml")]

    said = administrator("install", *release)
    assert f"AIdeator can run agents in namespace {made_by_the_chart}." in said
    labels = kubectl.json("get", "namespace", made_by_the_chart)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"

    administrator("upgrade", *release, "--set", "quota.hard.pods=3", "--set", "networkPolicy.enabled=false")
    quota = kubectl.json("get", "resourcequota", "aideator", "-n", made_by_the_chart)
    assert quota["spec"]["hard"] == {"pods": "3"}
    assert names(kubectl, made_by_the_chart, "networkpolicy") == []

    assert "Succeeded" in administrator("test", "aideator", "--namespace", namespace)
    log = kubectl("logs", "-n", made_by_the_chart, "job/agent-job-dev-test")
    events = [json.loads(line) for line in log.splitlines()]
    assert [e["outcome"] for e in events if e["type"] == "end"] == ["no_changes"]
    assert any("# Sums up" in e["text"] for e in events if e["type"] == "output")

    administrator("uninstall", "aideator", "--namespace", namespace)
    assert names(kubectl, made_by_the_chart, KINDS) == ["job.batch/agent-job-dev-test"]  # for its log
    assert kubectl.run("get", "priorityclass", made_by_the_chart).returncode == 1
    assert kubectl.json("get", "namespace", made_by_the_chart)["status"]["phase"] == "Active"


def names(kubectl: Kubectl, namespace: str, kinds: str) -> list[str]:
    return kubectl("get", kinds, "-n", namespace, "-l", LABEL, "-o", "name").split()


@pytest.fixture
def user(administrator: Helm, kubernetes_place: Place, cluster: Cluster, tmp_path: Path) -> Place:
    """Somebody with the chart's Role and no other right, in a namespace with the chart's quota and LimitRange."""
    place = kubernetes_place
    viewers = json.dumps([{"kind": "ServiceAccount", "name": "viewer"}])
    limits = json.dumps([{"type": "Container", "max": {"cpu": "1", "memory": "2Gi"}, "default": {"memory": "256Mi"}}])
    options = ["--namespace", place.namespace, "--set-json", f"rbac.viewers={viewers}", "--set", "test.enabled=false"]
    options += ["--set-json", f"limitRange.limits={limits}", "--set", "limitRange.enabled=true,quota.enabled=true"]
    options += ["--set", "quota.hard.pods=3,quota.hard.limits\\.memory=18Gi"]
    administrator("install", "team", str(CHART), *options)
    cluster.kubectl("create", "serviceaccount", "viewer", "-n", place.namespace)
    return as_account(place, cluster, "team-aideator", tmp_path)


def as_account(place: Place, cluster: Cluster, account: str, tmp_path: Path) -> Place:
    path = tmp_path / f"{account}.kubeconfig"
    write_kubeconfig(path, cluster, place.namespace, account)
    own = {"KUBECONFIG": str(path), "AIDEATOR_HOME": str(tmp_path / f"home-of-{account}")}
    return replace(place, user=replace(place.user, environment={**place.user.environment, **own}))


SLOW: list[Element] = [{"calls": [{"tool": "bash", "arguments": {"command": "echo started; sleep 600"}}]}]


def test_a_user_with_the_role_does_everything_and_a_viewer_sees_everything(
    user: Place, cluster: Cluster, tmp_path: Path
) -> None:
    viewer = as_account(user, cluster, "viewer", tmp_path).user
    where = ["--context", cluster.context, "--namespace", user.namespace]
    user.git.add("project", FILES)
    for name, turns in (("small", script("small")), ("slow", SLOW)):
        (user.user.folder / f"{name}.yaml").write_text(yaml.safe_dump(turns))
    url = user.git.url("project")
    without_key = user.user.run(url, "Do it.", "--model", "claude-sonnet-4-5")
    assert "Secret aideator-keys in namespace" in without_key.err
    assert "has no ANTHROPIC_API_KEY" in without_key.err

    models = ["--model", "scripted/small.yaml,scripted/slow.yaml", "-n", "2"]
    running = user.user.start("run", url, "Do it.", *user.user.options, *models, "--json")
    run = run_that_has_started(running)

    watching = viewer.start("watch", run, *where, "--json")
    stopped = viewer.call("cancel", f"{run}/2", *where)
    assert (stopped.code, "viewer may not patch pods" in stopped.err) == (5, True), stopped.err
    assert user.user.call("cancel", f"{run}/2").code == 0
    ran, watched = finish(running), finish(watching)
    assert [r["outcome"] for r in ran.of("result")] == ["succeeded", "cancelled"], ran.err
    assert watched.of("result") == ran.of("result"), watched.err

    git(tmp_path, "clone", "--quiet", url, "clone")
    for words in (("select", run, "1"), ("apply", run, "-C", str(tmp_path / "clone"))):
        done = user.user.call(*words)
        assert done.code == 0, done.err
    assert git(tmp_path / "clone", "status", "--porcelain") == " M src/app.py"
    assert user.user.call("delete", run).code == 0
    gone = ("--for=delete", "job,configmap", "-l", f"aideator.dev/run={run}", "--timeout=60s")
    cluster.kubectl("wait", "-n", user.namespace, *gone)


def test_an_image_without_python_is_enough_for_commands_and_checks(
    user: Place, bare_image: str, cluster: Cluster
) -> None:
    """In a namespace with Pod Security `restricted`, a quota and a LimitRange, by a user with the Role alone."""
    level = cluster.kubectl.json("get", "namespace", user.namespace)["metadata"]["labels"]
    assert level["pod-security.kubernetes.io/enforce"] == "restricted"
    user.git.add("project", FILES)
    look = "command -v python3 git; printf 'x = 2\\n' > src/app.py; id -u"
    turns = [{"calls": [{"tool": "bash", "arguments": {"command": look}}]}]
    (user.user.folder / "look.yaml").write_text(yaml.safe_dump(turns))
    words = ["--model", "scripted/look.yaml", "-n", "1", "--image", bare_image, "--verify", "grep 'x = 2' src/app.py"]
    done = user.user.run(user.git.url("project"), "Do it.", *words, "--json")
    assert done.code == 0, done.err
    events = [record["event"] for record in done.of("event")]
    assert [event["text"] for event in events if event["type"] == "output"] == ["1000\n"]
    exits = {(event["on"], event["exit_code"]) for event in events if event["type"] == "check"}
    assert exits == {("base", 1), ("patch", 0)}
    tight = user.user.run(user.git.url("project"), "Do it.", *words, "--memory", "8Gi")
    assert (tight.code, "LimitRange team-aideator of namespace" in tight.err) == (5, True), tight.err


def run_that_has_started(process: subprocess.Popen[bytes]) -> str:
    """Once the slow agent is at work."""
    assert process.stdout is not None
    for line in process.stdout:
        record = json.loads(line)
        if record["kind"] == "event" and record["event"]["type"] == "output" and record["variation"] == 2:
            return str(record["run"])
    raise AssertionError(finish(process).err)
