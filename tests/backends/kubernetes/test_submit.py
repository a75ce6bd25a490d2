"""Submitting a run to a real cluster: all of it, or nothing and a reason."""

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from aideator_agent.spec import RunSpec, VariationSpec
from aideator_cli.backends.kubernetes import KubernetesBackend
from aideator_cli.errors import AideatorError, ExitCode, Taken
from tests.backends.kubernetes.specs import run_spec
from tests.fixtures.cluster import Cluster, Kubectl, Secret

IMAGE = "localhost/not-there:dev"


def ours(kubectl: Kubectl, namespace: str) -> list[str]:
    return kubectl(
        "get", "jobs,configmaps,secrets,pods", "-n", namespace, "-l", "app=aideator-agent", "-o", "name"
    ).split()


def refusal(backend: KubernetesBackend, spec: RunSpec) -> AideatorError:
    with pytest.raises(AideatorError) as told:
        backend.submit(spec)
    return told.value


def role(kubectl: Kubectl, namespace: str, *rules: dict[str, Any]) -> None:
    """What `limited` may do."""
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1"}
    subject = {"kind": "User", "name": "limited", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "Role", "name": "limited", "apiGroup": "rbac.authorization.k8s.io"}
    items = [
        kind | {"kind": "Role", "metadata": {"name": "limited"}, "rules": list(rules)},
        kind | {"kind": "RoleBinding", "metadata": {"name": "limited"}, "subjects": [subject], "roleRef": reference},
    ]
    for item in items:
        kubectl("apply", "-n", namespace, "-f", "-", stdin=json.dumps(item))


def as_limited(cluster: Cluster, namespace: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> KubernetesBackend:
    """The same cluster as a user who has only that role."""
    data = yaml.safe_load(Path(cluster.administrator).read_text())
    for user in data["users"]:
        user["user"]["as"] = "limited"
    (folder / "kubeconfig").write_text(yaml.safe_dump(data))
    monkeypatch.setenv("KUBECONFIG", str(folder / "kubeconfig"))
    return KubernetesBackend.connect(cluster.context, namespace)


def test_a_run_is_accepted_under_restricted_pod_security(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str
) -> None:
    spec = run_spec(3, agent_image=IMAGE)
    backend.submit(spec)

    jobs = kubectl.json("get", "jobs", "-n", namespace)["items"]
    assert sorted(job["metadata"]["name"] for job in jobs) == [f"agent-{spec.id}-{n}" for n in (1, 2, 3)]
    configmap = kubectl.json("get", "configmap", f"agent-{spec.id}", "-n", namespace)
    owners = {owner["uid"] for owner in configmap["metadata"]["ownerReferences"]}
    assert owners == {job["metadata"]["uid"] for job in jobs}
    assert configmap["metadata"]["annotations"]["aideator.dev/submission-id"] == spec.submission_id
    assert backend.load_spec(spec.id) == spec
    kubectl(
        "wait", "--for=create", "pod", "-n", namespace, "-l", f"aideator.dev/run={spec.id},aideator.dev/variation=3"
    )

    backend.delete(spec.id)
    kubectl("wait", "--for=delete", "pod,job,configmap", "-n", namespace, "-l", "app=aideator-agent", "--timeout=60s")
    assert ours(kubectl, namespace) == []
    assert backend.load_spec(spec.id) is None


def test_a_dry_runs_manifests_are_what_the_server_accepts(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str
) -> None:
    hostile = replace(run_spec(2, keys=("OPENAI_API_KEY",), model='x"\n---\n!!y: {{ z }} ☃'), prompt="a: 'b'\n---\n")
    text = yaml.safe_dump_all(backend.manifests(hostile))
    said = kubectl("create", "--dry-run=server", "-f", "-", stdin=text)
    assert said.count("created (server dry run)") == 3
    assert ours(kubectl, namespace) == []


def test_the_configmap_goes_with_the_last_job(backend: KubernetesBackend, kubectl: Kubectl, namespace: str) -> None:
    spec = run_spec(2, agent_image=IMAGE)
    backend.submit(spec)
    backend.remove(spec.id, [1])
    kubectl("wait", "--for=delete", "job", f"agent-{spec.id}-1", "-n", namespace, "--timeout=60s")
    assert [*backend.runs()] == [spec.id]
    backend.remove(spec.id, [2])
    kubectl("wait", "--for=delete", "configmap", f"agent-{spec.id}", "-n", namespace, "--timeout=60s")


def test_runs_are_listed_with_the_newest_first(backend: KubernetesBackend, kubectl: Kubectl, namespace: str) -> None:
    assert [*backend.runs()] == []
    older, newer = run_spec(agent_image=IMAGE), run_spec(agent_image=IMAGE)
    backend.submit(older)
    created = kubectl.json("get", "configmap", f"agent-{older.id}", "-n", namespace)["metadata"]["creationTimestamp"]
    for _ in range(200):  # time stamps have whole seconds
        probe = kubectl.json("create", "configmap", "probe", "-n", namespace, "--dry-run=server")["metadata"]
        if probe["creationTimestamp"] > created:
            break
    backend.submit(newer)
    assert [*backend.runs()] == [newer.id, older.id]


def test_an_interrupted_submission_is_mended(backend: KubernetesBackend, kubectl: Kubectl, namespace: str) -> None:
    spec = run_spec(2, agent_image=IMAGE)
    kubectl("create", "-f", "-", stdin=yaml.safe_dump_all(backend.manifests(spec)))
    backend.mend(spec)
    configmap = kubectl.json("get", "configmap", f"agent-{spec.id}", "-n", namespace)
    assert len(configmap["metadata"]["ownerReferences"]) == 2
    backend.mend(spec)
    assert kubectl.json("get", "configmap", f"agent-{spec.id}", "-n", namespace)["metadata"] == configmap["metadata"]


def test_the_same_submission_twice_is_one(backend: KubernetesBackend, kubectl: Kubectl, namespace: str) -> None:
    """As when the API server's answer is lost and the request is sent again."""
    spec = run_spec(2, agent_image=IMAGE)
    backend.submit(spec)
    backend.submit(spec)
    assert len(kubectl.json("get", "jobs", "-n", namespace)["items"]) == 2


def test_a_name_that_is_taken_is_told_with_its_owner(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str
) -> None:
    spec = run_spec(3, agent_image=IMAGE)
    theirs = f"agent-{spec.id}-2"
    taken = backend.manifests(replace(spec, submission_id="another"))[2]
    assert taken["metadata"]["name"] == theirs
    kubectl("create", "-f", "-", stdin=json.dumps(taken))

    told = refusal(backend, spec)
    assert theirs in told.message
    assert "submission another" in told.message
    assert told.code == ExitCode.REFUSED
    kubectl("wait", "--for=delete", "job", f"agent-{spec.id}-1", f"agent-{spec.id}-3", "-n", namespace, "--timeout=60s")
    assert [name for name in ours(kubectl, namespace) if not name.startswith("pod/")] == [f"job.batch/{theirs}"]


def test_a_namespace_that_does_not_exist(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", cluster.administrator)
    nowhere = KubernetesBackend.connect(cluster.context, "no-such-namespace")
    for spec in (run_spec(agent_image=IMAGE), run_spec(agent_image=IMAGE, keys=("OPENAI_API_KEY",))):
        told = refusal(nowhere, spec)
        assert "namespace no-such-namespace does not exist" in told.message
        assert "create namespace no-such-namespace" in (told.hint or "")
        assert told.code == ExitCode.NOT_FOUND


def test_a_secret_that_is_missing_comes_with_the_command_that_makes_it(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str
) -> None:
    spec = run_spec(2, keys=("OPENAI_API_KEY",), model="openai/gpt", agent_image=IMAGE)
    told = refusal(backend, spec)
    assert told.message == (
        f"Secret aideator-keys does not exist in namespace {namespace}; openai/gpt needs its OPENAI_API_KEY"
    )
    assert told.code == ExitCode.NOT_FOUND
    assert "aideator secret set OPENAI_API_KEY --secret aideator-keys" in (told.hint or "")
    assert ours(kubectl, namespace) == []

    kubectl("create", "secret", "generic", "aideator-keys", "-n", namespace, "--from-literal=OPENAI_API_KEY=sk-1")
    backend.submit(spec)


def test_a_key_that_is_missing_is_named_with_its_model(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str, secret: Secret
) -> None:
    gpt = VariationSpec(1, "openai/gpt", keys=("OPENAI_API_KEY",))
    claude = VariationSpec(2, "anthropic/claude", keys=("ANTHROPIC_API_KEY",))
    told = refusal(backend, replace(run_spec(agent_image=IMAGE), variations=(gpt, claude)))
    assert (
        told.message
        == f"Secret {secret.name} in namespace {namespace} has no ANTHROPIC_API_KEY, which anthropic/claude needs"
    )
    assert "aideator secret set ANTHROPIC_API_KEY --secret aideator-keys" in (told.hint or "")
    assert ours(kubectl, namespace) == []


def test_the_users_own_secret_comes_first(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str, secret: Secret
) -> None:
    kubectl(
        "create", "secret", "generic", "aideator-keys-jane", "-n", namespace, "--from-literal=OPENAI_API_KEY=sk-jane"
    )
    spec = run_spec(keys=("OPENAI_API_KEY",), agent_image=IMAGE)
    backend.submit(spec)
    job = kubectl.json("get", "job", f"agent-{spec.id}-1", "-n", namespace)
    entries = job["spec"]["template"]["spec"]["containers"][0]["env"]
    names = {
        entry["valueFrom"]["secretKeyRef"]["name"] for entry in entries if "secretKeyRef" in entry.get("valueFrom", {})
    }
    assert names == {"aideator-keys-jane"}
    assert secret.name == "aideator-keys"


def test_a_forbidden_verb_names_the_missing_rule_and_leaves_nothing(
    cluster: Cluster, kubectl: Kubectl, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configmaps = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "get", "list", "patch", "delete"]}
    role(kubectl, namespace, configmaps, {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["list"]})
    told = refusal(as_limited(cluster, namespace, tmp_path, monkeypatch), run_spec(2, agent_image=IMAGE))
    assert told.message == f"limited may not create jobs in namespace {namespace}"
    assert told.hint is not None
    assert '{apiGroups: ["batch"], resources: ["jobs"], verbs: ["create"]}' in told.hint
    assert told.code == ExitCode.REFUSED
    assert ours(kubectl, namespace) == []


def test_least_rights_are_enough(
    cluster: Cluster, kubectl: Kubectl, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No right to read Secrets or events: the pods will tell of a missing key."""
    role(
        kubectl,
        namespace,
        {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create", "get", "list", "watch", "patch", "delete"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch", "patch"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["create", "get", "list", "patch", "delete"]},
    )
    backend = as_limited(cluster, namespace, tmp_path, monkeypatch)
    spec = run_spec(2, keys=("OPENAI_API_KEY",), agent_image=IMAGE)
    backend.submit(spec)
    stop = threading.Event()
    assert next(iter(backend.watch(spec, stop)))
    assert [*backend.runs()] == [spec.id]
    backend.cancel(spec.id, [1, 2])
    backend.delete(spec.id)
    kubectl("wait", "--for=delete", "job,configmap", "-n", namespace, "-l", "app=aideator-agent", "--timeout=60s")


def test_a_quota_that_refuses_a_job_takes_the_others_back(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str
) -> None:
    kubectl("create", "quota", "jobs", "-n", namespace, "--hard=count/jobs.batch=2")
    kubectl("wait", "--for=jsonpath={.status.hard}", "quota", "jobs", "-n", namespace, "--timeout=30s")
    told = refusal(backend, run_spec(4, agent_image=IMAGE))
    assert "quota" in told.message
    assert "count/jobs.batch" in told.message
    assert told.code == ExitCode.REFUSED
    kubectl("wait", "--for=delete", "job,configmap", "-n", namespace, "-l", "app=aideator-agent", "--timeout=60s")


def test_a_cluster_that_does_not_answer(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = yaml.safe_load(Path(cluster.kubeconfig).read_text())
    for item in data["clusters"]:
        item["cluster"]["server"] = "https://127.0.0.1:9"
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(data))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    told = refusal(KubernetesBackend.connect(cluster.context, "team"), run_spec())
    assert cluster.context in told.message
    assert "https://127.0.0.1:9" in told.message
    assert told.code == ExitCode.UNAVAILABLE


def test_a_certificate_of_another_authority(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = yaml.safe_load(Path(cluster.kubeconfig).read_text())
    for item in data["clusters"]:
        item["cluster"].pop("certificate-authority-data", None)
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(data))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    told = refusal(KubernetesBackend.connect(cluster.context, "team"), run_spec())
    assert "certificate" in told.message
    assert "certificate-authority" in (told.hint or "")
    assert told.code == ExitCode.UNAVAILABLE


def test_of_two_machines_that_begin_one_run_the_second_is_refused_and_takes_nothing_away(
    backend: KubernetesBackend, kubectl: Kubectl, namespace: str
) -> None:
    """A step of a team has the same id wherever it is begun. Each submission has its own."""
    spec = run_spec(2, agent_image=IMAGE)
    backend.submit(spec)
    made = ours(kubectl, namespace)
    told = refusal(backend, replace(spec, submission_id="00000000-0000-4000-8000-000000000000"))
    assert isinstance(told, Taken)
    assert "already exists" in told.message
    assert "left behind" not in told.message
    assert [name for name in ours(kubectl, namespace) if not name.startswith("pod/")] == [
        name for name in made if not name.startswith("pod/")
    ]
    assert backend.load_spec(spec.id) == spec
