"""What the user's options name in the cluster: Secrets, a ServiceAccount, classes, node labels.

It is said before anything is created if it is missing. The right to look is optional: without it, the pods show what is missing.
"""

import shlex
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from aideator_agent.spec import RunSpec
from aideator_cli.backends.kubernetes.client import ApiError
from aideator_cli.backends.kubernetes.objects import Objects
from aideator_cli.errors import not_found

Check = Callable[[], None]
_CLASSES: Final = {  # of the whole cluster
    "PriorityClass": ("--priority-class", "/apis/scheduling.k8s.io/v1/priorityclasses"),
    "RuntimeClass": ("--runtime-class", "/apis/node.k8s.io/v1/runtimeclasses"),
}


def checks(objects: Objects, spec: RunSpec, pool: ThreadPoolExecutor) -> list[Check]:
    """Asks for everything at once. Each check waits for its answer, and raises `AideatorError` or `ApiError`."""
    pod = spec.pod
    found = [_secret(objects, "--env-from", name, pool) for name in pod.env_from]
    found += [_secret(objects, "--image-pull-secret", name, pool) for name in pod.image_pull_secrets]
    if pod.service_account:
        found.append(_service_account(objects, pod.service_account, pool))
    classes = {"PriorityClass": pod.priority_class, "RuntimeClass": pod.runtime_class}
    found += [_class(objects, kind, name, pool) for kind, name in classes.items() if name]
    if pod.node_selector:
        found.append(_nodes(objects, pod.node_selector, pool))
    return found


def _secret(objects: Objects, option: str, name: str, pool: ThreadPoolExecutor) -> Check:
    asked = pool.submit(_look, objects, f"{objects.secrets}/{name}")

    def check() -> None:
        if _is_absent(asked):
            text = f"Secret {name} ({option}) does not exist in namespace {objects.place.namespace}"
            raise not_found(text, f"see `{objects.place.kubectl} get secrets`")

    return check


def _service_account(objects: Objects, name: str, pool: ThreadPoolExecutor) -> Check:
    asked = pool.submit(_look, objects, f"{objects.core}/serviceaccounts/{name}")

    def check() -> None:
        if _is_absent(asked):
            text = f"ServiceAccount {name} (--service-account) does not exist in namespace {objects.place.namespace}"
            raise not_found(text, f"see `{objects.place.kubectl} get serviceaccounts`")

    return check


def _class(objects: Objects, kind: str, name: str, pool: ThreadPoolExecutor) -> Check:
    option, path = _CLASSES[kind]
    asked = pool.submit(_look, objects, f"{path}/{name}")

    def check() -> None:
        if _is_absent(asked):
            show = f"kubectl --context {shlex.quote(objects.place.context)} get {kind.lower()}"
            raise not_found(f"{kind} {name} does not exist ({option})", f"see `{show}`")

    return check


def _nodes(objects: Objects, selector: Mapping[str, str], pool: ThreadPoolExecutor) -> Check:
    wanted = ",".join(f"{key}={value}" for key, value in selector.items())
    asked = pool.submit(_look, objects, "/api/v1/nodes", {"labelSelector": wanted, "limit": "1"})

    def check() -> None:
        answer = asked.result()
        if answer is not None and not answer.get("items"):
            text = f"no node of cluster {objects.place.context} has the label {wanted} (--node-selector)"
            show = f"kubectl --context {shlex.quote(objects.place.context)} get nodes --show-labels"
            raise not_found(text, f"see `{show}`")

    return check


def _look(objects: Objects, path: str, query: Mapping[str, str] | None = None) -> Mapping[str, Any] | None:
    """Returns None if the user may not look. Raises `ApiError` with status 404 if the object is missing."""
    try:
        answer: Mapping[str, Any] = objects.client.call("GET", path, query=query)
    except ApiError as error:
        if error.status == 403:
            return None
        raise
    return answer


def _is_absent(asked: "Future[Mapping[str, Any] | None]") -> bool:
    try:
        asked.result()
    except ApiError as error:
        if error.status == 404:
            return True
        raise
    return False
