"""The namespace: whether objects can be created in it."""

from collections.abc import Mapping
from typing import Any

from aideator_cli.backends.kubernetes.client import ApiError
from aideator_cli.backends.kubernetes.objects import Objects

_PROBE = "aideator-probe"  # never stored


def look(objects: Objects) -> Mapping[str, Any] | None:
    """Returns the namespace; {} if the user may not see it, but it is there; None if nobody says so.

    Raises `ApiError` if it is missing or being deleted, also for a user who may not see it.
    """
    try:
        found: Mapping[str, Any] = objects.client.call("GET", f"/api/v1/namespaces/{objects.place.namespace}")
    except ApiError as error:
        if error.status != 403:
            raise
        return {} if _probe(objects) else None
    if found["metadata"].get("deletionTimestamp"):
        _probe(objects)
    return found


def _probe(objects: Objects) -> bool:
    """Asks the server to accept an object without storing it, which tells the state of a namespace that the user may not see.

    Returns False if the server does not say.
    """
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": _PROBE}}
    try:
        objects.client.call("POST", objects.configmaps, query={"dryRun": "All"}, body=manifest)
    except ApiError as error:
        if error.status == 404 or "being terminated" in error.message:
            raise
        return False
    return True
