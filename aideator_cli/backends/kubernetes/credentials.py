"""Credentials for the API server, from a kubeconfig user, a credential plugin or a pod's service account."""

import base64
import json
import os
import re
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import quote

from aideator_agent.values import frozen
from aideator_cli.backends.kubernetes.kubeconfig import Entry
from aideator_cli.errors import AideatorError, reason, unavailable
from aideator_cli.text.clean import cut, one_line

_EARLY: Final = 30.0  # seconds before a token expires at which it is renewed
_EARLY_PART: Final = 0.1  # of a short life: a token that lives 6 s is used for most of them
_TOKEN_FILE_SECONDS: Final = 60.0  # a mounted token file is rewritten in place
_FAILED_SECONDS: Final = 5.0  # the least time between a renewal that failed and the next try, for all threads together
_PLUGIN_SECONDS: Final = 120.0
_PLUGIN_WORDS: Final = 300  # characters of what a plugin says when it fails
_LOG_HEADER: Final = re.compile(
    r"^[IWEF]\d{4} \S+ +\d+ \S+\] ", re.MULTILINE
)  # with which Kubernetes' own logging begins a line
_INSTALLED_BY: Final = {
    "gke-gcloud-auth-plugin": "gcloud components install gke-gcloud-auth-plugin",
    "gcloud": "install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install",
    "aws": "install the AWS CLI: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    "aws-iam-authenticator": "install aws-iam-authenticator, or run: aws eks update-kubeconfig --name CLUSTER",
    "kubelogin": "az aks install-cli",
    "kubectl oidc-login": "kubectl krew install oidc-login",
    "kubectl-oidc_login": "kubectl krew install oidc-login",
    "doctl": "install doctl: https://docs.digitalocean.com/reference/doctl/how-to/install/",
    "oci": "install the OCI CLI: https://docs.oracle.com/iaas/Content/API/SDKDocs/cliinstall.htm",
    "tsh": "install Teleport's tsh: https://goteleport.com/docs/installation/",
}
_IMPERSONATION: Final = (("as", "Impersonate-User"), ("as-uid", "Impersonate-Uid"))


@frozen
class Identity:
    """The credentials of a request. `certificate` and `key` are PEM."""

    headers: tuple[tuple[str, str], ...] = ()
    certificate: bytes | None = None
    key: bytes | None = None
    expires: float | None = None  # seconds since the epoch; None: valid as long as the process runs


class Credentials:
    """An identity that one thread at a time renews before it expires."""

    def __init__(self, fetch: Callable[[], Identity], *, renewable: bool, asks: bool = False) -> None:
        """`asks`: whether fetching may ask a person."""
        self._fetch = fetch
        self._lock = Lock()
        self._identity: Identity | None = None
        self._renewed_at: float | None = None  # seconds since the epoch at which the identity is old; None: never
        self._failed: AideatorError | None = None  # of the last renewal
        self._again_at = 0.0  # monotonic: when it is tried again
        self.renewable = renewable
        self.asks = asks

    def get(self, refused: Identity | None = None) -> Identity:
        """Returns the current identity. `refused` is one that the server rejected: a different one is returned."""
        with self._lock:
            known = self._identity
            if known is None or known is refused or (self._renewed_at is not None and time.time() >= self._renewed_at):
                known = self._identity = self._fetched()
                self._renewed_at = _old_at(known)
            return known

    def _fetched(self) -> Identity:
        """All who follow a run ask again and again, which would start a plugin without a pause. Some open a browser each time."""
        begun = time.monotonic()
        if self._failed is not None and begun < self._again_at:
            raise self._failed.with_traceback(None)
        try:
            fetched = self._fetch()
        except AideatorError as error:
            if self._identity is not None:
                self._failed = error
                self._again_at = time.monotonic() + max(_FAILED_SECONDS, time.monotonic() - begun)
            raise
        self._failed = None
        return fetched


def of_user(user: Entry, cluster: Entry, *, interactive: bool = False) -> Credentials:
    """Reads credentials in kubectl's order: certificate and token, token file, plugin, password.

    Raises `AideatorError` on first use, not here.
    """
    fields = user.fields
    if isinstance(fields.get("exec"), dict):
        talks = interactive and fields["exec"].get("interactiveMode") != "Never"
        return Credentials(
            lambda: _with_impersonation(_from_plugin(user, cluster, talks), fields), renewable=True, asks=talks
        )
    if isinstance(fields.get("auth-provider"), dict):
        return Credentials(lambda: _with_impersonation(_from_provider(user), fields), renewable=True)
    renewable = "tokenFile" in fields
    return Credentials(lambda: _with_impersonation(_plain(user), fields), renewable=renewable)


def of_service_account(token_file: Path) -> Credentials:
    return Credentials(lambda: _from_token_file(token_file), renewable=True)


def pem(entry: Entry, name: str) -> bytes | None:
    """Returns the field `NAME-data` (base64), else the content of the file in `NAME`. None if the entry has neither."""
    data, path = entry.fields.get(f"{name}-data"), entry.fields.get(name)
    try:
        if isinstance(data, str) and data:
            return base64.b64decode(data)
        return (entry.folder / path).read_bytes() if isinstance(path, str) and path else None
    except (OSError, ValueError) as error:
        raise unavailable(
            f"the kubeconfig's {name} can't be read: {reason(error)}", "`kubectl config view` shows it"
        ) from error


def load_chain(context: ssl.SSLContext, identity: Identity) -> None:
    """Loads the client certificate into the TLS context.

    OpenSSL reads it only from a file, which is removed before this returns.
    """
    if identity.certificate is None:
        return
    with tempfile.NamedTemporaryFile() as file:  # mode 0600
        file.write(identity.certificate + b"\n" + (identity.key or b""))
        file.flush()
        try:
            context.load_cert_chain(file.name)
        except ssl.SSLError as error:
            message = f"the kubeconfig's client certificate or key is not usable: {reason(error)}"
            raise unavailable(message, "`kubectl config view` shows the user's entry") from error


def _old_at(identity: Identity) -> float | None:
    """Returns when an identity that was just fetched is to be renewed. One that is old by this machine's clock is used until it is refused:
    the clock may be wrong."""
    if identity.expires is None or (life := identity.expires - time.time()) <= 0:
        return None
    return identity.expires - min(_EARLY, _EARLY_PART * life)


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
        raise unavailable(
            f"the token file {path} can't be read: {reason(error)}", "log in to the cluster again"
        ) from error
    return Identity(_bearer(token), expires=time.time() + _TOKEN_FILE_SECONDS)


def _from_provider(user: Entry) -> Identity:
    """Leaves the old `auth-provider` (oidc, gcp) to the Kubernetes client, and imports that only here."""
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
    except Exception as error:  # the client lets any exception of its parts through
        raise _provider_failed(user, str(error)) from error
    if not token:
        raise _provider_failed(user, "it returned no token")
    return Identity((("Authorization", token),), expires=time.time() + _TOKEN_FILE_SECONDS)


def _provider_failed(user: Entry, why: str) -> AideatorError:
    name = user.fields["auth-provider"].get("name", "")
    return unavailable(f"the kubeconfig's auth-provider {name!r} failed: {why}", "log in to the cluster again")


def _from_plugin(user: Entry, cluster: Entry, talks: bool) -> Identity:
    asked = user.fields["exec"]
    command = str(asked.get("command", ""))
    answer = _run_plugin(asked, command, user.folder, cluster, talks=talks)
    try:
        status = json.loads(answer)["status"]
        token = status.get("token")
        certificate, key = status.get("clientCertificateData"), status.get("clientKeyData")
        expires = _epoch(status.get("expirationTimestamp"))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _plugin_failed(command, "its output is not an ExecCredential") from error
    if not token and not certificate:
        raise _plugin_failed(command, "it returned neither a token nor a certificate")
    headers = _bearer(token) if token else ()
    return Identity(headers, certificate.encode() if certificate else None, key.encode() if key else None, expires)


def _run_plugin(asked: Mapping[str, Any], command: str, folder: Path, cluster: Entry, *, talks: bool) -> bytes:
    program = str(folder / command) if "/" in command else command
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
    except FileNotFoundError as error:
        raise _not_installed(asked, command) from error
    except subprocess.TimeoutExpired as error:
        raise _plugin_failed(command, f"it did not answer within {_PLUGIN_SECONDS:.0f} s") from error
    except OSError as error:
        raise _plugin_failed(command, str(error)) from error
    if done.returncode:
        said = one_line(_LOG_HEADER.sub("", (done.stderr or b"").decode(errors="replace")))
        why = f"exit code {done.returncode}" + (f": {cut(said, _PLUGIN_WORDS)}" if said else "")
        raise _plugin_failed(command, why)
    return done.stdout


def _exec_info(asked: Mapping[str, Any], cluster: Entry, *, talks: bool) -> Mapping[str, Any]:
    spec: dict[str, Any] = {"interactive": talks}
    if asked.get("provideClusterInfo"):
        names = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
        spec["cluster"] = {name: cluster.fields[name] for name in names if name in cluster.fields}
    return {"apiVersion": asked.get("apiVersion"), "kind": "ExecCredential", "spec": spec}


def _not_installed(asked: Mapping[str, Any], command: str) -> AideatorError:
    """The kubeconfig may say itself how to install the plugin; the well-known ones are known here too."""
    arguments = [str(word) for word in asked.get("args") or ()]
    known = _INSTALLED_BY.get(Path(command).name) or _INSTALLED_BY.get(" ".join([command, *arguments[:1]]))
    own = asked.get("installHint")
    hint = own.strip() if isinstance(own, str) and own.strip() else known
    text = f"the kubeconfig's credential plugin `{command}` is not installed"
    return unavailable(text, hint or f"install {command}, or add its folder to PATH")


def _plugin_failed(command: str, why: str) -> AideatorError:
    text = f"the kubeconfig's credential plugin `{command}` failed: {why}"
    return unavailable(text, "log in to the cluster again, or run the plugin by hand")


def _epoch(stamp: object) -> float | None:
    if not isinstance(stamp, str):
        return None
    return datetime.fromisoformat(stamp).astimezone(UTC).timestamp()


def _bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {token}"),)


def _with_impersonation(identity: Identity, fields: Mapping[str, Any]) -> Identity:
    """Adds `as`, `as-uid`, `as-groups` and `as-user-extra`, as kubectl sends them."""
    headers = [(header, str(fields[name])) for name, header in _IMPERSONATION if fields.get(name)]
    headers += [("Impersonate-Group", str(group)) for group in fields.get("as-groups") or ()]
    for name, values in (fields.get("as-user-extra") or {}).items():
        headers += [(f"Impersonate-Extra-{quote(name)}", str(value)) for value in values]
    return replace(identity, headers=(*identity.headers, *headers))
