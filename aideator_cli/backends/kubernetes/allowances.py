"""What a LimitRange or ResourceQuota of the namespace refuses, said before anything is created. Pure: JSON in, errors out."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.backends.kubernetes.problems import Place
from aideator_cli.errors import refused
from aideator_cli.text.quantities import amount, quantity

Object = Mapping[str, Any]
_OPTIONS: Final = {"cpu": "cpu", "memory": "memory", "ephemeral-storage": "disk"}
_COUNTS: Final = ("pods", "count/pods")


@frozen
class _Container:
    name: str
    requests: Mapping[str, str]
    limits: Mapping[str, str]

    def option(self, kind: str) -> str:
        return f"--check-{_OPTIONS[kind]}" if self.name == "check" else f"--{_OPTIONS[kind]}"


def check(pod: Object, ranges: Sequence[Object], quotas: Sequence[Object], place: Place) -> None:
    """Raises `AideatorError` (refused) if no pod like this one (the spec of a pod) can ever be made in the namespace.

    A quota that is used up is no error: the pod waits until others have ended.
    """
    containers = [_container(each) for each in (*(pod.get("initContainers") or ()), *pod["containers"])]
    for found in ranges:
        for item in (found.get("spec") or {}).get("limits") or ():
            _check_range(str(found["metadata"]["name"]), item, containers, place)
    for found in quotas:
        if _applies(found.get("spec") or {}, pod):
            _check_quota(found, containers, place)


def _container(container: Object) -> _Container:
    resources = container.get("resources") or {}
    requests, limits = (dict(_known(resources.get(field))) for field in ("requests", "limits"))
    return _Container(str(container["name"]), {**limits, **requests}, limits)


def _check_range(name: str, item: Object, containers: Sequence[_Container], place: Place) -> None:
    where = f"LimitRange {name} of namespace {place.namespace}"
    if item.get("type") == "Container":
        for container in containers:
            _check_container(where, item, container)
    elif item.get("type") == "Pod":
        for kind, most in _known(item.get("max")):
            if (wanted := _sum(containers, kind, "limits")) > quantity(most):
                text = f"{where} allows a pod a {kind} limit of {most}, and this pod's is {_told(wanted)}"
                raise refused(f"{text} ({_parts(containers, kind, 'limits')})", _lower(containers, kind))
        for kind, least in _known(item.get("min")):
            if (wanted := _sum(containers, kind, "requests")) < quantity(least):
                text = f"{where} demands a {kind} request of {least} from a pod, and this pod's is {_told(wanted)}"
                raise refused(f"{text} ({_parts(containers, kind, 'requests')})", f"raise --{_OPTIONS[kind]}")


def _check_container(where: str, item: Object, container: _Container) -> None:
    for kind, most in _known(item.get("max")):
        limit, request = container.limits.get(kind), container.requests.get(kind)
        if limit is not None and quantity(limit) > quantity(most):
            asked = most if request is None or quantity(request) > quantity(most) else request
            text = f"{where} allows a container a {kind} limit of {most}, and that of {container.name} is {limit}"
            raise refused(text, f"{container.option(kind)} {asked}:{most}")
    for kind, least in _known(item.get("min")):
        request = container.requests.get(kind)
        if request is not None and quantity(request) < quantity(least):
            limit = container.limits.get(kind)
            most = least if limit is None or quantity(limit) < quantity(least) else limit
            text = f"{where} demands a {kind} request of {least}, and that of {container.name} is {request}"
            raise refused(text, f"{container.option(kind)} {least}:{most}")
    for kind, ratio in _known(item.get("maxLimitRequestRatio")):
        limit, request = container.limits.get(kind), container.requests.get(kind)
        if limit and request and quantity(limit) > quantity(ratio) * quantity(request):
            text = f"{where} allows a {kind} limit of {ratio} times the request, and {container.name} has {request}:{limit}"
            raise refused(text, f"raise the request or lower the limit of {container.option(kind)}")


def _check_quota(quota: Object, containers: Sequence[_Container], place: Place) -> None:
    where = f"the quota {quota['metadata']['name']} of namespace {place.namespace}"
    shown = f"{place.kubectl} describe resourcequota"
    for name, hard in ((quota.get("spec") or {}).get("hard") or {}).items():
        most = amount(hard)
        if name in _COUNTS and most is not None and most < 1:
            raise refused(f"{where} allows no pods ({name}: {hard})", f"see `{shown}`")
        kind, field = _counted(str(name))
        if kind is None or most is None:
            continue
        wanted = _sum(containers, kind, field)
        if wanted > most:
            text = f"{where} allows {hard} of {name}, and one pod needs {_told(wanted)}"
            raise refused(f"{text} ({_parts(containers, kind, field)})", _lower(containers, kind))


def _counted(name: str) -> tuple[str | None, str]:
    """Returns which resource of the containers a quota counts, and where they have it."""
    field, dot, kind = name.partition(".")
    if not dot:
        field, kind = "requests", name
    return (kind if kind in _OPTIONS and field in ("requests", "limits") else None), field


def _applies(spec: Object, pod: Object) -> bool:
    """Whether the quota counts the pod: it has a deadline and is not BestEffort. An unknown scope is left to the server."""
    wanted = [{"scopeName": scope, "operator": "Exists"} for scope in spec.get("scopes") or ()]
    wanted += (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    return all(_in_scope(each, pod) for each in wanted)


def _in_scope(wanted: Object, pod: Object) -> bool:
    scope, operator, values = wanted.get("scopeName"), wanted.get("operator"), wanted.get("values") or ()
    if scope == "PriorityClass":
        own = pod.get("priorityClassName")
        return {
            "In": own in values,
            "NotIn": own not in values,
            "Exists": own is not None,
            "DoesNotExist": own is None,
        }.get(str(operator), False)
    return scope in ("Terminating", "NotBestEffort")


def _known(amounts: Object | None) -> Iterator[tuple[str, str]]:
    for kind, text in (amounts or {}).items():
        if kind in _OPTIONS and amount(text) is not None:
            yield kind, str(text)


def _sum(containers: Sequence[_Container], kind: str, field: str) -> Decimal:
    return sum((_own(container, kind, field) for container in containers), Decimal(0))


def _own(container: _Container, kind: str, field: str) -> Decimal:
    text = (container.requests if field == "requests" else container.limits).get(kind)
    return Decimal(0) if text is None else quantity(text)


def _parts(containers: Sequence[_Container], kind: str, field: str) -> str:
    parts = [(c.name, (c.requests if field == "requests" else c.limits).get(kind)) for c in containers]
    return ", ".join(f"{name} {text}" for name, text in parts if text is not None)


def _lower(containers: Sequence[_Container], kind: str) -> str:
    return "lower " + " or ".join(dict.fromkeys(container.option(kind) for container in reversed(containers)))


def _told(wanted: Decimal) -> str:
    """Returns the amount as a quantity that a person reads."""
    for unit, size in (("Gi", 1024**3), ("Mi", 1024**2)):
        if wanted >= size:
            return f"{(wanted / size).quantize(Decimal('0.1')).normalize():f}{unit}"
    return f"{wanted.normalize():f}"
