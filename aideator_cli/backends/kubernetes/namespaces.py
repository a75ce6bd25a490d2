"""The namespace: whether objects can be created in it."""

from collections.abc import Mapping
from typing import Any

from aideator_cli.backends.kubernetes.client import ApiError
from aideator_cli.backends.kubernetes.objects import Objects

_PROBE = "aideator-probe"  # never stored


def look(objects: Objects) -> Mapping[str, Any] | None:
    """Returns the namespace, or None if the user may not see it. Raises `ApiError` if it is missing or being deleted, for all users."""
    try:
        found: Mapping[str, Any] = objects.client.call("GET", f"/api/v1/namespaces/{objects.place.namespace}")
    except ApiError as error:
        if error.status != 403:
            raise
        _probe(objects)
        return None
    if found["metadata"].get("deletionTimestamp"):
        _probe(objects)
    return found


def _probe(objects: Objects) -> None:
    """Asks the server to accept an object without storing it, which tells the state of a namespace that the user may not see."""
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": _PROBE}}
    try:
        objects.client.call("POST", objects.configmaps, query={"dryRun": "All"}, body=manifest)
    except ApiError as error:
        if error.status == 404 or "being terminated" in error.message:
            raise
