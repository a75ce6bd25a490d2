"""What a user's patch of the pod may change. docs/pod.md lists it for people.

Everything else is refused: it would let the model's commands reach the key, the agent's folders or the node, or it would break the agent.
"""

from collections.abc import Collection, Iterator, Mapping
from posixpath import normpath
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.backends.kubernetes.marks import is_for_keys, is_our_annotation, is_our_label
from aideator_cli.backends.kubernetes.merging import PatchRefused

Object = Mapping[str, Any]

_POD: Final = frozenset((
    "nodeSelector", "nodeName", "tolerations", "affinity", "topologySpreadConstraints", "priorityClassName", "preemptionPolicy",
    "runtimeClassName", "schedulerName", "schedulingGates", "serviceAccountName", "imagePullSecrets", "hostAliases", "hostUsers",
    "dnsPolicy", "dnsConfig", "hostname", "subdomain", "setHostnameAsFQDN", "overhead", "resources", "resourceClaims",
    "securityContext", "volumes", "initContainers", "containers",
))  # fmt: skip
_PROFILES: Final = ("seLinuxOptions", "appArmorProfile", "seccompProfile")
_POD_SECURITY: Final = frozenset((
    "fsGroup", "fsGroupChangePolicy", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy", *_PROFILES,
))  # fmt: skip
_AGENT: Final = frozenset(("resources", "imagePullPolicy", "env", "volumeMounts"))
_COMMANDS: Final = frozenset(("image", "envFrom", "securityContext", *_AGENT))
_COMMANDS_SECURITY: Final = frozenset(("readOnlyRootFilesystem", *_PROFILES))
_VOLUMES: Final = frozenset((
    "emptyDir", "ephemeral", "configMap", "secret", "persistentVolumeClaim", "projected", "downwardAPI", "csi", "image", "nfs",
))  # fmt: skip
_SCRATCH: Final = ("emptyDir", "ephemeral")
_PLACES: Final = {"agent": "containers", "shell": "initContainers", "check": "initContainers"}
_FOREVER: Final = "it would keep the pod alive; put it into initContainers with restartPolicy: Always"
_OURS: Final = "a patch can't change it"
_KEYS: Final = "it holds the providers' keys, which only the agent may have"
_OF_AGENT: Final = ("AIDEATOR_", "PYTHON", "LD_", "HOME", "PATH")


@frozen
class Private:
    """What only the agent may have: the Secret with the keys, and the ConfigMap with the spec."""

    secret: str
    configmap: str

    def is_keys(self, secret: object) -> bool:
        return secret == self.secret or is_for_keys(secret)


def check(before: Object, after: Object, private: Private) -> None:
    """Compares two pod templates. Raises `PatchRefused` if the second may not follow from the first."""
    _check_metadata(before["metadata"], _mapping(after.get("metadata"), "metadata"))
    _only(_changed(before, after), ("metadata", "spec"), "", _OURS)
    pod, patched = before["spec"], _mapping(after.get("spec"), "spec")
    _only(_changed(pod, patched), _POD, "spec", _OURS)
    if patched.get("hostUsers") is True:
        raise PatchRefused("spec.hostUsers", _OURS)
    _check_security(pod["securityContext"], patched.get("securityContext"), _POD_SECURITY, "spec.securityContext")
    _check_volumes(pod["volumes"], patched.get("volumes") or [], private)
    ours = {volume["name"] for volume in pod["volumes"]}
    for kind in ("containers", "initContainers"):
        _check_containers(kind, pod[kind], patched.get(kind) or [], ours, private)


def _check_metadata(before: Object, after: Object) -> None:
    _only(_changed(before, after), ("labels", "annotations"), "metadata", _OURS)
    for field, is_ours in (("labels", is_our_label), ("annotations", is_our_annotation)):
        for name in _changed(before[field], _mapping(after.get(field), f"metadata.{field}")):
            if is_ours(name):
                raise PatchRefused(f"metadata.{field}.{name}", "AIdeator sets it itself")


def _check_volumes(before: list[Any], after: list[Any], private: Private) -> None:
    known = {volume["name"]: volume for volume in before}
    there = {volume["name"]: volume for volume in after}
    for name, volume in known.items():
        changed = there.get(name)
        kinds = set() if changed is None else changed.keys() - {"name"}
        scratch = "emptyDir" in volume and "channel" not in name
        if changed != volume and not (scratch and len(kinds) == 1 and kinds <= {*_SCRATCH}):
            raise PatchRefused(
                f"spec.volumes[{name}]",
                f"{_OURS}, except to another emptyDir or ephemeral volume" if scratch else _OURS,
            )
    for name, volume in there.items():
        path = f"spec.volumes[{name}]"
        if name not in known:
            _only(
                volume.keys() - {"name"}, _VOLUMES, path, "volumes of this kind reach the node, or are not known here"
            )
            _check_sources(volume, path, private)


def _check_sources(volume: Object, path: str, private: Private) -> None:
    """Neither the keys nor the spec may be mounted, nor a token for the Kubernetes API."""
    projected = volume.get("projected")
    sources = list(_mapping(projected, path).get("sources") or ()) if projected is not None else []
    for source in (volume, *(_mapping(each, f"{path}.projected") for each in sources)):
        secret, configmap = (_mapping(source.get(kind) or {}, f"{path}.{kind}") for kind in ("secret", "configMap"))
        if any(private.is_keys(secret.get(name)) for name in ("secretName", "name")):
            raise PatchRefused(path, _KEYS)
        if private.configmap == configmap.get("name"):
            raise PatchRefused(path, "it holds the run's spec, which only the agent may have")
        if "serviceAccountToken" in source or "clusterTrustBundle" in source or "podCertificate" in source:
            raise PatchRefused(path, "the model's commands could speak to the Kubernetes API with it")


def _check_containers(kind: str, before: list[Any], after: list[Any], ours: Collection[str], private: Private) -> None:
    known = {container["name"]: container for container in before}
    there = {container["name"]: container for container in after}
    for name, container in known.items():
        if name not in there:
            raise PatchRefused(f"spec.{kind}[{name}]", "the pod needs it")
        _check_ours(container, there[name], f"spec.{kind}[{name}]", ours, private)
    for name, container in there.items():
        path = f"spec.{kind}[{name}]"
        if name in known:
            continue
        if (place := _PLACES.get(name, kind)) != kind:
            raise PatchRefused(path, f"{name} is in {place}; put its part there")
        if "image" not in container:
            raise PatchRefused(path, f"the pod has no container {name} in {kind}; it has {', '.join(known)}")
        if kind == "containers":
            raise PatchRefused(path, _FOREVER)
        _check_added(container, path, ours, private)


def _check_ours(before: Object, after: Object, path: str, ours: Collection[str], private: Private) -> None:
    is_agent = before["name"] == "agent"
    _only(_changed(before, after), _AGENT if is_agent else _COMMANDS, path, _OURS)
    if not is_agent:
        _check_security(
            before["securityContext"], after.get("securityContext"), _COMMANDS_SECURITY, f"{path}.securityContext"
        )
    _check_environment(after, path, private, {each["name"]: each for each in before["env"]}, is_agent=is_agent)
    mounted = {each["mountPath"]: each for each in before["volumeMounts"]}
    _check_mounts(mounted, after, path, ours)


def _check_added(container: Object, path: str, ours: Collection[str], private: Private) -> None:
    security = _mapping(container.get("securityContext") or {}, f"{path}.securityContext")
    capabilities = _mapping(security.get("capabilities") or {}, f"{path}.securityContext.capabilities")
    bad = {
        "privileged": bool(security.get("privileged")),
        "allowPrivilegeEscalation": bool(security.get("allowPrivilegeEscalation")),
        "capabilities.add": bool(capabilities.get("add")),
        "runAsNonRoot": security.get("runAsNonRoot") is False,
        "runAsUser": security.get("runAsUser") == 0,
        "procMount": security.get("procMount") not in (None, "Default"),
        "windowsOptions": "windowsOptions" in security,
    }
    for name, is_bad in bad.items():
        if is_bad:
            raise PatchRefused(
                f"{path}.securityContext.{name}", "no container of the pod may have more rights than the others"
            )
    _check_profiles(security, f"{path}.securityContext")
    for port in container.get("ports") or ():
        if port.get("hostPort"):
            raise PatchRefused(f"{path}.ports", "a hostPort reaches the node")
    _check_environment(container, path, private, {}, is_agent=False)
    _check_mounts({}, container, path, ours)


def _check_environment(container: Object, path: str, private: Private, ours: Object, *, is_agent: bool) -> None:
    there = {each["name"]: each for each in container.get("env") or ()}
    fixed = ours if is_agent else {name: each for name, each in ours.items() if _is_fixed(name)}
    for name, each in fixed.items():
        if there.get(name) != each:
            raise PatchRefused(f"{path}.env[{name}]", "AIdeator sets it itself")
    for name, each in there.items():
        place = f"{path}.env[{name}]"
        if name in ours and is_agent:
            continue
        if is_agent and name.startswith(_OF_AGENT):
            raise PatchRefused(place, "it changes how the agent itself runs")
        source = _mapping(each.get("valueFrom") or {}, place)
        if private.is_keys(_mapping(source.get("secretKeyRef") or {}, place).get("name")):
            raise PatchRefused(place, _KEYS)
    for each in container.get("envFrom") or ():
        if private.is_keys(_mapping(_mapping(each, f"{path}.envFrom").get("secretRef") or {}, path).get("name")):
            raise PatchRefused(f"{path}.envFrom", _KEYS)


def _is_fixed(name: str) -> bool:
    return name == "HOME" or name.startswith("AIDEATOR_")


def _check_mounts(before: Object, after: Object, path: str, ours: Collection[str]) -> None:
    there = {_normal(each["mountPath"]): each for each in after.get("volumeMounts") or ()}
    for place, mount in before.items():
        if there.get(place) != mount:
            raise PatchRefused(f"{path}.volumeMounts[{place}]", _OURS)
    for place, mount in there.items():
        where = f"{path}.volumeMounts[{place}]"
        if place in before:
            continue
        if mount.get("name") in ours:
            raise PatchRefused(where, f"the volume {mount['name']} is the agent's; mount a volume of your own")
        if any(f"{place}/".startswith(f"{other}/") for other in (*before, "/opt/aideator")) or any(
            f"{other}/".startswith(f"{place.rstrip('/')}/") for other in before
        ):
            raise PatchRefused(where, "it would cover what the agent needs there")


def _normal(place: object) -> str:
    """Returns the path as a container's runtime reads it."""
    return normpath(f"/{str(place).lstrip('/')}")


def _check_security(before: Object, after: object, allowed: Collection[str], path: str) -> None:
    found = _mapping(after, path)
    for name in _changed(before, found):
        if name not in allowed:
            hint = "; use --run-as" if name in ("runAsUser", "runAsGroup") else ""
            raise PatchRefused(f"{path}.{name}", f"{_OURS}{hint}")
    _check_profiles(found, path)


def _check_profiles(security: Object, path: str) -> None:
    for name in ("seccompProfile", "appArmorProfile"):
        if _mapping(security.get(name) or {}, f"{path}.{name}").get("type") == "Unconfined":
            raise PatchRefused(f"{path}.{name}", "the commands must stay confined")


def _changed(before: Object, after: Object) -> Iterator[str]:
    yield from (name for name in {**before, **after} if before.get(name) != after.get(name))


def _only(names: Collection[str] | Iterator[str], allowed: Collection[str], path: str, why: str) -> None:
    for name in names:
        if name not in allowed:
            raise PatchRefused(f"{path}.{name}".lstrip("."), why)


def _mapping(value: object, path: str) -> Object:
    if not isinstance(value, Mapping):
        raise PatchRefused(path, "it takes a mapping")
    return value
