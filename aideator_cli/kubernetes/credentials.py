"""Who we are to the API server: what a kubeconfig user, a credential plugin or a pod's service account gives for a request."""

import base64
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import quote

from aideator_cli.errors import AideatorError, unavailable
from aideator_cli.kubernetes.kubeconfig import Entry

_EARLY: Final = 30.0  # seconds before its end at which a token is renewed
_TOKEN_FILE_SECONDS: Final = 60.0  # a mounted token is rewritten in place
_PLUGIN_SECONDS: Final = 120.0
_IMPERSONATION: Final = (("as", "Impersonate-User"), ("as-uid", "Impersonate-Uid"))


@dataclass(frozen=True)
class Identity:
    """What a request carries; `certificate` and `key` are PEM."""

    headers: tuple[tuple[str, str], ...] = ()
    certificate: bytes | None = None
    key: bytes | None = None
    expires: float | None = None  # seconds since the epoch; None: holds for the whole process


class Credentials:
    """An identity that is renewed when its time has come, by one thread at a time."""

    def __init__(self, fetch: Callable[[], Identity], *, renewable: bool) -> None:
        self._fetch = fetch
        self._lock = Lock()
        self._identity: Identity | None = None
        self.renewable = renewable

    def get(self, refused: Identity | None = None) -> Identity:
        """The identity to use now; with `refused`, another one than that, which the server did not accept."""
        with self._lock:
            known = self._identity
            if known is None or known is refused or _old(known):
                known = self._identity = self._fetch()
            return known


def of_user(user: Entry, cluster: Entry) -> Credentials:
    """In kubectl's order: certificate and token, token file, plugin, password. Raises `AideatorError` when it is first used."""
    fields = user.fields
    if isinstance(fields.get("exec"), dict):
        return Credentials(lambda: _with_impersonation(_from_plugin(user, cluster), fields), renewable=True)
    if isinstance(fields.get("auth-provider"), dict):
        return Credentials(lambda: _with_impersonation(_from_provider(user), fields), renewable=True)
    renewable = "tokenFile" in fields
    return Credentials(lambda: _with_impersonation(_plain(user), fields), renewable=renewable)


def of_service_account(token_file: Path) -> Credentials:
    return Credentials(lambda: _from_token_file(token_file), renewable=True)


def pem(entry: Entry, name: str) -> bytes | None:
    """The field `NAME-data` (base64), else the file that `NAME` names; None: neither is there."""
    data, path = entry.fields.get(f"{name}-data"), entry.fields.get(name)
    try:
        if isinstance(data, str) and data:
            return base64.b64decode(data)
        return (entry.folder / path).read_bytes() if isinstance(path, str) and path else None
    except (OSError, ValueError) as error:
        raise unavailable(
            f"the kubeconfig's {name} can't be read: {error}", "`kubectl config view` shows it"
        ) from error


def load_chain(context: ssl.SSLContext, identity: Identity) -> None:
    """Gives the TLS context the client certificate; OpenSSL takes it from a file only, which is gone when this returns."""
    if identity.certificate is None:
        return
    with tempfile.NamedTemporaryFile() as file:  # mode 0600
        file.write(identity.certificate + b"\n" + (identity.key or b""))
        file.flush()
        try:
            context.load_cert_chain(file.name)
        except ssl.SSLError as error:
            message = f"the kubeconfig's client certificate or key is not usable: {error}"
            raise unavailable(message, "`kubectl config view` shows the user's entry") from error


def _old(identity: Identity) -> bool:
    return identity.expires is not None and time.time() > identity.expires - _EARLY


def _plain(user: Entry) -> Identity:
    fields = user.fields
    if fields.get("tokenFile"):
        identity = _from_token_file(user.folder / str(fields["tokenFile"]))
        return Identity(identity.headers, pem(user, "client-certificate"), pem(user, "client-key"), identity.expires)
    headers: tuple[tuple[str, str], ...] = ()
    if fields.get("token"):
        headers = _bearer(str(fields["token"]))
    elif fields.get("username"):
        pair = f"{fields['username']}:{fields.get('password', '')}".encode()
        headers = (("Authorization", "Basic " + base64.b64encode(pair).decode()),)
    return Identity(headers, pem(user, "client-certificate"), pem(user, "client-key"))


def _from_token_file(path: Path) -> Identity:
    try:
        token = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise unavailable(f"the token file {path} can't be read: {error}", "log in to the cluster again") from error
    return Identity(_bearer(token), expires=time.time() + _TOKEN_FILE_SECONDS + _EARLY)


def _from_provider(user: Entry) -> Identity:
    """The old `auth-provider` (oidc, gcp) is left to the Kubernetes client; nobody else pays for its import."""
    from kubernetes.client import Configuration
    from kubernetes.config import load_kube_config_from_dict

    single = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://unused.invalid"}}],
        "users": [{"name": "u", "user": dict(user.fields)}],
    }
    configuration = Configuration()
    try:
        load_kube_config_from_dict(single, client_configuration=configuration, persist_config=False)
        token = configuration.get_api_key_with_prefix("BearerToken", "authorization")
    except Exception as error:  # the client raises whatever its parts do
        raise _provider_failed(user, str(error)) from error
    if not token:
        raise _provider_failed(user, "it gave no token")
    return Identity((("Authorization", token),), expires=time.time() + _TOKEN_FILE_SECONDS)


def _provider_failed(user: Entry, why: str) -> AideatorError:
    name = user.fields["auth-provider"].get("name", "")
    return unavailable(f"the kubeconfig's auth-provider {name!r} failed: {why}", "log in to the cluster again")


def _from_plugin(user: Entry, cluster: Entry) -> Identity:
    asked = user.fields["exec"]
    command = str(asked.get("command", ""))
    answer = _run_plugin(asked, command, user.folder, cluster)
    try:
        status = json.loads(answer)["status"]
        token = status.get("token")
        certificate, key = status.get("clientCertificateData"), status.get("clientKeyData")
        expires = _epoch(status.get("expirationTimestamp"))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _plugin_failed(command, "its answer is no ExecCredential") from error
    if not token and not certificate:
        raise _plugin_failed(command, "it gave neither a token nor a certificate")
    headers = _bearer(token) if token else ()
    return Identity(headers, certificate.encode() if certificate else None, key.encode() if key else None, expires)


def _run_plugin(asked: Mapping[str, Any], command: str, folder: Path, cluster: Entry) -> bytes:
    program = str(folder / command) if "/" in command else command
    talks = sys.stdin.isatty() and asked.get("interactiveMode") != "Never"
    environment = {**os.environ, **{str(item["name"]): str(item["value"]) for item in asked.get("env") or ()}}
    environment["KUBERNETES_EXEC_INFO"] = json.dumps(_exec_info(asked, cluster, talks=talks))
    try:
        done = subprocess.run(
            [program, *map(str, asked.get("args") or ())],
            env=environment,
            stdin=None if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if talks else subprocess.PIPE,
            timeout=None if talks else _PLUGIN_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        hint = asked.get("installHint")
        raise _plugin_failed(command, str(error), hint if isinstance(hint, str) else None) from error
    if done.returncode:
        said = (done.stderr or b"").decode(errors="replace").strip()
        raise _plugin_failed(command, f"exit code {done.returncode}" + (f": {said[-500:]}" if said else ""))
    return done.stdout


def _exec_info(asked: Mapping[str, Any], cluster: Entry, *, talks: bool) -> Mapping[str, Any]:
    spec: dict[str, Any] = {"interactive": talks}
    if asked.get("provideClusterInfo"):
        names = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
        spec["cluster"] = {name: cluster.fields[name] for name in names if name in cluster.fields}
    return {"apiVersion": asked.get("apiVersion"), "kind": "ExecCredential", "spec": spec}


def _plugin_failed(command: str, why: str, hint: str | None = None) -> AideatorError:
    text = f"the kubeconfig's credential plugin `{command}` failed: {why}"
    return unavailable(text, hint or "log in to the cluster again, or run the plugin by hand")


def _epoch(stamp: object) -> float | None:
    if not isinstance(stamp, str):
        return None
    return datetime.fromisoformat(stamp).astimezone(UTC).timestamp()


def _bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {token}"),)


def _with_impersonation(identity: Identity, fields: Mapping[str, Any]) -> Identity:
    """`as`, `as-uid`, `as-groups` and `as-user-extra`, as kubectl sends them."""
    headers = [(header, str(fields[name])) for name, header in _IMPERSONATION if fields.get(name)]
    headers += [("Impersonate-Group", str(group)) for group in fields.get("as-groups") or ()]
    for name, values in (fields.get("as-user-extra") or {}).items():
        headers += [(f"Impersonate-Extra-{quote(name)}", str(value)) for value in values]
    return replace(identity, headers=(*identity.headers, *headers))
