"""What the API server, or the way to it, refuses: told as the user must hear it."""

import re
import shlex
from dataclasses import dataclass
from typing import Final

from aideator_cli.errors import AideatorError, ExitCode, not_found, refused, unavailable
from aideator_cli.kubernetes.client import ApiError, ConnectionFailed

_RBAC: Final = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)" in API group "(?P<group>[^"]*)"'
)
# OpenSSL's words for what only VERIFY_X509_STRICT, on by default from Python 3.13, holds against a certificate
_STRICT: Final = (
    "Missing Authority Key Identifier",
    "Missing Subject Key Identifier",
    "Basic Constraints",
    "key usage extension",
)


@dataclass(frozen=True)
class Place:
    """Where a request went, for people."""

    context: str
    server: str
    namespace: str

    @property
    def kubectl(self) -> str:
        """The command's beginning, to be pasted."""
        return f"kubectl --context {shlex.quote(self.context)} -n {shlex.quote(self.namespace)}"


def explain(error: ApiError | ConnectionFailed, place: Place) -> AideatorError:
    if isinstance(error, ConnectionFailed):
        return _untrusted(error, place) if error.tls else _unreachable(error, place)
    if error.status == 401:
        text = f"cluster {place.context} does not accept the credentials; they may have expired"
        return unavailable(text, f"log in to the cluster again; `{place.kubectl} get jobs` must work")
    if error.status == 404:
        return _absent(error, place)
    if error.status in (400, 403, 413, 422):
        return _forbidden(error, place)
    text = f"cluster {place.context} could not do it: {error.message} (HTTP {error.status})"
    return unavailable(text, "try again; the API server may be overloaded")


def missing_rule(error: ApiError) -> str:
    """The RBAC rule that would allow what was forbidden, as YAML on one line; the verb and resource are the server's own words."""
    found = _RBAC.search(error.message)
    if found is None:
        return ""
    group = found["group"]
    return f'{{apiGroups: ["{group}"], resources: ["{found["resource"]}"], verbs: ["{found["verb"]}"]}}'


def no_secret(place: Place, secret: str, key: str, model: str, *, exists: bool) -> AideatorError:
    name = shlex.quote(secret)
    if exists:
        text = f"Secret {secret} in namespace {place.namespace} has no {key}, which {model} needs"
        patch = f'patch secret {name} --type merge -p "{{\\"stringData\\":{{\\"{key}\\":\\"${key}\\"}}}}"'
        return not_found(text, f"{place.kubectl} {patch}")
    text = f"Secret {secret} does not exist in namespace {place.namespace}; {model} needs its {key}"
    return not_found(text, f'{place.kubectl} create secret generic {name} --from-literal={key}="${key}"')


def too_old(place: Place, version: str) -> AideatorError:
    text = f"cluster {place.context} runs Kubernetes {version}; the agents' pods need 1.29 or newer (native sidecars)"
    return unavailable(text, "choose another cluster with `--context`, or `--backend local`")


def clash(place: Place, kind: str, name: str, owner: str) -> AideatorError:
    text = f"{kind} {name} already exists in namespace {place.namespace} and is not this run's: {owner}"
    return AideatorError(text, hint="start the run again: it gets another id", code=ExitCode.REFUSED)


def retried_by_another(place: Place, name: str, owner: str) -> AideatorError:
    text = f"Job {name} already exists in namespace {place.namespace}; someone else tries it again: {owner}"
    return AideatorError(text, hint="`watch` shows that attempt", code=ExitCode.REFUSED)


def _unreachable(error: ConnectionFailed, place: Place) -> AideatorError:
    text = f"cluster {place.context} does not answer ({place.server}: {error})"
    return unavailable(text, f"`{place.kubectl} get jobs` must work; `--backend local` needs no cluster")


def _untrusted(error: ConnectionFailed, place: Place) -> AideatorError:
    text = f"the certificate of cluster {place.context} ({place.server}) was refused: {error}"
    if any(word in str(error) for word in _STRICT):
        why = "Python 3.13 and newer check certificates more strictly than kubectl does"
        return unavailable(
            f"{text}. {why}", "have the cluster's CA issued anew with that extension, or use Python 3.12"
        )
    return unavailable(
        text, "the context's certificate-authority must be the one that the server's certificate comes from"
    )


def _absent(error: ApiError, place: Place) -> AideatorError:
    if error.details.get("kind") == "namespaces" or f'namespaces "{place.namespace}" not found' in error.message:
        text = f"namespace {place.namespace} does not exist in cluster {place.context}"
        create = f"kubectl --context {shlex.quote(place.context)} create namespace {shlex.quote(place.namespace)}"
        return not_found(text, f"choose one with `--namespace`, or make it: {create}")
    if error.reason == "NotFound" and error.details.get("name"):
        return not_found(f"{error.message} (namespace {place.namespace}, cluster {place.context})")
    text = f"what answers at {place.server} does not know {error.path}: {error.message}"
    return unavailable(text, "is it a Kubernetes API server, 1.29 or newer?")


def _forbidden(error: ApiError, place: Place) -> AideatorError:
    rbac = _RBAC.search(error.message)
    if rbac is not None:
        text = f"{rbac['user']} may not {rbac['verb']} {rbac['resource']} in namespace {place.namespace}"
        return refused(text, f"ask for this RBAC rule in the namespace: {missing_rule(error)}")
    if "being terminated" in error.message:
        return not_found(
            f"namespace {place.namespace} is being deleted",
            "wait until it is gone, or choose another with `--namespace`",
        )
    if "exceeded quota" in error.message:
        text = f"the quota of namespace {place.namespace} refuses it: {error.message}"
        return refused(text, f"ask for fewer variations (`-n`), or look at `{place.kubectl} describe resourcequota`")
    return refused(
        f"the cluster refuses it: {error.message}",
        "a policy of the cluster or namespace forbids it; its owner can tell more",
    )
