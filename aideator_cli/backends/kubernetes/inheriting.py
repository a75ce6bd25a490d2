"""Gives what a lost attempt left to the one that goes on from there: a ConfigMap for a Job, which its pod finds when it starts."""

import base64
from collections.abc import Mapping
from typing import Any

from aideator_cli.backends.kubernetes import manifests, marks, parcels
from aideator_cli.backends.kubernetes.client import MERGE_PATCH, ApiError
from aideator_cli.backends.kubernetes.objects import Objects
from aideator_cli.domain.attempts import Attempt


def hand_on(objects: Objects, attempt: Attempt, left: bytes) -> None:
    """For another pod of the attempt's own Job. Raises `ApiError`, `ConnectionFailed`."""
    owner = objects.client.call("GET", f"{objects.configmaps}/{manifests.configmap_name(attempt.run)}")
    give(objects, owner, manifests.left_name(attempt.run, attempt.variation, attempt.submission), left)


def give(objects: Objects, owner: Mapping[str, Any], name: str, left: bytes, submission: str | None = None) -> None:
    """Creates the ConfigMap, or renews it. It belongs to the run's one, with which the garbage collector removes it.

    `submission`: the id by which its maker finds it again; None: the owner's.
    """
    metadata = owner["metadata"]
    data = {manifests.LEFT: base64.b64encode(left).decode()}
    own = {**parcels.metadata_beside(metadata, name), "ownerReferences": parcels.owned_by(metadata)}
    if submission is not None:
        own["annotations"] = {**own["annotations"], marks.SUBMISSION_ID: submission}
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": own, "binaryData": data}
    try:
        objects.client.call("POST", objects.configmaps, body=made)
    except ApiError as error:
        if error.status != 409 or error.reason != "AlreadyExists":
            raise
        renewed = {"metadata": {"ownerReferences": own["ownerReferences"]}, "binaryData": data}
        objects.client.call("PATCH", f"{objects.configmaps}/{name}", body=renewed, content=MERGE_PATCH)
