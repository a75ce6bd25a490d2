"""The rights in the namespace that AIdeator uses, as data, and the question to the API server which of them the user has."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.backends.kubernetes import kueue
from aideator_cli.backends.kubernetes.objects import Objects

_REVIEWS: Final = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_THREADS: Final = 8


@frozen
class Right:
    """Verbs on one kind of object. Without an `optional` one everything still works, except what `purpose` names."""

    verbs: tuple[str, ...]
    group: str  # "" is the core group
    resource: str
    purpose: str
    subresource: str = ""
    optional: bool = False

    @property
    def path(self) -> str:
        """Returns the resource as an RBAC rule names it, such as `pods/log`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    @property
    def rule(self) -> str:
        """Returns the RBAC rule that grants it, as YAML on one line."""
        group = self.group or '""'
        return f"{{apiGroups: [{group}], resources: [{self.path}], verbs: [{', '.join(self.verbs)}]}}"


# Over a WebSocket, Kubernetes asks for `get`, and from 1.35 on for `create` too
ATTACH: Final = Right(
    ("create", "get"), "", "pods", "`aideator tell`, and sending commits larger than 16 MiB", "attach", optional=True
)
RIGHTS: Final = (
    Right(("create", "get", "list", "watch", "delete"), "batch", "jobs", "starts, follows and deletes agents"),
    Right(("list", "watch", "patch"), "", "pods", "follows agents, and stops them"),
    Right(("get",), "", "pods", "reads what agents write", subresource="log"),
    Right(("create", "get", "list", "patch", "delete"), "", "configmaps", "hands the run to its agents"),
    Right(("list", "watch"), "", "events", "tells why a pod can't be made or can't start", optional=True),
    Right(("get",), "", "secrets", "names a missing key before anything starts", optional=True),
    Right(
        ("create", "patch", "delete"),
        "",
        "secrets",
        "`aideator secret`, carried files and hidden checks",
        optional=True,
    ),
    ATTACH,
    Right(("list",), "", "limitranges", "names what a LimitRange refuses before anything starts", optional=True),
    Right(("list",), "", "resourcequotas", "names what the quota refuses before anything starts", optional=True),
    Right(("get",), "", "serviceaccounts", "names a missing ServiceAccount before anything starts", optional=True),
    Right(
        ("list",), "networking.k8s.io", "networkpolicies", "`aideator doctor` shows what limits the pods", optional=True
    ),
    Right(("get",), "", "namespaces", "`aideator doctor` shows the Pod Security level", optional=True),
    Right(
        ("get", "list"),
        kueue.GROUP,
        "localqueues",
        "says that a queue is missing or stopped (`--queue`)",
        optional=True,
    ),
    Right(("list", "watch"), kueue.GROUP, "workloads", "says why a run waits in its queue", optional=True),
    Right(
        ("get",),
        kueue.VISIBILITY,
        "localqueues",
        "says how many are ahead in a queue",
        "pendingworkloads",
        optional=True,
    ),
)


def lacking(objects: Objects, secrets: Sequence[str]) -> Iterator[Right]:
    """Yields the rights of which the user lacks a verb, each with only those verbs.

    A role may allow only some Secrets. One of `secrets` is enough. Raises `ApiError` and `ConnectionFailed`.
    """
    asked = [(right, verb) for right in RIGHTS for verb in right.verbs]
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="rights") as pool:
        allowed = list(pool.map(lambda pair: is_allowed(objects, pair[0], pair[1], secrets), asked))
    for right in RIGHTS:
        verbs = tuple(
            verb for (other, verb), granted in zip(asked, allowed, strict=True) if other is right and not granted
        )
        if verbs:
            yield replace(right, verbs=verbs)


def is_allowed(objects: Objects, right: Right, verb: str, secrets: Sequence[str] = ()) -> bool:
    """Raises `ApiError` and `ConnectionFailed`."""
    names: Sequence[str] = ("",)
    if right.resource == "namespaces":
        names = (objects.place.namespace,)
    elif right.resource == "secrets" and verb != "create":
        names = secrets
    return any(_review(objects, right, verb, name) for name in names)


def _review(objects: Objects, right: Right, verb: str, name: str) -> bool:
    attributes = {
        "namespace": objects.place.namespace, "verb": verb, "group": right.group, "resource": right.resource,
        "subresource": right.subresource, "name": name,
    }  # fmt: skip
    review: Any = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    return bool(objects.client.call("POST", _REVIEWS, body=review)["status"].get("allowed"))
