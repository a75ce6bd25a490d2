"""What can be known before there is an object: the cluster's version, the user's name, the keys that the agents need."""

import contextlib
import re
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, Literal

from aideator_agent.spec import RunSpec
from aideator_cli.kubernetes import manifests, problems
from aideator_cli.kubernetes.client import ApiError, Client
from aideator_cli.kubernetes.manifests import Placement
from aideator_cli.kubernetes.objects import Objects

_OLDEST: Final = (1, 29)
_Keys = frozenset[str] | Literal["absent", "unreadable"]  # the entries of a Secret
_WHO: Final = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def preflight(objects: Objects, spec: RunSpec, user: str, pool: ThreadPoolExecutor) -> Placement:
    """Raises `ApiError`, `ConnectionFailed`, `AideatorError`."""
    version = pool.submit(objects.client.call, "GET", "/version")
    who = pool.submit(_username, objects.client)
    secrets = {name: pool.submit(_secret_keys, objects, name) for name in _candidates(spec, user)}
    _check_version(objects, version)
    found = {name: future.result() for name, future in secrets.items()}
    secret = next((name for name, keys in found.items() if isinstance(keys, frozenset)), None)
    secret = secret or next(reversed(found), None) or spec.secret or manifests.DEFAULT_SECRET
    _check_keys(objects, spec, secret, found.get(secret, "unreadable"))
    return Placement(objects.place.namespace, manifests.user_label(who.result() or user), secret)


def _check_version(objects: Objects, version: "Future[Any]") -> None:
    try:
        told = version.result()
    except ApiError as error:
        if error.status == 403:  # some clusters hide it; then the Jobs will tell
            return
        raise
    numbers = re.findall(r"\d+", f"{told.get('major')} {told.get('minor')}")
    if len(numbers) == 2 and (int(numbers[0]), int(numbers[1])) < _OLDEST:
        raise problems.too_old(objects.place, str(told.get("gitVersion")))


def _username(client: Client) -> str | None:
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    with contextlib.suppress(ApiError):
        name = client.call("POST", _WHO, body=review)["status"]["userInfo"].get("username")
        return name if isinstance(name, str) else None
    return None


def _candidates(spec: RunSpec, user: str) -> list[str]:
    """Secrets to look at, the first that exists is taken; none when no variation needs a key."""
    if not any(variation.keys for variation in spec.variations):
        return []
    if spec.secret:
        return [spec.secret]
    own = manifests.user_secret(user)
    return [own, manifests.DEFAULT_SECRET] if own else [manifests.DEFAULT_SECRET]


def _secret_keys(objects: Objects, name: str) -> _Keys:
    try:
        secret = objects.client.call("GET", f"{objects.secrets}/{name}")
    except ApiError as error:
        if error.status in (403, 404):
            return "unreadable" if error.status == 403 else "absent"
        raise
    return frozenset(secret.get("data") or ())


def _check_keys(objects: Objects, spec: RunSpec, secret: str, found: _Keys) -> None:
    if found == "unreadable":  # then the pods will tell
        return
    there = found if isinstance(found, frozenset) else frozenset()
    for variation in spec.variations:
        missing = [key for key in variation.keys if key not in there]
        if missing and variation.api_base is None:
            _check_namespace(objects)
            raise problems.no_secret(objects.place, secret, missing[0], variation.model, exists=found != "absent")


def _check_namespace(objects: Objects) -> None:
    """A namespace that does not exist has no Secret either, and is the better thing to be told."""
    try:
        objects.client.call("GET", f"/api/v1/namespaces/{objects.place.namespace}")
    except ApiError as error:
        if error.status == 404:
            raise
