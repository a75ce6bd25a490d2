"""What every submission asks of the cluster, whatever the run is. So it can be asked while the run is still being planned."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.backends.kubernetes import problems
from aideator_cli.backends.kubernetes.client import ApiError, Client
from aideator_cli.backends.kubernetes.objects import Objects
from aideator_cli.system.background import begun

_OLDEST: Final = (1, 29)
_WHO: Final = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
Items = Sequence[Mapping[str, Any]]


@frozen
class Outlook:
    """Answers that may still be on their way. Each raises `ApiError`, `ConnectionFailed`, `AideatorError`."""

    version: Future[str | None]
    who: Future[str | None]
    ranges: Future[Items]
    quotas: Future[Items]

    @property
    def has_failed(self) -> bool:
        """Returns whether there is an answer that can't be used. Another one may be better by now."""
        each = (self.version, self.who, self.ranges, self.quotas)
        return any(future.done() and future.exception() is not None for future in each)


def ask(objects: Objects) -> Outlook:
    """Returns at once."""
    ranges, quotas = (begun(_items, objects, kind) for kind in ("limitranges", "resourcequotas"))
    return Outlook(begun(checked_version, objects), begun(username, objects.client), ranges, quotas)


def checked_version(objects: Objects) -> str | None:
    """Returns the server's version, or None if it hides that. Raises `AideatorError` if it is too old, `ApiError`, `ConnectionFailed`."""
    try:
        told = objects.client.call("GET", "/version")
    except ApiError as error:
        if error.status == 403:  # then the Jobs will show it
            return None
        raise
    numbers = re.findall(r"\d+", f"{told.get('major')} {told.get('minor')}")
    if len(numbers) == 2 and (int(numbers[0]), int(numbers[1])) < _OLDEST:
        raise problems.too_old(objects.place, str(told.get("gitVersion")))
    return str(told.get("gitVersion"))


def username(client: Client) -> str | None:
    """Returns what the cluster calls this user, or None if it does not say."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    with contextlib.suppress(ApiError):
        name = client.call("POST", _WHO, body=review)["status"]["userInfo"].get("username")
        return name if isinstance(name, str) else None
    return None


def _items(objects: Objects, kind: str) -> Items:
    """Returns none if the user may not list them: then the pods will show what is refused."""
    try:
        items: Items = objects.client.call("GET", f"{objects.core}/{kind}")["items"] or []
    except ApiError as error:
        if error.status in (403, 404):
            return []
        raise
    return items
