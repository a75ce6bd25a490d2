"""The pod that fits, on a real cluster: what its containers get, under which user, beside whom, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.end_to_end.conftest import Place
from tests.end_to_end.user import Done
from tests.fixtures.cluster import Cluster, Kubectl
from tests.fixtures.quota import RESTRICTED
from tests.fixtures.tls import Authority
from tests.fixtures.webhook import Patch, mutating

LOOK = (
    'echo "user $(id -u) $(id -g) $USER"; echo "env $STAGE $TOKEN $https_proxy"; touch ~/x /tmp/x y && echo writable;'
    "git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && echo committed;"
    "grep -c 'BEGIN CERT' $SSL_CERT_FILE | grep -vc '^[01]$'; getent hosts registry.test; cat /sys/fs/cgroup/memory.max "
    "/sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null"
)


@pytest.fixture
def place(kubernetes_place: Place) -> Place:
    kubernetes_place.git.add("project", {"a.py": "x = 1\n"})
    return kubernetes_place


def run(place: Place, command: str, *words: str) -> Done:
    script = place.user.folder / "script.yaml"
    script.write_text(yaml.safe_dump([{"calls": [{"tool": "bash", "arguments": {"command": command}}]}]))
    model = ("--model", f"scripted/{script}", "-n", "1")
    return place.user.run(place.git.url("project"), "Look around.", *model, "--json", *words)


def output(done: Done) -> str:
    return "".join(each["event"]["text"] for each in done.of("event") if each["event"]["type"] == "output")


def pods(kubectl: Kubectl, namespace: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = kubectl.json("get", "pods", "-n", namespace, "-l", "app=aideator-agent")["items"]
    return found


def test_the_pod_is_as_the_user_says(place: Place, tmp_path: Path) -> None:
    kubectl, namespace = _kubectl(place), place.namespace
    kubectl("create", "secret", "generic", "tools", "-n", namespace, "--from-literal=TOKEN=t-1")
    kubectl("create", "serviceaccount", "builder", "-n", namespace)
    limits = {"type": "Container", "max": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "8Gi"}}
    _create(kubectl, namespace, "LimitRange", {"limits": [limits]})
    _create(kubectl, namespace, "ResourceQuota", {"hard": {"pods": "2", "limits.memory": "2Gi"}})
    (tmp_path / "patch.yaml").write_text(
        "spec: {hostAliases: [{ip: 10.0.0.7, hostnames: [registry.test]}],"
        " volumes: [{name: workspace, emptyDir: {sizeLimit: 1Gi}}]}"
    )
    words = (
        "--cpu", "50m:500m", "--memory", "128Mi:400Mi", "--run-as", "4321", "--service-account", "builder", "--toleration",
        "spot:NoSchedule", "--node-selector", "kubernetes.io/os=linux", "--label", "team=blue", "--annotation", "note=a b", "--env",
        "STAGE=$(HOME) $x", "--env-from", "tools", "--env", "https_proxy=http://127.0.0.1:9", "--env", f"no_proxy={_host(place)}",
        "--ca", str(Authority(tmp_path).certificate), "--pod-patch", str(tmp_path / "patch.yaml"),
        "--verify", "test \"$STAGE\" = '$(HOME) $x'",
    )  # fmt: skip
    done = run(place, LOOK, *words)
    assert done.code == 0, done.err
    assert output(done).splitlines() == [
        "user 4321 4321 agent", "env $(HOME) $x t-1 http://127.0.0.1:9", "writable", "committed", "1", "10.0.0.7        registry.test",
        str(400 * 2**20),
    ]  # fmt: skip
    assert "the model can read what commands can: --env STAGE, --env-from tools" in done.err
    (pod,) = pods(kubectl, namespace)
    assert pod["metadata"]["labels"].items() >= {"team": "blue", "sidecar.istio.io/inject": "false"}.items()
    assert pod["spec"]["serviceAccountName"] == "builder"
    run_id = done.of("event")[0]["run"]
    kept = json.loads(kubectl.json("get", "configmap", f"agent-{run_id}", "-n", namespace)["data"]["spec.json"])
    assert kept["pod"]["resources"]["memory"] == {"request": "128Mi", "limit": "400Mi"}


REFUSALS = (
    (
        ["--cpu", "1:9"],
        5,
        "LimitRange mine of namespace {namespace} allows a container a cpu limit of 4, and that of shell is 9",
    ),
    (
        ["--memory", "3Gi"],
        5,
        "the quota mine of namespace {namespace} allows 5Gi of limits.memory, and one pod needs 6Gi",
    ),
    (["--node-selector", "no-such/label=x"], 3, "has the label no-such/label=x (--node-selector)"),
    (["--env-from", "nothing"], 3, "Secret nothing (--env-from) does not exist in namespace {namespace}"),
    (
        ["--service-account", "nobody"],
        3,
        "ServiceAccount nobody (--service-account) does not exist in namespace {namespace}",
    ),
    (["--priority-class", "no-such"], 3, "PriorityClass no-such does not exist (--priority-class)"),
    (["--image", "localhost/pause:dev"], 4, "the image of shell (localhost/pause:dev) can't run /bin/sh"),
)


def test_what_the_cluster_can_not_give_is_said_and_nothing_is_left(place: Place, cluster: Cluster) -> None:
    kubectl = _kubectl(place)
    _create(kubectl, place.namespace, "LimitRange", {"limits": [{"type": "Container", "max": {"cpu": "4"}}]})
    _create(kubectl, place.namespace, "ResourceQuota", {"hard": {"limits.memory": "5Gi"}})
    # Who has only the chart's Role may not see what belongs to the cluster: such a pod waits for a node, or is refused by the server
    refused = [row for row in REFUSALS if not (cluster.user and row[0][0] == "--node-selector")]
    for words, known, told in refused:
        code = 5 if cluster.user and words[0] == "--priority-class" else known
        done = run(place, "true", *words)
        said = done.err + "".join(str(each) for each in done.records)
        assert (done.code, told.format(namespace=place.namespace) in said) == (code, True), said
    kubectl("wait", "--for=delete", "job,configmap", "-l", "app=aideator-agent", "-n", place.namespace, "--timeout=60s")


def test_an_image_that_is_not_the_agents_is_named(place: Place, bare_image: str) -> None:
    """Its own program is a shell, which would wait for input for ever."""
    done = run(place, "true", "--agent-image", bare_image)
    (result,) = done.of("result")
    assert done.code == 4
    assert result["summary"] == f"{bare_image} is not an image of AIdeator's agent; choose another with --agent-image"


PATCHES = {
    "spec: {nodeSelector: 5}": "cannot unmarshal number into Go struct field PodSpec.spec.nodeSelector",
    "spec: {initContainers: [{name: shell, resources: {limits: {memory: lots}}}]}": "quantities must match",
    "spec: {initContainers: [{name: shell, env: [{name: A, valeu: x}]}]}": 'unknown field "spec.initContainers[0].env[',
    "spec: {tolerations: [{key: a, operator: Sometimes}]}": 'spec.tolerations[0].operator: Unsupported value: "Sometimes"',
}


@pytest.mark.parametrize(("patch", "told"), PATCHES.items(), ids=PATCHES)
def test_a_patch_with_a_field_that_no_pod_has_is_refused(place: Place, tmp_path: Path, patch: str, told: str) -> None:
    (tmp_path / "patch.yaml").write_text(patch)
    done = run(place, "true", "--pod-patch", str(tmp_path / "patch.yaml"))
    assert done.code == 2
    assert f"error: the cluster can't take the pod patch: {told}" in done.err


def test_a_platform_that_gives_the_user_and_a_mesh_that_adds_a_container(place: Place, tmp_path: Path) -> None:
    """As OpenShift's restricted-v2 and an injected proxy do: a user id without a name, group 0, and a container that never ends."""
    kubectl, namespace = _kubectl(place), place.namespace
    image = place.user.options[place.user.options.index("--agent-image") + 1]

    def mutate(pod: dict[str, Any]) -> Patch:
        security = pod["spec"]["securityContext"]
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & security.keys()
        mesh = {"name": "mesh", "image": image, "securityContext": RESTRICTED,
                "command": ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]}  # fmt: skip
        return [
            {"op": "add", "path": "/spec/containers/0", "value": mesh},
            {"op": "add", "path": "/spec/securityContext/runAsUser", "value": 1000650000},
            {"op": "add", "path": "/spec/securityContext/runAsGroup", "value": 0},
            {"op": "add", "path": "/spec/securityContext/fsGroup", "value": 1000650000},
            {"op": "replace", "path": "/spec/terminationGracePeriodSeconds", "value": 1},
        ]

    with mutating(kubectl, namespace, _host(place), tmp_path, mutate):
        done = run(
            place, LOOK, "--run-as", "any", "--verify", "test -w ~ && python3 -c 'import getpass; getpass.getuser()'"
        )
    assert done.code == 0, done.err
    assert output(done).splitlines()[:4] == ["user 1000650000 0 agent", "env   ", "writable", "committed"]
    texts = [each["text"] for each in done.of("observation") if each["observed"] == "foreign_container"]
    assert texts == ["mesh still ran when the agent had ended; its pod is told to end"]
    kubectl(
        "wait",
        "--for=jsonpath={.status.phase}=Failed",
        "pod",
        "-l",
        "app=aideator-agent",
        "-n",
        namespace,
        "--timeout=60s",
    )
    run_id = done.of("event")[0]["run"]
    elsewhere = replace(
        place.user, environment={**place.user.environment, "AIDEATOR_HOME": str(tmp_path / "elsewhere")}
    )
    options = place.user.options[:4]
    shown = elsewhere.call("watch", run_id, *options, "--json")
    assert [each["outcome"] for each in shown.of("result")] == ["succeeded"]
    assert not [each for each in shown.of("observation") if each["observed"] == "foreign_container"]


def _kubectl(place: Place) -> Kubectl:
    assert place.kubectl
    return place.kubectl


def _host(place: Place) -> str:
    return place.git.url("x").split("/")[2].split(":")[0]


def _create(kubectl: Kubectl, namespace: str, kind: str, spec: dict[str, Any]) -> None:
    item = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "mine"}, "spec": spec}
    kubectl("create", "-n", namespace, "-f", "-", stdin=json.dumps(item))
    if kind == "ResourceQuota":
        kubectl("wait", "--for=jsonpath={.status.hard}", "quota/mine", "-n", namespace, "--timeout=30s")
