"""What helps when a pod lacks something: the container, its limit and the option, in words. Pure: JSON in, text out."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

Object = Mapping[str, Any]
_DISK: Final = re.compile(r"ephemeral|EmptyDir|disk|inodes", re.IGNORECASE)
_CONTAINER: Final = re.compile(r"Container (\S+) (?:exceeded|was using)")
_NO_SHELL: Final = re.compile(
    r'/bin/sh["`]?:? .*(no such file|not found|permission denied)|exec: "/bin/sh"', re.IGNORECASE
)
_ASIDE: Final = re.compile(
    r"[.,]? *(no new claims to deallocate,? *)?(preemption: .*)?$", re.DOTALL
)  # of the scheduler's
_NO_PROGRAM: Final = re.compile(r'/opt/aideator/bin/python["`]?:? .*(no such file|not found)', re.IGNORECASE)
_WRONG_MACHINE: Final = re.compile(r"exec format error", re.IGNORECASE)
# What a refusal of the pod says, and the option that named what is missing
_NAMED: Final = (
    (re.compile(r"no PriorityClass with name (\S+) was found"), "PriorityClass {} does not exist (--priority-class)"),
    (re.compile(r'RuntimeClass "?([^"\s]+)"? not found'), "RuntimeClass {} does not exist (--runtime-class)"),
    (re.compile(r'serviceaccount "?([^"\s]+)"? not found'), "ServiceAccount {} does not exist (--service-account)"),
)
_LIMITS: Final = re.compile(
    r"(maximum|minimum) (cpu|memory|ephemeral-storage) usage per|(cpu|memory|ephemeral-storage) max limit to request ratio"
)
_OVER_QUOTA: Final = re.compile(r"exceeded quota: (\S+), requested: (\S+), used: (\S+), limited: (\S+)")
_AMOUNT: Final = re.compile(r"([^=,]+)=([^,]+)")
_OPTIONS: Final = {"cpu": "cpu", "memory": "memory", "ephemeral-storage": "disk"}


def out_of_memory(pod: Object, name: str) -> str:
    """Says that a container was killed for memory."""
    limit = _limit(pod, name, "memory")
    told = f" (limit {limit})" if limit else ""
    return f"the {name} container was killed: out of memory{told}; raise the limit with {_option(name, 'memory')}"


def restarted(pod: Object) -> str | None:
    """Says which container for commands was killed for memory while the agent works. None if none was."""
    for status in pod["status"].get("initContainerStatuses") or ():
        last = (status.get("lastState") or {}).get("terminated") or {}
        if last.get("reason") == "OOMKilled":
            return out_of_memory(pod, str(status.get("name")))
    return None


def evicted(pod: Object) -> str:
    """Returns the option that helps against this eviction, with the limit. Empty if none does."""
    message = str(pod["status"].get("message") or "")
    found = _CONTAINER.search(message)
    name = found[1] if found and found[1] in ("agent", "shell", "check") else None
    pressed = "low on resource" in message
    if _DISK.search(message):
        kind = "disk"
    elif pressed and "memory" in message:
        kind = "memory"
    else:
        return ""
    if pressed:
        return f"; a larger request keeps pods from nodes that have too little: {_option(name or 'agent', kind)} REQUEST:LIMIT"
    limits = [
        f"{each} {text}" for each in ("agent", "shell", "check") if (text := _limit(pod, each, "ephemeral-storage"))
    ]
    told = f" (limits: {', '.join(limits)})" if limits and "EmptyDir" not in message else ""
    return f"{told}; raise the limit with {_option(name or 'agent', kind)}"


def not_started(name: str, image: object, of_agent: object, message: str) -> str:
    """Says why a container could not be started. `of_agent`: the agent's image."""
    if name == "agent" and _NO_PROGRAM.search(message):
        return f"{image} is not an image of AIdeator's agent; choose another with --agent-image"
    if name != "agent" and _NO_SHELL.search(message):
        option = "--agent-image or --image" if image == of_agent else "--image"
        return f"the image of {name} ({image}) can't run /bin/sh, which the commands need; choose another with {option}"
    if _WRONG_MACHINE.search(message):
        return f"the image of {name} ({image}) is for another kind of processor: {message}"
    return f"the {name} container can't start: {message}"


def agent_not_started(pod: Object, message: str) -> str:
    """Says why the agent's own container could not be started, with the image that its status names."""
    image = next(
        (each.get("image") for each in pod["status"].get("containerStatuses") or () if each["name"] == "agent"), None
    )
    return not_started("agent", image, image, message)


def refused(why: str) -> str | None:
    """Says what is missing, or which option helps, if the cluster refuses the pod for what an option named. Else returns None."""
    for pattern, text in _NAMED:
        if found := pattern.search(why):
            return text.format(found[1])
    if found := _LIMITS.search(why):
        return f"a LimitRange refuses the pod: {why}; change --{_OPTIONS[found[2] or found[3]]}"
    return None


def over_quota(why: str) -> str:
    """Says that the quota is used up, and what takes less of it."""
    if (found := _OVER_QUOTA.search(why)) is None:
        return f"the namespace's quota refuses the pod: {why}; it waits until others have ended"
    needed, used, limited = (dict(_AMOUNT.findall(amounts)) for amounts in found.groups()[1:])
    room = ", ".join(
        f"{kind}: {used.get(kind, '?')} of {most} used, {needed.get(kind, '?')} needed"
        for kind, most in limited.items()
    )
    kinds = [kind for kind in _OPTIONS if any(name.rpartition(".")[2] == kind for name in needed)]
    less = " or ".join(["fewer variations", *(f"a lower --{_OPTIONS[kind]}" for kind in kinds)])
    return (
        f"the namespace's quota {found[1]} has no room for the pod ({room}); "
        f"it waits until others have ended ({less} would take less)"
    )


def as_root(name: str, message: str) -> str:
    """Says that an image would run as root, or as a user without a number."""
    return f"the {name} container can't be created: {message}; give the image a numeric user that is not root, or use --run-as UID"


def no_node(why: str, selector: Mapping[str, str]) -> str:
    """Says why no node takes the pod, and which options say what it wants."""
    wants = []
    if selector and "didn't match Pod's node affinity/selector" in why:
        wants.append("--node-selector " + ",".join(f"{key}={value}" for key, value in selector.items()))
    wants += [f"--{option}" for kind, option in _OPTIONS.items() if f"Insufficient {kind}" in why]
    if "untolerated taint" in why:
        wants.append("--toleration")
    return f"no node fits the pod: {_ASIDE.sub('', why, count=1)}" + (f" (see {', '.join(wants)})" if wants else "")


def _option(name: str, kind: str) -> str:
    return f"--check-{kind}" if name == "check" else f"--{kind}"


def _limit(pod: Object, name: str, kind: str) -> str | None:
    """Returns the container's limit as the pod's spec has it, else as kubelet reports it."""
    spec, status = pod.get("spec") or {}, pod["status"]
    places: Sequence[Object] = [
        *(spec.get("containers") or ()),
        *(spec.get("initContainers") or ()),
        *(status.get("containerStatuses") or ()),
        *(status.get("initContainerStatuses") or ()),
    ]
    for place in places:
        found = ((place.get("resources") or {}).get("limits") or {}).get(kind)
        if place.get("name") == name and found:
            return str(found)
    return None
