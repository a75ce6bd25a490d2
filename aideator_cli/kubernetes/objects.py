"""A run's objects in one namespace: where they are, listing them, deleting them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aideator_cli.kubernetes.client import METADATA_LIST, ApiError, Client
from aideator_cli.kubernetes.problems import Place

RUN: Final = "aideator.dev/run"
VARIATION: Final = "aideator.dev/variation"
SUBMISSION: Final = "aideator.dev/submission"
MANAGED: Final = "app.kubernetes.io/managed-by=aideator"


@dataclass(frozen=True)
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

    def configmaps_of_all_runs(self) -> Sequence[Mapping[str, Any]]:
        """Their metadata; the specs in them may be large."""
        return self._items(self.configmaps, f"{MANAGED},{RUN}", accept=METADATA_LIST)

    def delete(self, path: str) -> None:
        """With what it owns. An object that is gone is no error."""
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
    """The variation's number by its label; 0: it has none."""
    return _number(item, VARIATION, 0)


def submission_of(item: Mapping[str, Any]) -> int:
    """Which of the variation's submissions made it."""
    return _number(item, SUBMISSION, 1)


def _number(item: Mapping[str, Any], label: str, default: int) -> int:
    text = (item["metadata"].get("labels") or {}).get(label, "")
    return int(text) if text.isdecimal() and len(text) < 10 else default
