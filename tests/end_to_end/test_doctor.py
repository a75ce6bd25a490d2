"""`doctor` and `secret` on a real cluster: what is there is told as it is, and nothing is left behind."""

import json
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_cli.backends.kubernetes.rights import RIGHTS, Right
from tests.end_to_end.conftest import Place
from tests.end_to_end.user import Done, User, finish
from tests.fixtures.cluster import Cluster
from tests.fixtures.role import write_kubeconfig

NEEDED = [right for right in RIGHTS if not right.optional]
ABSENT = "registry.invalid/no-such-image:1"


def parts(done: Done, state: str) -> list[str]:
    return [record["part"] for record in done.of("finding") if record["state"] == state]


def text(done: Done, part: str) -> str:
    return " ".join(record["text"] for record in done.of("finding") if record["part"] == part)


def limited(place: Place, cluster: Cluster, folder: Path, *rights: Right) -> User:
    """A user who has these rights in the namespace, and no other."""
    assert place.kubectl
    account = "limited"
    rules = [{"apiGroups": [r.group], "resources": [r.path], "verbs": list(r.verbs)} for r in rights]
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1"}
    subject = {"kind": "ServiceAccount", "name": account, "namespace": place.namespace}
    reference = {"kind": "Role", "name": account, "apiGroup": "rbac.authorization.k8s.io"}
    place.kubectl("create", "serviceaccount", account, "-n", place.namespace)
    for item in (
        kind | {"kind": "Role", "metadata": {"name": account}, "rules": rules},
        kind | {"kind": "RoleBinding", "metadata": {"name": account}, "subjects": [subject], "roleRef": reference},
    ):
        place.kubectl("create", "-n", place.namespace, "-f", "-", stdin=json.dumps(item))
    path = folder / "limited.kubeconfig"
    write_kubeconfig(path, cluster, place.namespace, account)
    return replace(place.user, environment={**place.user.environment, "KUBECONFIG": str(path)})


@pytest.fixture
def place(kubernetes_place: Place) -> Iterator[Place]:
    assert kubernetes_place.kubectl
    kubernetes_place.kubectl("delete", "secret", "aideator-keys", "-n", kubernetes_place.namespace)
    yield kubernetes_place
    assert not left(kubernetes_place)


def left(place: Place) -> str:
    assert place.kubectl
    place.kubectl("wait", "--for=delete", "pod", "-l", "app=aideator-agent", "-n", place.namespace, "--timeout=60s")
    return place.kubectl("get", "jobs,configmaps,pods", "-l", "app=aideator-agent", "-n", place.namespace, "-o", "name")


def doctor(user: User, *words: str) -> list[str]:
    return ["doctor", *user.options, "--json", *words]


def test_with_the_needed_rights_alone_agents_can_run_and_the_model_answers_with_the_stored_key(
    place: Place, cluster: Cluster, tmp_path: Path
) -> None:
    key = "sk-doctor-0123456789abcdef"
    server = place.provide({"m": [{"say": "Hi."}]})
    server.key = key
    user = limited(place, cluster, tmp_path, *NEEDED, *(r for r in RIGHTS if r.resource == "secrets"))
    where = list(user.options[:4])

    (tmp_path / "key").write_text(f"{key}\n")
    assert user.call("secret", "set", "OPENAI_API_KEY", "--file", str(tmp_path / "key"), *where).code == 0
    listed = user.call("secret", "list", "--json", *where).of("key")
    assert [(entry["name"], entry["length"], entry["tail"]) for entry in listed] == [("OPENAI_API_KEY", 26, "cdef")]

    model = ("--model", "openai/m", "--api-base", server.url, "--yes", "--resolve", "localhost")
    done = user.call(*doctor(user, *model))
    assert done.code == 0, done.out
    assert parts(done, "broken") == []
    assert {"permissions", "pod security", "quota", "network"} <= set(parts(done, "note"))
    assert {"cluster", "namespace", "keys", "pod", "image", "names", "model"} <= set(parts(done, "ok"))
    assert [asked.key for asked in server.requests] == [key]

    assert user.call("secret", "delete", "OPENAI_API_KEY", "--yes", *where).code == 0
    assert place.kubectl
    assert "aideator-keys" not in place.kubectl("get", "secrets", "-n", place.namespace, "-o", "name")


def test_what_is_missing_is_named_and_a_pod_that_cannot_start_is_deleted_even_after_ctrl_c(
    place: Place, cluster: Cluster, tmp_path: Path
) -> None:
    stranger = limited(place, cluster, tmp_path)
    done = stranger.call(*doctor(stranger))
    assert done.code == 4
    assert set(parts(done, "broken")) == {"permissions"}
    assert parts(done, "broken").count("permissions") == len(NEEDED)
    assert "not tried" in text(done, "pod")

    done = place.user.call(*doctor(place.user, "--agent-image", ABSENT, "--start-timeout", "3s"))
    assert done.code == 4
    assert parts(done, "broken") == ["pod"]
    assert "registry.invalid" in text(done, "pod")
    assert not left(place)

    running = place.user.start(*doctor(place.user, "--agent-image", ABSENT, "--start-timeout", "5m"))
    assert place.kubectl
    place.kubectl("wait", "--for=create", "pod", "-l", "app=aideator-agent", "-n", place.namespace, "--timeout=60s")
    running.send_signal(signal.SIGINT)
    assert finish(running).code == 130


def test_a_namespace_that_is_being_deleted_is_said_by_doctor_and_by_run_before_anything_is_created(
    place: Place, cluster: Cluster, tmp_path: Path
) -> None:
    kubectl, name = place.kubectl, f"{place.namespace}-going"
    assert kubectl
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["aideator.dev/test"]}}
    kubectl("create", "namespace", name)
    try:
        kubectl("create", "-n", name, "-f", "-", stdin=json.dumps(held))
        user = limited(place, cluster, tmp_path)
        # Rights in the namespace alone would go with it
        kubectl(
            "create", "clusterrolebinding", name, "--clusterrole=edit", f"--serviceaccount={place.namespace}:limited"
        )
        kubectl("delete", "namespace", name, "--wait=false")
        where = ["--context", user.options[1], "--namespace", name]
        done = user.call("doctor", *where, "--json")
        assert done.code == 4
        assert "namespace" in parts(done, "broken")
        assert f"namespace {name} is being deleted" in text(done, "namespace")

        (tmp_path / "script.yaml").write_text("- say: Nothing.\n")
        for model in (f"scripted/{tmp_path / 'script.yaml'}", "gpt-5"):
            done = user.call("run", "http://127.0.0.1:9/p.git", "Do it.", *where, "--model", model)
            assert done.code == 3, done.err
            assert f"namespace {name} is being deleted" in done.err
            assert "choose another with `--namespace`" in done.err
        assert user.call("list").out == b""
    finally:
        kubectl.run("delete", "clusterrolebinding", name)
        patch = '{"metadata":{"finalizers":null}}'
        kubectl.run("patch", "configmap", "held", "-n", name, "--type=merge", "-p", patch)
