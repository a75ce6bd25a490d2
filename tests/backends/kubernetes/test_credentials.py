"""Who we are to the cluster."""

import base64
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.backends.kubernetes import KubernetesBackend
from aideator_cli.errors import AideatorError, ExitCode
from tests.backends.kubernetes.api_server import Fake, Handler, answering, write_kubeconfig

PLUGIN = """
import datetime, json, os, sys
with open({log!r}, "a") as log:
    log.write("called\\n")
if {fails!r}:
    sys.exit("F1130 07:33:01.123456   30263 cred.go:145] not logged in\\n\\nPlease run:\\n\\n  $ log in\\n" + 500 * "x")
asked = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
with open({log!r}) as log:
    number = len(log.readlines())
status = {{"token": f"token-{{number}}"}}
if {lives!r} is not None:
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds={lives!r})
    status["expirationTimestamp"] = end.strftime("%Y-%m-%dT%H:%M:%SZ")
print(json.dumps({{"apiVersion": asked["apiVersion"], "kind": "ExecCredential", "status": status}}))
"""


def plugin(folder: Path, *, fails: bool = False, lives: float | None = None) -> dict[str, Any]:
    """A kubeconfig user with a credential plugin that writes down each call in `calls`. Its tokens live so many seconds."""
    program = folder / "plugin.py"
    program.write_text(PLUGIN.format(log=str(folder / "calls"), fails=fails, lives=lives))
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
            assert list(pool.map(lambda _: backend.runs(), range(8))) == [{}] * 8
    assert (tmp_path / "calls").read_text() == "called\n" * 2


@pytest.mark.parametrize("lives", [20.0, -60.0], ids=["less than 30 s", "a clock ahead of the plugin's"])
def test_a_plugin_is_called_once_in_a_tokens_life(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lives: float
) -> None:
    with answering(empty_list) as fake:
        backend = connect(fake, tmp_path, plugin(tmp_path, lives=lives), monkeypatch)
        for _ in range(5):
            backend.runs()
    assert (tmp_path / "calls").read_text() == "called\n"


def test_a_token_is_renewed_before_it_expires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(empty_list) as fake:
        backend = connect(fake, tmp_path, plugin(tmp_path, lives=20.0), monkeypatch)
        backend.runs()
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + 19.0)
        backend.runs()
    assert [headers["Authorization"] for headers in fake.headers] == ["Bearer token-1", "Bearer token-2"]


def test_a_plugin_that_fails_is_an_error_with_its_words_and_no_request_goes_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(empty_list) as fake:
        backend = connect(fake, tmp_path, plugin(tmp_path, fails=True), monkeypatch)
        with pytest.raises(AideatorError) as told:
            backend.runs()
    _, _, why = told.value.message.partition(" failed: ")
    assert why.startswith("exit code 1: not logged in Please run: $ log in xxx")
    assert len(why) < 350
    assert told.value.code == ExitCode.UNAVAILABLE
    assert fake.requests == []


def test_a_plugin_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = {"exec": {"apiVersion": "v1", "command": "no-such-plugin-here", "installHint": "install it from the shop"}}
    with answering(empty_list) as fake, pytest.raises(AideatorError, match="no-such-plugin-here") as told:
        connect(fake, tmp_path, user, monkeypatch).runs()
    assert told.value.message == "the kubeconfig's credential plugin `no-such-plugin-here` is not installed"
    assert told.value.hint == "install it from the shop"


@pytest.mark.parametrize(
    ("command", "arguments", "hint"),
    [
        ("gke-gcloud-auth-plugin", [], "gcloud components install gke-gcloud-auth-plugin"),
        ("aws", ["eks", "get-token"], "install the AWS CLI"),
        ("kubelogin", ["get-token"], "az aks install-cli"),
        ("no-such-plugin-here", [], "install no-such-plugin-here, or add its folder to PATH"),
    ],
)
def test_a_plugin_that_is_not_installed_comes_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, arguments: list[str], hint: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    user = {"exec": {"apiVersion": "v1", "command": command, "args": arguments}}
    with answering(empty_list) as fake, pytest.raises(AideatorError, match="is not installed") as told:
        connect(fake, tmp_path, user, monkeypatch).runs()
    assert hint in str(told.value.hint)
    assert told.value.code == ExitCode.UNAVAILABLE


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
