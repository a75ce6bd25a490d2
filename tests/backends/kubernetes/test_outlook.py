"""What every submission asks of the cluster is asked while the run is planned, unless that could disturb somebody."""

import sys
from pathlib import Path

import pytest

from aideator_cli.backends.kubernetes import KubernetesBackend
from tests.backends.kubernetes.api_server import Fake, answering, write_kubeconfig
from tests.backends.kubernetes.specs import run_spec
from tests.backends.kubernetes.test_lost_answers import Namespace
from tests.faults.waiting import until

ASKED = (
    "GET /api/v1/namespaces/team/limitranges",
    "GET /api/v1/namespaces/team/resourcequotas",
    "GET /version",
    "POST /apis/authentication.k8s.io/v1/selfsubjectreviews",
)


def backend(fake: Fake, folder: Path, monkeypatch: pytest.MonkeyPatch, *, plugin: bool = False) -> KubernetesBackend:
    """`plugin`: of credentials, which may ask whoever sits at the terminal."""
    asks = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "interactiveMode": "IfAvailable",
    }
    path = write_kubeconfig(folder / "kubeconfig", fake.url, {"exec": asks} if plugin else {"token": "t"})
    monkeypatch.setenv("KUBECONFIG", str(path))
    return KubernetesBackend.connect(None, None, home=folder, interactive=True)


def asked(fake: Fake) -> list[str]:
    return sorted(request for request in fake.requests if request in ASKED)


def test_it_is_asked_once_before_there_is_a_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(Namespace().answer) as fake:
        place = backend(fake, tmp_path, monkeypatch)
        place.prepare()
        until(lambda: len(fake.requests) == len(ASKED), "the cluster is asked")
        place.submit(run_spec(1))
        assert asked(fake) == [*ASKED]
        place.submit(run_spec(1))  # by then it may be different
        assert asked(fake) == sorted(2 * ASKED)


def test_what_could_not_be_asked_then_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    namespace = Namespace(refuses=lambda handler: handler.path == "/version")
    with answering(namespace.answer) as fake:
        place = backend(fake, tmp_path, monkeypatch)
    place.prepare()
    outlook = place._outlook
    assert outlook is not None
    answers = (outlook.version, outlook.who, outlook.ranges, outlook.quotas)
    until(lambda: all(each.done() for each in answers), "there is no server")
    with answering(namespace.answer, port=int(fake.url.rpartition(":")[2])) as fake:
        place.submit(run_spec(1))
        assert asked(fake) == [*ASKED]


def test_no_credential_plugin_asks_a_person_before_they_know_what_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(Namespace().answer) as fake:
        place = backend(fake, tmp_path, monkeypatch, plugin=True)
        place.prepare()
        assert place._outlook is None
