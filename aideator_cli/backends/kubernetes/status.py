"""Translates the cluster's objects for one variation into the core's words. Pure: JSON in, `Status` out.

A pod's phase alone is not reliable. The container states, the pod's reason and conditions, the Job's conditions and the events decide.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.backends.base import UNSUBMITTED, State, Status
from aideator_cli.backends.kubernetes import helps, queue_words
from aideator_cli.backends.kubernetes.client import UNCOUNTED_QUOTA
from aideator_cli.backends.kubernetes.objects import RUN, submission_of, variation_of
from aideator_cli.backends.kubernetes.queue_words import NOT_QUEUED, InQueue
from aideator_cli.domain.attempts import Attempt

Object = Mapping[str, Any]

# What kubelet puts before the runtime's message. Without it, the trouble reads the same during a try and during the back-off.
_FORWARDED: Final = re.compile(
    r'^(Back-off pulling image "[^"]*"(: |$))?(ErrImagePull: )?(rpc error: code = \w+ desc = )?(failed to pull and unpack image "[^"]*": )?'
)
_NO_IMAGE: Final = (
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
)
_NEVER_AN_IMAGE: Final = ("ErrImageNeverPull", "InvalidImageName")
_SIDECARS: Final = ("shell", "check")
_ROUTINE: Final = ("", "ContainerCreating", "PodInitializing")
_SECRET_MISSING: Final = re.compile(r"secret .*not found|couldn't find key .* in Secret", re.IGNORECASE)
_HELD_BACK: Final = ("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox")
CANCELLED_SECONDS: Final = 1  # the pod's deadline after `cancel`; no agent is given such a short one
RELEASED_SECONDS: Final = 2  # the pod's deadline when only strangers' containers are left in it
_GRACE: Final = 15.0  # seconds during which a missing Secret may still be created
# The reasons of the DisruptionTarget condition, and of a pod's own status.reason
_DISRUPTIONS: Final = {
    "PreemptionByScheduler": "evicted",
    "EvictionByEvictionAPI": "evicted",
    "TerminationByKubelet": "evicted",
    "DeletionByTaintManager": "node_lost",
    "DeletionByPodGC": "node_lost",
}
_POD_REASONS: Final = {
    "Evicted": "evicted",
    "Preempting": "evicted",
    "DeadlineExceeded": "deadline",
    "NodeLost": "node_lost",
    "NodeShutdown": "node_lost",
    "Terminated": "node_lost",
    "Shutdown": "node_lost",
}
_END_TEXTS: Final = {
    "evicted": "the pod was evicted",
    "deadline": "the pod exceeded its deadline",
    "node_lost": "the pod's node was lost",
    "deleted": "the pod was deleted",
    "preempted": "Kueue took back its place in the queue",
    "cancelled": "the agent was told to stop",
}


@frozen
class Seen:
    """What is known about one variation. `gone` means that the pod no longer exists and is kept as last seen."""

    job: Object | None = None
    pod: Object | None = None
    gone: bool = False
    job_event: Object | None = None  # the newest warning about the Job
    pod_event: Object | None = None  # the newest event about the pod
    events_readable: bool = True
    queued: InQueue = NOT_QUEUED
    unsubmitted: bool = False  # it has no Job yet, because others are at work


def translate(variation: int, seen: Seen) -> Status:
    if seen.pod is None:
        return replace(_without_pod(variation, seen), began=_since(seen.job))
    attempt = attempt_of(seen.pod)
    status = replace(
        _of_pod(variation, seen, seen.pod), attempt=attempt, began=attempt.created, strangers=_strangers(seen)
    )
    return replace(status, readable=not seen.gone and _has_run(seen.pod))


def attempt_of(pod: Object) -> Attempt:
    metadata = pod["metadata"]
    run = str((metadata.get("labels") or {}).get(RUN, ""))
    created = str(metadata.get("creationTimestamp"))
    return Attempt(metadata["uid"], run, variation_of(pod), created, metadata["name"], submission_of(pod))


def _since(job: Object | None) -> str | None:
    """Returns when the Job was allowed to make a pod. None if it is not allowed, or there is no Job."""
    if job is None or job["spec"].get("suspend"):
        return None
    found = (job.get("status") or {}).get("startTime") or job["metadata"].get("creationTimestamp")
    return str(found) if found else None


def _without_pod(variation: int, seen: Seen) -> Status:
    job = seen.job
    if seen.unsubmitted:
        return Status(variation, "waiting", *UNSUBMITTED, held=True)
    if job is None:
        return Status(variation, "ended", "deleted", "the Job does not exist (any more)", final=True)
    if job["metadata"].get("deletionTimestamp"):
        return Status(variation, "ended", "deleted", "the Job is being deleted", final=True)
    finished = _finished(job)
    if finished is not None:
        reason = "deadline" if finished.get("reason") == "DeadlineExceeded" else "deleted"
        text = f"the Job has ended without a pod: {finished.get('message') or finished.get('reason')}"
        return Status(variation, "ended", reason, text, final=True)
    if job["spec"].get("suspend"):
        return queue_words.waiting(variation, job, seen.queued)
    if seen.job_event is not None and seen.job_event.get("reason") == "FailedCreate":
        return _no_pod_made(variation, str(seen.job_event.get("message") or ""))
    unknown = "" if seen.events_readable else "; to show why, AIdeator needs permission to list and watch events"
    return Status(variation, "waiting", "scheduling", f"the Job has no pod yet{unknown}")


def _no_pod_made(variation: int, message: str) -> Status:
    why = message.removeprefix("Error creating: ")
    if "exceeded quota" in why:
        return Status(variation, "waiting", "quota", helps.over_quota(why))
    if UNCOUNTED_QUOTA in why:  # although it says "is forbidden": the Job tries again
        return Status(variation, "waiting", "quota", f"the namespace's quota is new and not counted yet: {why}")
    if "is forbidden" in why or "denied the request" in why:
        policy = "Pod Security" if "PodSecurity" in why else "a policy"
        text = helps.refused(why) or f"{policy} refuses the pod: {why}"
        new = 'serviceaccount "default" not found' in why  # the namespace is, and gets it in a moment
        return Status(variation, "waiting", "policy", text, hopeless_after=_GRACE if new else 0.0)
    if (missing := helps.refused(why)) is not None:
        return Status(variation, "waiting", "config", missing, hopeless_after=_GRACE)
    return Status(variation, "waiting", "scheduling", f"the pod can't be created: {why}")


def _of_pod(variation: int, seen: Seen, pod: Object) -> Status:
    agent = _container(pod, "containerStatuses", "agent")
    ended = _state(agent, "terminated")
    if ended is not None or pod["status"].get("phase") in ("Failed", "Succeeded") or seen.gone:
        return _ended(variation, seen, pod, ended or {})
    running = _state(agent, "running") is not None
    disruption = _disruption(pod)
    if pod["metadata"].get("deletionTimestamp"):
        reason = disruption or _why_deleted(seen)
        return Status(
            variation, "running" if running else "waiting", reason, f"{_END_TEXTS[reason]}; it is being stopped"
        )
    if running:
        killed = helps.restarted(pod)
        return Status(variation, "running", "out_of_memory" if killed else "running", killed or "the agent is working")
    return _waiting(variation, seen, pod, agent)


def _ended(variation: int, seen: Seen, pod: Object, ended: Object) -> Status:
    reason, text = _verdict(seen, pod, ended)
    code = ended.get("exitCode")
    taken = (seen.gone and not ended) or _was_deleted(pod, ended) or _disruption(pod) is not None
    final = not taken or not _makes_pods(seen.job)
    return Status(variation, "ended", reason, text, exit_code=code if isinstance(code, int) else None, final=final)


def _verdict(seen: Seen, pod: Object, ended: Object) -> tuple[str, str]:
    """Returns why the container ended. OOMKilled with exit code 0 means a child was killed: the agent itself continued and ended well."""
    code, why = ended.get("exitCode"), str(ended.get("reason") or "")
    if code == 0 and not _was_deleted(pod, ended):
        return "completed", "the agent has ended"
    if why == "OOMKilled" and code != 0:
        return "oom_killed", helps.out_of_memory(pod, "agent")
    if why in ("StartError", "ContainerCannotRun"):
        return "start_error", helps.agent_not_started(pod, str(ended.get("message") or why))
    outer = _POD_REASONS.get(str(pod["status"].get("reason") or "")) or _disruption(pod)
    if outer == "deadline" and _deadline(pod) == CANCELLED_SECONDS:
        return "cancelled", _END_TEXTS["cancelled"]
    if outer == "deadline" and _deadline(pod) == RELEASED_SECONDS and ended:
        outer = None  # the agent had ended before
    if outer is None and (_was_deleted(pod, ended) or (seen.gone and not ended)):
        outer = _why_deleted(seen)
    if outer is not None:
        told = str(pod["status"].get("message") or "").strip()
        advice = helps.evicted(pod) if outer == "evicted" else ""
        return outer, _END_TEXTS[outer] + (f": {told.rstrip('.') if advice else told}" if told else "") + advice
    if not ended:
        return (
            "error",
            f"the pod failed: {pod['status'].get('message') or pod['status'].get('reason') or 'no reason given'}",
        )
    return "error", f"the agent ended with exit code {code}"


def _waiting(variation: int, seen: Seen, pod: Object, agent: Object) -> Status:
    scheduled = _condition(pod, "PodScheduled")
    if scheduled is None or scheduled.get("status") != "True":
        return _unscheduled(variation, scheduled, (pod.get("spec") or {}).get("nodeSelector") or {})
    sidecars = [container for name in _SIDECARS if (container := _container(pod, "initContainerStatuses", name))]
    for container in (*sidecars, agent):
        trouble = _trouble(variation, container, agent.get("image"))
        if trouble is not None:
            return trouble
    return _starting(variation, seen, sidecars)


def _unscheduled(variation: int, condition: Object | None, selector: Mapping[str, str]) -> Status:
    why = str((condition or {}).get("message") or "")
    reason = (condition or {}).get("reason")
    if reason == "Unschedulable":
        return Status(variation, "waiting", "unschedulable", helps.no_node(why, selector))
    if reason == "SchedulingGated":
        return Status(variation, "waiting", "queued", f"the pod is waiting for admission: {why}", held=True)
    return Status(variation, "waiting", "scheduling", "the pod is waiting for a node")


def _trouble(variation: int, container: Object, of_agent: object) -> Status | None:
    """Returns what holds a container back, if it is more than the usual startup. `of_agent`: the agent's image."""
    name = str(container.get("name"))
    waiting = _state(container, "waiting") or {}
    last = _state(container, "terminated") or (container.get("lastState") or {}).get("terminated") or {}
    why, message = str(waiting.get("reason") or ""), str(waiting.get("message") or "")
    if last.get("reason") in ("StartError", "ContainerCannotRun") and not _state(container, "running"):
        text = helps.not_started(name, container.get("image"), of_agent, str(last.get("message") or last["reason"]))
        return _held(variation, "start_error", text, 0.0)
    if why in _NO_IMAGE:
        hopeless = 0.0 if why in _NEVER_AN_IMAGE else None
        return _held(
            variation,
            "image",
            f"the image of {name} ({container.get('image')}) can't be pulled: {_FORWARDED.sub('', message) or why}",
            hopeless,
        )
    if why == "CreateContainerConfigError":
        return _misconfigured(variation, name, message)
    if why == "CrashLoopBackOff":
        code = last.get("exitCode")
        return _held(
            variation, "start_error", f"the {name} container exits right after it starts (exit code {code})", _GRACE
        )
    if why not in _ROUTINE:
        return _held(variation, "start_error", f"the {name} container can't be created: {message or why}", _GRACE)
    return None


def _misconfigured(variation: int, name: str, message: str) -> Status:
    if _SECRET_MISSING.search(message):
        what = "a key of agent" if name == "agent" else f"a Secret for {name} (--env-from)"
        return _held(variation, "secret", f"{what} is missing: {message}", _GRACE)
    if "runAsNonRoot" in message:
        return _held(variation, "config", helps.as_root(name, message), 0.0)
    return _held(variation, "config", f"the {name} container can't be created: {message}", _GRACE)


def _starting(variation: int, seen: Seen, sidecars: Sequence[Object]) -> Status:
    event = seen.pod_event or {}
    told = str(event.get("message") or "")
    if event.get("reason") == "Pulling":
        return Status(variation, "waiting", "pulling", told)
    if (
        event.get("reason") in _HELD_BACK and "failed to sync" not in told
    ):  # kubelet's cache is sometimes briefly out of date
        return Status(variation, "waiting", "starting", f"the pod's containers can't be created yet: {told}")
    if sidecars and all(_state(sidecar, "running") is not None for sidecar in sidecars):
        return Status(variation, "waiting", "starting", "the agent's container is being created")
    return Status(variation, "waiting", "starting", "the pod's containers are being created")


def _held(variation: int, reason: str, text: str, hopeless: float | None) -> Status:
    state: State = "waiting"
    return Status(variation, state, reason, text, hopeless_after=hopeless)


def _strangers(seen: Seen) -> tuple[str, ...]:
    """Returns the containers beside the agent's that have not ended, as long as nobody has told the pod to end."""
    pod = seen.pod or {}
    over = (
        pod["status"].get("phase") in ("Failed", "Succeeded") or pod["metadata"].get("deletionTimestamp") or seen.gone
    )
    if over or _deadline(pod) in (CANCELLED_SECONDS, RELEASED_SECONDS):
        return ()
    names = [str(each.get("name")) for each in (pod.get("spec") or {}).get("containers") or ()]
    return tuple(
        name
        for name in names
        if name != "agent" and _state(_container(pod, "containerStatuses", name), "terminated") is None
    )


def _deadline(pod: Object) -> object:
    return (pod.get("spec") or {}).get("activeDeadlineSeconds")


def _container(pod: Object, where: str, name: str) -> Object:
    """Returns a container's status. Empty if kubelet has not reported it yet."""
    return next((found for found in pod["status"].get(where) or () if found.get("name") == name), {})


def _state(container: Object, state: str) -> Object | None:
    found: Object | None = (container.get("state") or {}).get(state)
    return found


def _has_run(pod: Object) -> bool:
    """Whether the agent's container has an id, so that its log can be requested."""
    return bool(_container(pod, "containerStatuses", "agent").get("containerID"))


def _condition(item: Object, kind: str) -> Object | None:
    return next((found for found in item["status"].get("conditions") or () if found.get("type") == kind), None)


def _disruption(pod: Object) -> str | None:
    found = _condition(pod, "DisruptionTarget")
    if found is None or found.get("status") != "True":
        return None
    return _DISRUPTIONS.get(str(found.get("reason")), "evicted")


def _finished(job: Object) -> Object | None:
    """Returns the condition that says that the Job makes no more pods."""
    kinds = ("Failed", "Complete", "FailureTarget", "SuccessCriteriaMet")
    return next((found for kind in kinds if (found := _condition(job, kind)) and found.get("status") == "True"), None)


def _makes_pods(job: Object | None) -> bool:
    return job is not None and not job["metadata"].get("deletionTimestamp") and _finished(job) is None


def _was_deleted(pod: Object, ended: Object) -> bool:
    """Whether the deletion ended the agent. A pod may also be deleted long after its end."""
    deleted, finished = _time(pod["metadata"].get("deletionTimestamp")), _time(ended.get("finishedAt"))
    if deleted is None or finished is None:
        return deleted is not None
    asked = deleted - timedelta(seconds=pod["metadata"].get("deletionGracePeriodSeconds") or 0)
    return finished >= asked


def _time(stamp: object) -> datetime | None:
    return datetime.fromisoformat(stamp) if isinstance(stamp, str) else None


def _why_deleted(seen: Seen) -> str:
    preempted = _makes_pods(seen.job) and queue_words.was_evicted(seen.queued)
    return _job_reason(seen.job) or ("preempted" if preempted else "deleted")


def _job_reason(job: Object | None) -> str | None:
    finished = _finished(job) if job is not None else None
    return "deadline" if finished is not None and finished.get("reason") == "DeadlineExceeded" else None
