"""Checks before the first object is created: the cluster's version, the user's name, the keys that the agents need, what the run names in
the cluster, and what the namespace allows a pod."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from aideator_agent.spec import RunSpec
from aideator_cli.backends.kubernetes import (
    git_access,
    manifests,
    marks,
    named,
    namespaces,
    problems,
    queues,
    rights,
)
from aideator_cli.backends.kubernetes.client import ApiError
from aideator_cli.backends.kubernetes.manifests import Placement
from aideator_cli.backends.kubernetes.objects import Objects
from aideator_cli.backends.kubernetes.outlook import Outlook, ask
from aideator_cli.errors import AideatorError

Keys = frozenset[str] | Literal["absent", "unreadable"]  # the entries of a Secret


def preflight(
    objects: Objects, spec: RunSpec, user: str, pool: ThreadPoolExecutor, outlook: Outlook | None = None
) -> Placement:
    """`outlook`: if the cluster was asked before. Raises `ApiError`, `ConnectionFailed`, `AideatorError`."""
    outlook = outlook or ask(objects)
    names = [*named.checks(objects, spec, pool), *queues.checks(objects, spec, pool)]
    secrets = {name: pool.submit(secret_keys, objects, name) for name in _candidates(spec, user)}
    for_git = pool.submit(secret_keys, objects, spec.git_secret) if spec.git_secret else None
    verbs = rights.ATTACH.verbs if _by_connection(spec) else ()
    attach = [pool.submit(rights.is_allowed, objects, rights.ATTACH, verb) for verb in verbs]
    outlook.version.result()
    if not all(allowed.result() for allowed in attach):
        raise problems.no_attach(objects.place, spec.repository.base or "", rights.ATTACH.rule)
    found = {name: future.result() for name, future in secrets.items()}
    secret = next((name for name, keys in found.items() if isinstance(keys, frozenset)), None)
    secret = secret or next(reversed(found), None) or spec.secret or manifests.DEFAULT_SECRET
    _check_keys(objects, spec, secret, found.get(secret, "unreadable"))
    there = for_git.result() if for_git else "unreadable"
    for check in [lambda: _check_git(objects, spec, secret, found.get(secret, "unreadable"), there), *names]:
        _in_a_namespace(objects, check)
    placement = Placement(objects.place.namespace, marks.user_label(outlook.who.result() or user), secret)
    _check_allowances(objects, spec, placement, outlook.ranges.result(), outlook.quotas.result())
    return placement


def secret_names(secret: str | None, user: str) -> list[str]:
    """Returns the Secrets to try; the first that exists is used. `secret` is the one that the user named."""
    if secret:
        return [secret]
    own = manifests.user_secret(user)
    return [own, manifests.DEFAULT_SECRET] if own else [manifests.DEFAULT_SECRET]


def secret_keys(objects: Objects, name: str) -> Keys:
    try:
        secret = objects.client.call("GET", f"{objects.secrets}/{name}")
    except ApiError as error:
        if error.status in (403, 404):
            return "unreadable" if error.status == 403 else "absent"
        raise
    return frozenset(secret.get("data") or ())


def _by_connection(spec: RunSpec) -> bool:
    return spec.sent is not None and spec.sent.by_connection


def _candidates(spec: RunSpec, user: str) -> list[str]:
    """Returns the Secrets to try; the first that exists is used. Empty if no variation and no repository needs one."""
    keys = any(variation.keys for variation in spec.variations) or spec.mcp_variables
    if not keys and not git_access.needs_token(spec):
        return []
    return secret_names(spec.secret, user)


def _check_keys(objects: Objects, spec: RunSpec, secret: str, found: Keys) -> None:
    if found == "unreadable":  # then the pods will show it
        return
    there = _entries(found)
    for variation in spec.variations:
        missing = [key for key in variation.keys if key not in there]
        if missing and variation.api_base is None:
            namespaces.look(objects)  # a missing one has no Secret either, and is the more useful error
            raise problems.no_secret(objects.place, secret, missing[0], variation.model, exists=found != "absent")
    for server in spec.mcp:
        for key in server.required:
            if key not in there:
                namespaces.look(objects)
                raise problems.no_secret(
                    objects.place, secret, key, f"MCP server {server.name}", exists=found != "absent"
                )


def _check_git(objects: Objects, spec: RunSpec, secret: str, found: Keys, for_git: Keys) -> None:
    if git_access.needs_token(spec) and found != "unreadable":
        git_access.expect_token(objects.place, spec, secret, _entries(found))
    if spec.git_secret and for_git != "unreadable":
        git_access.expect_entries(objects.place, spec, None if for_git == "absent" else _entries(for_git))


def _entries(found: Keys) -> frozenset[str]:
    return found if isinstance(found, frozenset) else frozenset()


def _in_a_namespace(objects: Objects, check: named.Check) -> None:
    try:
        check()
    except AideatorError:
        namespaces.look(objects)
        raise


def _check_allowances(
    objects: Objects,
    spec: RunSpec,
    placement: Placement,
    ranges: Sequence[Mapping[str, Any]],
    quotas: Sequence[Mapping[str, Any]],
) -> None:
    if ranges or quotas or spec.pod.patch:
        from aideator_cli.backends.kubernetes import allowances

        job = manifests.job(spec, spec.variations[0], placement)
        if spec.pod.patch:
            _try_out(objects, job)
        allowances.check(job["spec"]["template"]["spec"], ranges, quotas, objects.place)


def _try_out(objects: Objects, job: Mapping[str, Any]) -> None:
    """Lets the server look at a Job with a user's patch without storing it. It knows every field and its type."""
    query = {"dryRun": "All", "fieldValidation": "Strict"}
    try:
        objects.client.call("POST", objects.jobs_path, query=query, body=job)
    except ApiError as error:
        if (unfit := problems.unfit_patch(error, objects.place)) is not None:
            raise unfit from error
