"""What is sent beside a run's spec, as objects of the cluster."""

import errno
import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aideator_agent.spec import Piece, RunSpec, Sent
from aideator_cli.actions.fetching import fetch
from aideator_cli.backends import parcel
from aideator_cli.backends.kubernetes import KubernetesBackend, parcels
from aideator_cli.errors import AideatorError, ExitCode
from tests.backends.kubernetes.specs import run_spec
from tests.backends.kubernetes.test_submit import IMAGE, as_limited, ours, role
from tests.faults.waiting import until
from tests.fixtures.cluster import Cluster, Kubectl


def sent_spec(runs: Path, variations: int = 1, *, commits: int = 2_000_000, carried: int = 10) -> RunSpec:
    """A run whose files lie in the data folder."""
    folder = runs.parent
    pieces = {}
    for name, count in (("commits", commits), ("carried", carried)):
        data = os.urandom(count)
        (folder / name).write_bytes(data)
        pieces[name] = Piece(count, hashlib.sha256(data).hexdigest())
    spec = run_spec(variations, agent_image=IMAGE, sent=Sent(**pieces))
    parcel.keep(runs, spec.id, {name: folder / name for name in pieces})
    return spec


def test_the_parts_are_small_and_have_every_byte_in_order(tmp_path: Path) -> None:
    spec = sent_spec(tmp_path / "runs", commits=parcels.PART_BYTES * 2 + 1)
    parts = parcels.parts(spec)
    assert [(part.kind, part.file) for part in parts] == [
        ("ConfigMap", "commits.000"), ("ConfigMap", "commits.001"), ("ConfigMap", "commits.002"), ("Secret", "carried.000"),
    ]  # fmt: skip
    assert [part.offset for part in parts] == [0, parcels.PART_BYTES, 2 * parcels.PART_BYTES, 0]
    assert parcels.parts(run_spec()) == []


def test_nothing_stays_of_a_parcel_that_could_not_be_stored(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("1")
    with pytest.raises(AideatorError):
        parcel.keep(tmp_path / "runs", "k3v9x2q", {"one": tmp_path / "one", "two": tmp_path / "gone"})
    assert list((tmp_path / "runs").iterdir()) == []


def test_nothing_stays_of_a_file_that_could_not_be_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object, to: Path) -> None:
        to.write_text("a part")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "one").write_text("1")
    with monkeypatch.context() as disk:
        disk.setattr(shutil, "copyfile", full)
        with pytest.raises(AideatorError, match="No space left"):
            parcel.add(tmp_path / "runs", "k3v9x2q", {"one": tmp_path / "one"})
    folder = parcel.place(tmp_path / "runs", "k3v9x2q")
    assert list(folder.iterdir()) == []
    parcel.add(tmp_path / "runs", "k3v9x2q", {"one": tmp_path / "one"})
    assert [path.name for path in folder.iterdir()] == ["one"]


def test_what_no_database_has_leaves_no_folder(tmp_path: Path) -> None:
    store = SimpleNamespace(is_shared=True, sent=lambda _: None)
    here: Any = SimpleNamespace(settings=SimpleNamespace(home=tmp_path), store=store)
    fetch(here, run_spec(sent=Sent(commits=Piece(1, "0" * 64))))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.mark.cluster
def test_it_goes_with_the_run_and_is_sent_again_by_a_retry(
    cluster: Cluster, kubectl: Kubectl, namespace: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", cluster.kubeconfig)
    backend = KubernetesBackend.connect(cluster.context, namespace, "jane", home=home)
    spec = sent_spec(home / "runs", 2)

    def owners() -> list[int]:
        names = [(part.kind.lower(), part.name) for part in parcels.parts(spec)]
        found: list[dict[str, Any]] = [kubectl.json("get", kind, name, "-n", namespace) for kind, name in names]
        return [len(item["metadata"].get("ownerReferences", ())) for item in found]

    backend.submit(spec)
    assert owners() == [1, 1, 1, 1]
    assert [*backend.runs()] == [spec.id]

    # the cluster has deleted everything: a retry sends it again from this machine, and from no other
    backend.remove(spec.id, [1, 2])
    kubectl(
        "wait", "--for=delete", "configmap,secret,job,pod", "-l", "app=aideator-agent", "-n", namespace, "--timeout=60s"
    )
    elsewhere = KubernetesBackend.connect(cluster.context, namespace, "jane")
    with pytest.raises(AideatorError, match="nor in the cluster any more"):
        elsewhere.resubmit(spec, {1: 2})
    assert ours(kubectl, namespace) == []
    backend.resubmit(spec, {1: 2})
    assert owners() == [1, 1, 1, 1]
    elsewhere.resubmit(spec, {2: 2})  # which finds it in the cluster
    assert len(kubectl.json("get", "jobs", "-n", namespace)["items"]) == 2

    backend.delete(spec.id)
    kubectl(
        "wait", "--for=delete", "configmap,secret,job", "-l", "app=aideator-agent", "-n", namespace, "--timeout=60s"
    )


@pytest.mark.cluster
def test_without_the_rights_nothing_is_left_behind(
    cluster: Cluster, kubectl: Kubectl, namespace: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = ["create", "get", "list", "watch", "patch", "delete"]
    role(
        kubectl, namespace, {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": everything},
        {"apiGroups": [""], "resources": ["configmaps", "pods"], "verbs": everything},
    )  # fmt: skip
    as_limited(cluster, namespace, home, monkeypatch)
    limited = KubernetesBackend.connect(cluster.context, namespace, home=home)
    with pytest.raises(AideatorError) as caught:
        limited.submit(sent_spec(home / "runs"))
    assert caught.value.code == ExitCode.REFUSED
    assert "may not create secrets" in caught.value.message
    until(lambda: ours(kubectl, namespace) == [], "the cluster has deleted what belonged to the run")

    large = sent_spec(home / "runs")
    assert large.sent
    with pytest.raises(AideatorError) as caught:
        limited.submit(replace(large, sent=replace(large.sent, by_connection=True)))
    assert caught.value.code == ExitCode.REFUSED
    assert "you may not use pods/attach" in caught.value.message
    for way_out in ("push the commit", "--backend local", "pods/attach"):
        assert way_out in str(caught.value.hint)
    until(lambda: ours(kubectl, namespace) == [], "the cluster has deleted what belonged to the run")
