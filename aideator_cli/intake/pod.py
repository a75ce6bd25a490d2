"""Turns the request's and the configuration's settings of the pod into the spec's."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from aideator_agent.pod_settings import USUAL_UID, PodSettings, Resources, Toleration
from aideator_cli.errors import usage
from aideator_cli.intake import shares
from aideator_cli.intake.pairs import annotation_value, label_key, label_value, object_name, pairs
from aideator_cli.intake.request import Placing, Pod, Shares
from aideator_cli.system.settings import Defaults

ANY: Final = "any"  # OpenShift gives each namespace its own user ids
EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def settings(pod: Pod, env_from: Sequence[str], defaults: Defaults) -> PodSettings:
    """Returns the pod's settings. An option comes before the configuration's setting of its name; what can be given several times is added.

    Raises `AideatorError` (usage) for everything that Kubernetes would refuse by its form.
    """
    placing, identity = pod.placing, pod.identity
    of_agent, of_check = _resources(pod.shares, defaults)
    queue, queue_priority = _queue(placing, defaults)
    return PodSettings(
        resources=of_agent,
        check_resources=of_check,
        node_selector=pairs(
            "--node-selector", (*defaults.node_selector, *placing.node_selector), label_key, label_value
        ),
        tolerations=tuple(_toleration(text) for text in _once(*defaults.toleration, *placing.tolerations)),
        priority_class=_name("--priority-class", placing.priority_class or defaults.priority_class),
        runtime_class=_name("--runtime-class", placing.runtime_class or defaults.runtime_class),
        service_account=_name("--service-account", identity.service_account or defaults.service_account),
        image_pull_secrets=tuple(
            object_name("--image-pull-secret", name)
            for name in _once(*defaults.image_pull_secret, *identity.image_pull_secrets)
        ),
        patch=_patch(pod.patch or (Path(defaults.pod_patch) if defaults.pod_patch else None)),
        env_from=_variables_from(_once(*defaults.env_from, *env_from), pod.secret or defaults.secret),
        run_as=_user(identity.run_as or defaults.run_as),
        labels=_labels((*defaults.label, *identity.labels)),
        annotations=_annotations((*defaults.annotation, *identity.annotations)),
        queue=queue,
        queue_priority=queue_priority,
    )


def options(pod: Pod) -> dict[str, object]:
    """Returns the options that shape a pod, by name, with the values that were given."""
    shares_, placing, identity = pod.shares, pod.placing, pod.identity
    return {
        "--image": pod.image,
        "--agent-image": pod.agent_image,
        "--secret": pod.secret,
        "--cpu": shares_.cpu,
        "--memory": shares_.memory,
        "--disk": shares_.disk,
        "--check-cpu": shares_.check_cpu,
        "--check-memory": shares_.check_memory,
        "--check-disk": shares_.check_disk,
        "--node-selector": placing.node_selector,
        "--toleration": placing.tolerations,
        "--priority-class": placing.priority_class,
        "--runtime-class": placing.runtime_class,
        "--queue": placing.queue,
        "--queue-priority": placing.queue_priority,
        "--run-as": identity.run_as,
        "--pod-patch": pod.patch,
        "--service-account": identity.service_account,
        "--image-pull-secret": identity.image_pull_secrets,
        "--label": identity.labels,
        "--annotation": identity.annotations,
    }


def _resources(asked: Shares, defaults: Defaults) -> tuple[Resources, Resources]:
    """Returns what the agent's containers get, and the one for checks, which has the same unless it is given its own."""
    agent = shares.resources(
        asked.cpu or defaults.cpu, asked.memory or defaults.memory, asked.disk or defaults.disk, Resources()
    )
    check = shares.resources(
        asked.check_cpu or defaults.check_cpu,
        asked.check_memory or defaults.check_memory,
        asked.check_disk or defaults.check_disk,
        agent,
        "check-",
    )
    return agent, check


def _toleration(text: str) -> Toleration:
    rest, colon, effect = text.rpartition(":")
    if not colon:
        rest, effect = text, ""
    if colon and effect not in EFFECTS:
        raise usage(f"--toleration {text}: the effect is {', '.join(EFFECTS[:-1])} or {EFFECTS[-1]}, not {effect!r}")
    key, equals, value = rest.partition("=")
    return Toleration(
        label_key("--toleration", key),
        label_value("--toleration", value) if equals else None,
        effect or None,
    )


def _patch(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    from aideator_cli.system.yaml_file import read_yaml

    patch = read_yaml(path.expanduser(), "pod patch")
    shape = "a patch of the pod has `metadata` and `spec`, like a Pod"
    if not isinstance(patch, dict) or not patch:
        raise usage(f"pod patch {path} is no mapping", hint=shape)
    for name, value in patch.items():
        if name not in ("metadata", "spec"):
            raise usage(f"pod patch {path}: {name} is not part of it", hint=shape)
        if not isinstance(value, dict):
            raise usage(f"pod patch {path}: {name} is no mapping", hint=shape)
    return patch


def _variables_from(names: Iterable[str], keys: str | None) -> tuple[str, ...]:
    found = tuple(object_name("--env-from", name) for name in names)
    if found:
        from aideator_cli.backends.kubernetes.marks import is_for_keys

        for name in found:
            if name == keys or is_for_keys(name):
                raise usage(
                    f"--env-from {name}: the model would be able to read the keys in it", hint="use another Secret"
                )
    return found


def _user(text: str | None) -> int | None:
    if text == ANY:
        return None
    if text is None:
        return USUAL_UID
    if not text.isdecimal() or not 1 <= len(text) <= 10 or not 1 <= int(text) < 2**31:
        reason = "; agents never run as root" if text.isdecimal() and not int(text) else ""
        raise usage(f"--run-as takes a user id, or {ANY}, not {text!r}{reason}")
    return int(text)


def _labels(texts: Iterable[str]) -> dict[str, str]:
    found = pairs("--label", texts, label_key, label_value)
    if found:
        from aideator_cli.backends.kubernetes.marks import is_our_label

        _refuse_ours("--label", (name for name in found if is_our_label(name)))
    return found


def _annotations(texts: Iterable[str]) -> dict[str, str]:
    found = pairs("--annotation", texts, label_key, annotation_value)
    if found:
        from aideator_cli.backends.kubernetes.marks import is_our_annotation

        _refuse_ours("--annotation", (name for name in found if is_our_annotation(name)))
    return found


def _refuse_ours(option: str, names: Iterable[str]) -> None:
    for name in names:
        raise usage(f"{option}: AIdeator sets {name} itself", hint="choose another key")


def _queue(placing: Placing, defaults: Defaults) -> tuple[str | None, str | None]:
    """Both become labels. The configured priority counts only together with a queue."""
    queue = placing.queue or defaults.queue
    if queue is None:
        if placing.queue_priority is not None:
            raise usage("--queue-priority is the priority in a queue, and no queue is given", hint="add --queue NAME")
        return None, None
    priority = placing.queue_priority or defaults.queue_priority
    return _in_label("--queue", queue), None if priority is None else _in_label("--queue-priority", priority)


def _in_label(option: str, text: str) -> str:
    return label_value(option, object_name(option, text))


def _name(option: str, text: str | None) -> str | None:
    return None if text is None else object_name(option, text)


def _once(*texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
