"""A run's objects in one namespace: their paths, listing and deletion."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.backends.kubernetes.client import METADATA_LIST, ApiError, Client
from aideator_cli.backends.kubernetes.problems import Place

RUN: Final = "aideator.dev/run"
VARIATION: Final = "aideator.dev/variation"
SUBMISSION: Final = "aideator.dev/submission"
COMPONENT: Final = "app.kubernetes.io/component"
AGENT: Final = "agent"  # the component of a run's Jobs and of the ConfigMap with its spec
SENT: Final = "sent"  # and that of what is sent beside the spec
REFEREE: Final = "referee"  # and that of the ConfigMap with the spec of a referee
REFEREE_OF: Final = "aideator.dev/referee-of"  # on a referee's objects: the run whose patches it tries
MANAGED: Final = "app.kubernetes.io/managed-by=aideator"
LABELS: Final = {  # on every object of every run
    "app": "aideator-agent",
    "app.kubernetes.io/name": "aideator",
    "app.kubernetes.io/component": "agent",
    "app.kubernetes.io/part-of": "aideator",
    "app.kubernetes.io/managed-by": "aideator",
}


@frozen
class Objects:
    client: Client
    place: Place

    @property
    def core(self) -> str:
        return f"/api/v1/namespaces/{self.place.namespace}"

    @property
    def configmaps(self) -> str:
        return f"{self.core}/configmaps"

    @property
    def pods_path(self) -> str:
        return f"{self.core}/pods"

    @property
    def events(self) -> str:
        return f"{self.core}/events"

    @property
    def secrets(self) -> str:
        return f"{self.core}/secrets"

    @property
    def jobs_path(self) -> str:
        return f"/apis/batch/v1/namespaces/{self.place.namespace}/jobs"

    def jobs(self, run: str) -> Sequence[Mapping[str, Any]]:
        return self._items(self.jobs_path, f"{RUN}={run}")

    def pods(self, run: str) -> Sequence[Mapping[str, Any]]:
        return self._items(self.pods_path, f"{RUN}={run}")

    def referees(self, run: str) -> Sequence[Mapping[str, Any]]:
        """Returns the Jobs of the referees that try this run's patches."""
        return self._items(self.jobs_path, f"{REFEREE_OF}={run}")

    def configmaps_of_all_runs(self) -> Sequence[Mapping[str, Any]]:
        """Returns their metadata only: the specs in them may be large."""
        return self._items(self.configmaps, f"{MANAGED},{RUN},{COMPONENT}={AGENT}", accept=METADATA_LIST)

    def delete(self, path: str) -> None:
        """Deletes the object and what it owns. It is not an error if it is already gone."""
        try:
            self.client.call("DELETE", path, body={"propagationPolicy": "Background"})
        except ApiError as error:
            if error.status != 404:
                raise

    def _items(self, path: str, selector: str, **settings: Any) -> Sequence[Mapping[str, Any]]:
        answer = self.client.call("GET", path, query={"labelSelector": selector}, **settings)
        items: Sequence[Mapping[str, Any]] = answer["items"] or []
        return items


def variation_of(item: Mapping[str, Any]) -> int:
    """Returns the variation number in the object's label, or 0 if it has none."""
    return _number(item, VARIATION, 0)


def submission_of(item: Mapping[str, Any]) -> int:
    """Returns the number of the submission that made the object."""
    return _number(item, SUBMISSION, 1)


def _number(item: Mapping[str, Any], label: str, default: int) -> int:
    text = (item["metadata"].get("labels") or {}).get(label, "")
    return int(text) if text.isdecimal() and len(text) < 10 else default
