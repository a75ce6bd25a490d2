"""The part of a spec that shapes the pod. The command-line tool puts it into each Job, and the agent needs none of it."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from aideator_agent.values import frozen

USUAL_UID: Final = 1000


@frozen
class Share:
    """What a container requests of one resource, and its limit, as Kubernetes quantities."""

    request: str
    limit: str


@frozen
class Resources:
    """What one container gets."""

    cpu: Share = Share("50m", "1")
    memory: Share = Share("128Mi", "2Gi")
    disk: Share = Share("128Mi", "4Gi")


@frozen
class Toleration:
    key: str
    value: str | None = None  # None: any value
    effect: str | None = None  # None: any effect


@frozen
class PodSettings:
    resources: Resources = Resources()  # of each container except the one for checks
    check_resources: Resources = Resources()
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    priority_class: str | None = None
    runtime_class: str | None = None
    service_account: str | None = None
    image_pull_secrets: tuple[str, ...] = ()
    env_from: tuple[str, ...] = ()  # Secrets whose entries are variables of every command
    run_as: int | None = USUAL_UID  # the user id of all containers; None: the platform's choice
    patch: Mapping[str, Any] | None = None  # a strategic merge patch of the pod
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    queue: str | None = None  # the LocalQueue of Kueue in which the Jobs wait
    queue_priority: str | None = None  # the WorkloadPriorityClass of the Jobs


def pod_settings(data: Mapping[str, Any]) -> PodSettings:
    """Reads the settings from a spec's JSON. Unknown fields are ignored."""
    known = {name: value for name, value in data.items() if name in PodSettings.__dataclass_fields__}
    for name in ("resources", "check_resources"):
        if name in known:
            known[name] = _resources(known[name])
    known["tolerations"] = tuple(Toleration(t["key"], t["value"], t["effect"]) for t in known.get("tolerations", ()))
    for name in ("image_pull_secrets", "env_from"):
        known[name] = tuple(known.get(name, ()))
    return PodSettings(**known)


def _resources(data: Mapping[str, Any]) -> Resources:
    names = [name for name in Resources.__dataclass_fields__ if name in data]
    return Resources(**{name: Share(data[name]["request"], data[name]["limit"]) for name in names})
