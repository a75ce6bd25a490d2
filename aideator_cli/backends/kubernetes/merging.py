"""Kubernetes' strategic merge of a patch into a pod.

Mappings merge, null removes, lists of named parts merge by name, and all other lists are replaced.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

Object = Mapping[str, Any]
# The key by which a list of this name merges anywhere in a pod. Kubernetes replaces all other lists.
_KEYS: Final = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "ports": "containerPort",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
    "resourceClaims": "name",
}
_PATCH: Final = "$patch"
_RETAIN: Final = "$retainKeys"


class PatchRefused(Exception):
    """The patch can't be merged, or must not be. `path` is the place in the pod."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


def merged(original: object, patch: Object, path: str = "") -> dict[str, Any]:
    """Returns the original with the patch. Raises `PatchRefused` for what is no strategic merge patch."""
    _check_directives(patch, path)
    rest = {name: value for name, value in patch.items() if not name.startswith("$")}
    known = original if isinstance(original, Mapping) and patch.get(_PATCH) != "replace" else {}
    found = dict(known)
    for name, value in rest.items():
        place = f"{path}.{name}" if path else name
        if value is None:
            found.pop(name, None)
        elif name in _KEYS:
            found[name] = _list(known.get(name), value, _KEYS[name], place)
        elif isinstance(value, Mapping):
            found[name] = merged(known.get(name), value, place)
        else:
            found[name] = value
    retained = patch.get(_RETAIN)
    return found if retained is None else {name: value for name, value in found.items() if name in retained}


def _list(original: object, patch: object, key: str, path: str) -> list[Any]:
    if not isinstance(patch, Sequence) or isinstance(patch, str):
        raise PatchRefused(path, "it takes a list")
    elements = [_element(each, key, f"{path}[{index}]") for index, each in enumerate(patch)]
    replaced = any(each.keys() == {_PATCH} and each[_PATCH] == "replace" for each in elements)
    known = list(original) if isinstance(original, Sequence) and not replaced else []
    for each in elements:
        if key not in each:
            continue
        place = f"{path}[{each[key]}]"
        at = next((index for index, other in enumerate(known) if other.get(key) == each[key]), None)
        if each.get(_PATCH) == "delete":
            known = [other for other in known if other.get(key) != each[key]]
        elif at is None:
            known.append(merged({}, each, place))
        else:
            known[at] = merged(known[at], each, place)
    return known


def _element(element: object, key: str, path: str) -> Object:
    if not isinstance(element, Mapping) or (key not in element and element.keys() != {_PATCH}):
        raise PatchRefused(path, f"it takes a mapping with a {key}")
    return element


def _check_directives(patch: Object, path: str) -> None:
    for name, value in patch.items():
        known = (name == _PATCH and value in ("merge", "replace", "delete")) or (
            name == _RETAIN and isinstance(value, list)
        )
        if name.startswith("$") and not known:
            raise PatchRefused(f"{path}.{name}".lstrip("."), "AIdeator does not know this directive")
