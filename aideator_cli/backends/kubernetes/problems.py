"""Turns refusals by the API server, or on the way to it, into errors for the user."""

import re
import shlex
from typing import Final
from urllib.parse import urlsplit

from aideator_agent.values import frozen
from aideator_cli.backends.kubernetes.client import ApiError, ConnectionFailed
from aideator_cli.backends.kubernetes.connection import Proxy
from aideator_cli.domain.keys import KeyMissing
from aideator_cli.errors import AideatorError, Command, ExitCode, Taken, command, not_found, refused, unavailable, usage

_RBAC: Final = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)" in API group "(?P<group>[^"]*)"'
)
# How the server itself says that an object has not the fields of its kind; a webhook's words may hold the same
_MALFORMED: Final = re.compile(
    r'Job(?: in version "\S+" cannot be handled as a Job|\.batch "\S+" is invalid): (strict decoding error: |json: )?(?P<why>.*)'
)
# OpenSSL's messages for certificates that only VERIFY_X509_STRICT (the default from Python 3.13) rejects
_STRICT: Final = (
    "Missing Authority Key Identifier",
    "Missing Subject Key Identifier",
    "Basic Constraints",
    "key usage extension",
)


@frozen
class Place:
    """Where a request went, in words for people."""

    context: str
    server: str
    namespace: str

    @property
    def kubectl(self) -> str:
        """Returns the beginning of a kubectl command that can be pasted."""
        return f"kubectl --context {shlex.quote(self.context)} -n {shlex.quote(self.namespace)}"


def explain(error: ApiError | ConnectionFailed, place: Place) -> AideatorError:
    if isinstance(error, ConnectionFailed):
        return _not_connected(error, place)
    if error.status == 401:
        text = f"cluster {place.context} does not accept the credentials; they may have expired"
        return unavailable(text, f"log in to the cluster again, and check that `{place.kubectl} get jobs` works")
    if error.status == 404:
        return _absent(error, place)
    if error.status in (400, 403, 413, 422):
        return _forbidden(error, place)
    text = f"cluster {place.context} reported an error: {error.message} (HTTP {error.status})"
    return unavailable(text, "try again; the API server may be overloaded")


def missing_rule(error: ApiError) -> str:
    """Returns the RBAC rule that would allow the refused request, as YAML on one line. Verb and resource come from the server's message."""
    found = _RBAC.search(error.message)
    if found is None:
        return ""
    group = found["group"]
    return f'{{apiGroups: ["{group}"], resources: ["{found["resource"]}"], verbs: ["{found["verb"]}"]}}'


def no_secret(place: Place, secret: str, key: str, model: str, *, exists: bool) -> AideatorError:
    if exists:
        text = f"Secret {secret} in namespace {place.namespace} has no {key}, which {model} needs"
    else:
        text = f"Secret {secret} does not exist in namespace {place.namespace}; {model} needs its {key}"
    return KeyMissing(text, key, model, set_key(place, key, secret))


def set_key(place: Place, key: str, secret: str | None) -> Command:
    """Returns the command that stores the key in this Secret. None: in the one that is the user's own."""
    named = ("--secret", secret) if secret else ()
    return command("secret", "set", key, *named, "--context", place.context, "--namespace", place.namespace)


def too_old(place: Place, version: str) -> AideatorError:
    text = f"cluster {place.context} runs Kubernetes {version}; the agents' pods need 1.29 or newer (native sidecars)"
    return unavailable(text, "choose another cluster with `--context`, or `--backend local`")


def no_attach(place: Place, commit: str, rule: str) -> AideatorError:
    text = (
        f"commit {commit[:7]} is too large for the cluster's objects, and you may not use pods/attach in namespace {place.namespace} "
        "to send it to the pods"
    )
    return refused(
        text,
        f"push the commit to a remote that pods can clone and give its URL, use `--backend local`, or ask for this RBAC rule: {rule}",
    )


def no_attach_to_tell(place: Place, rule: str) -> AideatorError:
    return refused(
        f"you may not use pods/attach in namespace {place.namespace}, through which an agent at work is told something",
        f"ask for this RBAC rule: {rule}",
    )


def unfit_patch(error: ApiError, place: Place) -> AideatorError | None:
    """Returns what is wrong with a pod patch. None if the server refuses the Job for another reason, or would refuse each dry run."""
    found = _MALFORMED.match(error.message) if error.status in (400, 422) else None
    if found is None:
        return None
    why = found["why"].replace("spec.template.", "")  # as the patch has it
    show = f"kubectl --context {shlex.quote(place.context)} explain pod.spec"
    return usage(f"the cluster can't take the pod patch: {why}", f"`{show}` describes the fields of a pod")


def clash(place: Place, kind: str, name: str, owner: str) -> Taken:
    text = f"{kind} {name} already exists in namespace {place.namespace} and does not belong to this run: {owner}"
    return Taken(text, hint="start the run again; it will get a new id", code=ExitCode.REFUSED)


def retried_by_another(place: Place, name: str, owner: str) -> AideatorError:
    text = f"Job {name} already exists in namespace {place.namespace}; someone else is retrying it: {owner}"
    return AideatorError(text, hint="follow that attempt with `watch`", code=ExitCode.REFUSED)


def _not_connected(error: ConnectionFailed, place: Place) -> AideatorError:
    if error.credentials is not None:
        return error.credentials
    if error.proxy is not None:
        return _no_proxy(error, error.proxy, place)
    return _untrusted(error, place) if error.tls else _unreachable(error, place)


def _no_proxy(error: ConnectionFailed, proxy: Proxy, place: Place) -> AideatorError:
    text = f"cluster {place.context} can't be reached through the proxy {proxy}: {error}"
    if proxy.setting.endswith("_PROXY"):
        host = urlsplit(place.server).hostname or place.server
        return unavailable(text, f"unset {proxy.setting}, or add {host} to NO_PROXY")
    return unavailable(text, "correct the proxy-url of the cluster in the kubeconfig, or remove it")


def _unreachable(error: ConnectionFailed, place: Place) -> AideatorError:
    text = f"cluster {place.context} does not answer ({place.server}: {error})"
    return unavailable(
        text, f"check that `{place.kubectl} get jobs` works, or use `--backend local`, which needs no cluster"
    )


def _untrusted(error: ConnectionFailed, place: Place) -> AideatorError:
    text = f"the certificate of cluster {place.context} ({place.server}) was refused: {error}"
    if any(word in str(error) for word in _STRICT):
        why = "Python 3.13 and newer check certificates more strictly than kubectl does"
        return unavailable(f"{text}. {why}", "reissue the cluster's CA with that extension, or use Python 3.12")
    return unavailable(text, "the context's certificate-authority must be the CA that signed the server's certificate")


def _absent(error: ApiError, place: Place) -> AideatorError:
    if error.details.get("kind") == "namespaces" or f'namespaces "{place.namespace}" not found' in error.message:
        text = f"namespace {place.namespace} does not exist in cluster {place.context}"
        create = f"kubectl --context {shlex.quote(place.context)} create namespace {shlex.quote(place.namespace)}"
        return not_found(text, f"choose one with `--namespace`, or create it: {create}")
    if error.reason == "NotFound" and error.details.get("name"):
        return not_found(f"{error.message} (namespace {place.namespace}, cluster {place.context})")
    text = f"the server at {place.server} does not know {error.path}: {error.message}"
    return unavailable(text, "is it a Kubernetes API server, 1.29 or newer?")


def _forbidden(error: ApiError, place: Place) -> AideatorError:
    rbac = _RBAC.search(error.message)
    if rbac is not None:
        text = f"{rbac['user']} may not {rbac['verb']} {rbac['resource']} in namespace {place.namespace}"
        return refused(text, f"ask for this RBAC rule in the namespace: {missing_rule(error)}")
    if "being terminated" in error.message:
        return not_found(
            f"namespace {place.namespace} is being deleted",
            "wait until it is deleted, or choose another with `--namespace`",
        )
    if "exceeded quota" in error.message:
        text = f"the quota of namespace {place.namespace} does not allow the run: {error.message}"
        return refused(text, f"use fewer variations (`-n`), or see `{place.kubectl} describe resourcequota`")
    return refused(
        f"the cluster refused the request: {error.message}",
        "a policy of the cluster or namespace forbids it; ask its owner",
    )
