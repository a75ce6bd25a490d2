"""Who we are to the cluster."""

import base64
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.kubernetes import KubernetesBackend
from tests.kubernetes.api_server import Fake, Handler, answering, write_kubeconfig

PLUGIN = """
import json, os, sys
with open({log!r}, "a") as log:
    log.write("called\\n")
if {fails!r}:
    sys.exit("not logged in")
asked = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
with open({log!r}) as log:
    number = len(log.readlines())
status = {{"token": f"token-{{number}}"}}
print(json.dumps({{"apiVersion": asked["apiVersion"], "kind": "ExecCredential", "status": status}}))
"""


def plugin(folder: Path, *, fails: bool = False) -> dict[str, Any]:
    """A kubeconfig user with a credential plugin that writes down each call in `calls`."""
    program = folder / "plugin.py"
    program.write_text(PLUGIN.format(log=str(folder / "calls"), fails=fails))
    version = "client.authentication.k8s.io/v1"
    return {
        "exec": {"apiVersion": version, "command": sys.executable, "args": [str(program)], "interactiveMode": "Never"}
    }


def empty_list(handler: Handler) -> None:
    handler.json(200, {"items": []})


def connect(fake: Fake, folder: Path, user: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> KubernetesBackend:
    monkeypatch.setenv("KUBECONFIG", str(write_kubeconfig(folder / "config", fake.url, user)))
    return KubernetesBackend.connect(None, None)


def test_a_token_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(empty_list) as fake:
        connect(fake, tmp_path, {"token": "abc"}, monkeypatch).runs()
    assert fake.headers[0]["Authorization"] == "Bearer abc"


def test_a_token_file_lies_beside_the_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("from-file\n")
    with answering(empty_list) as fake:
        connect(fake, tmp_path, {"tokenFile": "token"}, monkeypatch).runs()
    assert fake.headers[0]["Authorization"] == "Bearer from-file"


def test_impersonation_is_sent_as_kubectl_sends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = {"token": "abc", "as": "jane", "as-groups": ["dev", "ops"]}
    with answering(empty_list) as fake:
        connect(fake, tmp_path, user, monkeypatch).runs()
    assert fake.headers[0]["Impersonate-User"] == "jane"
    assert fake.headers[0]["Impersonate-Group"] in ("dev", "ops")


def test_many_requests_at_once_ask_the_plugin_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(empty_list) as fake:
        backend = connect(fake, tmp_path, plugin(tmp_path), monkeypatch)
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda _: backend.runs(), range(20)))
    assert (tmp_path / "calls").read_text() == "called\n"
    assert {headers["Authorization"] for headers in fake.headers} == {"Bearer token-1"}


def test_a_token_that_has_expired_is_renewed_once_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def only_the_second(handler: Handler) -> None:
        good = handler.headers["Authorization"] == "Bearer token-2"
        handler.json(200 if good else 401, {"items": []})

    with answering(only_the_second) as fake:
        backend = connect(fake, tmp_path, plugin(tmp_path), monkeypatch)
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(lambda _: backend.runs(), range(8))) == [[]] * 8
    assert (tmp_path / "calls").read_text() == "called\n" * 2


def test_a_plugin_that_fails_is_an_error_with_its_words_and_no_request_goes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(empty_list) as fake:
        backend = connect(fake, tmp_path, plugin(tmp_path, fails=True), monkeypatch)
        with pytest.raises(AideatorError) as told:
            backend.runs()
    assert "not logged in" in told.value.message
    assert told.value.code == ExitCode.UNAVAILABLE
    assert fake.requests == []


def test_a_plugin_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = {"exec": {"apiVersion": "v1", "command": "no-such-plugin-here", "installHint": "install it from the shop"}}
    with answering(empty_list) as fake, pytest.raises(AideatorError, match="no-such-plugin-here") as told:
        connect(fake, tmp_path, user, monkeypatch).runs()
    assert told.value.hint == "install it from the shop"


def test_credentials_that_are_refused_are_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handler: Handler) -> None:
        handler.json(401, {"kind": "Status", "message": "Unauthorized", "reason": "Unauthorized"})

    with answering(refuse) as fake, pytest.raises(AideatorError, match="does not accept the credentials") as told:
        connect(fake, tmp_path, {"token": "old"}, monkeypatch).runs()
    assert told.value.code == ExitCode.UNAVAILABLE
    assert "log in" in (told.value.hint or "")


def test_an_oidc_token_of_the_old_kind_still_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def part(data: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")

    token = f"{part({'alg': 'none', 'x': '1'})}.{part({'exp': int(time.time()) + 3600})}.c2lnbmF0dXJl"
    user = {
        "auth-provider": {"name": "oidc", "config": {"id-token": token, "idp-issuer-url": "https://unused.invalid"}}
    }
    with answering(empty_list) as fake:
        connect(fake, tmp_path, user, monkeypatch).runs()
    assert fake.headers[0]["Authorization"] == f"Bearer {token}"
