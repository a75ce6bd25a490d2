"""Hands a person's message to the agent in a pod: through `pods/attach`, to the standard input of its container."""

from collections.abc import Mapping
from typing import Any

from aideator_cli.backends.kubernetes import problems, rights
from aideator_cli.backends.kubernetes.attaching import CONTAINER, StandardInput
from aideator_cli.backends.kubernetes.objects import Objects
from aideator_cli.domain.attempts import Attempt
from aideator_cli.errors import AideatorError, ExitCode, not_found


def tell(objects: Objects, attempt: Attempt, line: bytes) -> None:
    """Raises `AideatorError` if the pod takes no message or the user may not attach to it, `ApiError`, `ConnectionFailed`."""
    name = f"{attempt.run}/{attempt.variation}"
    pod = next((pod for pod in objects.pods(attempt.run) if pod["metadata"]["uid"] == attempt.id), None)
    if pod is None:
        raise not_found(f"{name} can't be told anything: its pod is gone")
    if not _takes_input(pod):
        raise AideatorError(
            f"{name} can't be told anything: the AIdeator that started it is of an older version", code=ExitCode.REFUSED
        )
    if not all(rights.is_allowed(objects, rights.ATTACH, verb) for verb in rights.ATTACH.verbs):
        raise problems.no_attach_to_tell(objects.place, rights.ATTACH.rule)
    client = objects.client
    with StandardInput(client.address, client.identity(), f"{objects.pods_path}/{pod['metadata']['name']}") as stdin:
        stdin.write(b"\n" + line)  # the newline ends what an earlier connection left


def _takes_input(pod: Mapping[str, Any]) -> bool:
    return any(each.get("name") == CONTAINER and each.get("stdin") for each in pod["spec"].get("containers") or ())
