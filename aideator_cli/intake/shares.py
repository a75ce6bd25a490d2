"""Parses what a container gets of CPU, memory and disk: `--memory 1Gi:4Gi` requests 1Gi and limits it to 4Gi."""

from decimal import Decimal
from typing import Final

from aideator_agent.pod_settings import Resources, Share
from aideator_cli.errors import usage
from aideator_cli.text.quantities import quantity

_LEAST_BYTES: Final = Decimal(1024 * 1024)
_LEAST_CORES: Final = Decimal("0.001")
_MOST: Final = Decimal(2) ** 60
_EXAMPLES: Final = {"cpu": "500m, 2 or 250m:2", "memory": "512Mi, 4Gi or 1Gi:4Gi", "disk": "1Gi or 1Gi:20Gi"}


def resources(cpu: str | None, memory: str | None, disk: str | None, usual: Resources, prefix: str = "") -> Resources:
    """Returns what a container gets; `usual` decides what is not given. `prefix` is that of the options' names.

    Raises `AideatorError` (usage) if Kubernetes would refuse it.
    """
    return Resources(
        cpu=usual.cpu if cpu is None else _share(f"--{prefix}cpu", cpu, "cpu"),
        memory=usual.memory if memory is None else _share(f"--{prefix}memory", memory, "memory"),
        disk=usual.disk if disk is None else _share(f"--{prefix}disk", disk, "disk"),
    )


def _share(option: str, text: str, kind: str) -> Share:
    request, colon, limit = text.partition(":")
    if not colon:
        limit = request
    least = _LEAST_CORES if kind == "cpu" else _LEAST_BYTES
    asked, most = (_amount(option, part, text, kind) for part in (request, limit))
    if most < asked:
        raise usage(f"{option} {text}: the limit {limit} is less than the request {request}")
    if asked < least:
        hint = f"did you mean {request[:-1]}Mi? m is a thousandth" if kind != "cpu" and request.endswith("m") else None
        raise usage(f"{option} {text}: {request} is less than {'1m' if kind == 'cpu' else '1Mi'}", hint)
    return Share(request, limit)


def _amount(option: str, part: str, text: str, kind: str) -> Decimal:
    try:
        if (found := quantity(part)) < _MOST:
            return found
    except ValueError:
        pass
    raise usage(f"{option} takes REQUEST[:LIMIT], such as {_EXAMPLES[kind]}, not {text!r}")
