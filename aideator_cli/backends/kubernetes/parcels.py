"""What is sent beside a run's spec, as objects of the cluster: commits in ConfigMaps, carried files and hidden checks in Secrets, a part in
each. Only the agent's own program gets them, not the containers for commands."""

import base64
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.backends.kubernetes.client import METADATA, ApiError
from aideator_cli.backends.kubernetes.objects import COMPONENT, SENT, Objects
from aideator_cli.errors import ExitCode, SentIsGone, unavailable

PART_BYTES: Final = 900 * 1024  # the API server takes 1 MiB in a ConfigMap or a Secret
SECONDS: Final = 20.0  # for an object of an earlier submission to go away
LOOK: Final = 0.2  # seconds
KEY: Final = "part"  # of the entry that holds the part


@frozen
class Part:
    kind: str  # ConfigMap or Secret
    name: str  # of the object
    file: str  # under which the agent finds it
    source: str  # the stored file that it is a part of
    offset: int

    @property
    def entry(self) -> Mapping[str, Any]:
        """Returns this part's source in a projected volume."""
        return {
            "configMap" if self.kind == "ConfigMap" else "secret": {
                "name": self.name,
                "items": [{"key": KEY, "path": self.file}],
            }
        }

    def path(self, objects: Objects) -> str:
        """Returns the path of all objects of this kind."""
        return objects.configmaps if self.kind == "ConfigMap" else objects.secrets

    def manifest(self, folder: Path, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the object. `metadata` is that of the run's ConfigMap. Raises `OSError` if the stored file is gone."""
        with (folder / self.source).open("rb") as file:
            file.seek(self.offset)
            data = base64.b64encode(file.read(PART_BYTES)).decode()
        own = metadata_beside(metadata, self.name)
        made = {"apiVersion": "v1", "kind": self.kind, "metadata": own, "immutable": True}
        if self.kind == "Secret":
            return {**made, "type": "Opaque", "data": {KEY: data}}
        return {**made, "binaryData": {KEY: data}}


def parts(spec: RunSpec) -> list[Part]:
    if spec.sent is None:
        return []
    commits = () if spec.sent.by_connection else _split(spec, "ConfigMap", "commits")
    public = [part for source in ("objects", "patch", "patches") for part in _split(spec, "ConfigMap", source)]
    private = [part for source in ("carried", "hidden") for part in _split(spec, "Secret", source)]
    return [*commits, *public, *private]


def _split(spec: RunSpec, kind: str, source: str) -> Iterator[Part]:
    piece = getattr(spec.sent, source)
    for number, offset in enumerate(range(0, piece.bytes if piece else 0, PART_BYTES)):
        yield Part(kind, f"agent-{spec.id}-{source}-{number:03}", f"{source}.{number:03}", source, offset)


def metadata_beside(metadata: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Returns the metadata of an object that is sent beside the run's ConfigMap, whose own is given."""
    own = {each: metadata[each] for each in ("namespace", "annotations")}
    return {**own, "name": name, "labels": {**metadata["labels"], COMPONENT: SENT}}


def owned_by(metadata: Mapping[str, Any]) -> list[dict[str, str]]:
    """Returns the `ownerReferences` by which the garbage collector removes an object with the run's ConfigMap."""
    return [{"apiVersion": "v1", "kind": "ConfigMap", "name": metadata["name"], "uid": metadata["uid"]}]


def send(objects: Objects, spec: RunSpec, part: Part, folder: Path, owner: Mapping[str, Any]) -> None:
    """Creates the object. It belongs to the run's ConfigMap `owner`, with which the garbage collector removes it.

    So this needs no right but to create it. A retry on another machine, which lacks the stored file, uses the object in the cluster. Raises
    `AideatorError` if that is gone too.
    """
    metadata = owner["metadata"]
    try:
        manifest = part.manifest(folder, metadata)
    except OSError as error:
        if metadata.get("ownerReferences"):  # the ConfigMap was there before, and what belongs to it is
            return
        raise SentIsGone(
            f"what was sent with run {spec.id} is neither in {folder} nor in the cluster any more",
            hint="retry it on the machine that started it, or start a new run",
            code=ExitCode.UNAVAILABLE,
        ) from error
    manifest["metadata"]["ownerReferences"] = owned_by(metadata)
    deadline = time.monotonic() + SECONDS
    while not _is_there(objects, part, manifest):
        if time.monotonic() > deadline:
            raise unavailable(
                f"{part.kind} {part.name} of an earlier submission does not go away", hint="retry it later"
            )
        time.sleep(LOOK)


def _is_there(objects: Objects, part: Part, manifest: Mapping[str, Any]) -> bool:
    """Creates the object, or finds it. Returns False while one with another owner is going away."""
    try:
        objects.client.call("POST", part.path(objects), body=manifest)
    except ApiError as error:
        if error.status != 409 or error.reason != "AlreadyExists":
            raise
    else:
        return True
    try:
        found = objects.client.call("GET", f"{part.path(objects)}/{part.name}", accept=METADATA)
    except ApiError as error:
        if error.status not in (403, 404):
            raise
        return error.status == 403  # the run's ConfigMap is ours, so what has its name is too
    return bool(found["metadata"].get("ownerReferences") == manifest["metadata"]["ownerReferences"])
