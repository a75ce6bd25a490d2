"""A pod like an agent's that is only tried: it starts, says what it sees, and is deleted.

The Job is the one that a run would make, so whatever keeps an agent from starting keeps this one. It needs no right that a run does not.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from threading import Event as Flag
from threading import Timer
from typing import Any, Final

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Line, LogBroken, LogGone, LogNotReady, Status
from aideator_cli.backends.kubernetes import manifests
from aideator_cli.backends.kubernetes.client import ApiError, ConnectionFailed
from aideator_cli.backends.kubernetes.logs import read_log
from aideator_cli.backends.kubernetes.objects import Objects
from aideator_cli.backends.kubernetes.watching import watch
from aideator_cli.domain.trial import Trial, is_older, said_in

_TTL_SECONDS: Final = 60  # for when this process is killed: then the cluster deletes the Job
_PATIENCE: Final = {"quota": 5.0, "image": 15.0}  # seconds until what refuses the pod is believed
_WORK_SECONDS: Final = 180  # to resolve names, greet an agent and ask a model, once the pod has started


def attempt(
    objects: Objects, spec: RunSpec, placement: manifests.Placement, arguments: Sequence[str]
) -> Iterator[Status | Trial]:
    """Yields what is known about the pod whenever that changes, and at the end what came of it. Leaves nothing behind.

    Raises `ApiError` and `ConnectionFailed` if the pod can't be asked for or followed.
    """
    job = manifest(spec, placement, arguments)
    path = f"{objects.jobs_path}/{job['metadata']['name']}"
    began = time.monotonic()
    try:
        objects.client.call("POST", objects.jobs_path, body=job)
        last: Status | None = None
        for last in _followed(objects, spec):
            yield last
        yield _outcome(objects, last, time.monotonic() - began)
    finally:
        with suppress(ApiError, ConnectionFailed):
            objects.delete(path)


def manifest(spec: RunSpec, placement: manifests.Placement, arguments: Sequence[str]) -> dict[str, Any]:
    """Returns an agent's Job whose program is called with these arguments, and which needs no ConfigMap."""
    job = manifests.job(spec, spec.variations[0], placement)
    job["metadata"]["name"] = f"aideator-doctor-{spec.id}"
    limit = int(spec.limits.start_seconds) + _WORK_SECONDS
    job["spec"] |= {"ttlSecondsAfterFinished": _TTL_SECONDS, "activeDeadlineSeconds": limit}
    pod = job["spec"]["template"]["spec"]
    pod |= {"activeDeadlineSeconds": limit, "terminationGracePeriodSeconds": 1}
    pod["volumes"] = [volume for volume in pod["volumes"] if "configMap" not in volume]
    kept = {volume["name"] for volume in pod["volumes"]}
    agent = next(container for container in pod["containers"] if container["name"] == "agent")
    agent["args"] = [word.replace("$", "$$") for word in arguments]  # Kubernetes would replace `$(NAME)`
    agent["volumeMounts"] = [mount for mount in agent["volumeMounts"] if mount["name"] in kept]
    return job


def _followed(objects: Objects, spec: RunSpec) -> Iterator[Status]:
    """Yields each status until the agent has ended, waiting is pointless, or the time is up."""
    stop = Flag()
    timers = [_timer(spec.limits.start_seconds, stop)]
    try:
        for told in watch(objects, spec, stop):
            if not isinstance(told, Status):
                continue
            yield told
            if told.state == "ended":
                return
            for timer in timers[1:]:
                timer.cancel()
            if told.state == "running":
                timers[0].cancel()
                timers[1:] = [_timer(_WORK_SECONDS, stop)]
            elif (patience := _patience(told)) is not None:
                timers[1:] = [_timer(patience, stop)]
    finally:
        for timer in timers:
            timer.cancel()


def _patience(status: Status) -> float | None:
    """Returns the seconds after which waiting is pointless. A run waits longer, but here a person does."""
    known = _PATIENCE.get(status.reason)
    return known if status.hopeless_after is None else status.hopeless_after


def _timer(seconds: float, stop: Flag) -> Timer:
    timer = Timer(seconds, stop.set)
    timer.daemon = True
    timer.start()
    return timer


def _outcome(objects: Objects, last: Status | None, seconds: float) -> Trial:
    if last is None:
        return Trial(seconds, reason="lost", text="the cluster told nothing about the pod")
    lines = _log(objects, last) if last.state == "ended" and last.readable else []
    return Trial(seconds, said_in(lines), last.reason, last.text, is_older(lines))


def _log(objects: Objects, status: Status) -> list[bytes]:
    if status.attempt is None:
        return []
    lines: list[bytes] = []
    with suppress(LogNotReady, LogGone, LogBroken):
        for piece in read_log(objects, status.attempt, "agent", follow=False, since=None):
            lines += [line.raw for line in piece if isinstance(line, Line)]
    return lines
