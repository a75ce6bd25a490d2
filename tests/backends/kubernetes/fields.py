"""The fields that every Kubernetes from 1.29 to 1.36 knows of Jobs and of what the chart makes, in fields.json: type -> field -> its type.

`python -m tests.backends.kubernetes.fields` makes the file from the Go modules k8s.io/api of both ends; it needs Go and its module proxy.
Fields that are alpha in the older one are left out: API servers drop them.
"""

import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

FILE = Path(__file__).with_name("fields.json")
OLDEST, NEWEST = "v0.29.0", "v0.36.0"  # Kubernetes 1.29 and 1.36
ROOT = "JobSpec"
PARTS = ("core", "batch", "apps", "networking", "policy", "scheduling", "rbac")  # groups of the module, all of them v1
KINDS = (
    "ConfigMap", "Deployment", "Ingress", "Job", "LimitRange", "Namespace", "NetworkPolicy", "PodDisruptionBudget", "PriorityClass",
    "ResourceQuota", "Role", "RoleBinding", "Service", "ServiceAccount",
)  # fmt: skip
_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"((?:\s*//[^\n]*\n)*)\s*([\w.]+)(?:[ \t]+([^\s`]+))?[ \t]+`[^`]*json:\"([^\",]*)[^`]*`")

_RULE = re.compile(r"^\s*// \+k8s:.*$", re.MULTILINE)  # of validation, which may be alpha while the field is not
_ALPHA = re.compile(r"\balpha\b|feature flag", re.IGNORECASE)
_ALPHA_WITHOUT_A_WORD = ("resizePolicy", "managedBy")

Types = dict[str, dict[str, str]]


def known() -> Types:
    found: Types = json.loads(FILE.read_text())
    return found


def unknown(value: object, type_: str = ROOT, path: str = "spec") -> Iterator[str]:
    """Yields the paths of the fields that the table does not have. `value` is JSON of this type."""
    types = known()
    inner = type_.removeprefix("[]")
    if isinstance(value, list):
        for each in value:
            yield from unknown(each, inner, path)
    elif isinstance(value, dict) and inner in types:
        for name, field in value.items():
            if name in types[inner]:
                yield from unknown(field, types[inner][name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"


def unknown_of(item: Mapping[str, object]) -> list[str]:
    """Returns the paths of the object's fields that the table does not have, with its kind."""
    kind = str(item["kind"])
    fields = {name: value for name, value in item.items() if name not in ("apiVersion", "kind")}
    return list(unknown(fields, kind, kind)) if kind in known() else [kind]


def _module(version: str) -> Path:
    with tempfile.TemporaryDirectory() as folder:
        told = subprocess.run(
            ["go", "mod", "download", "-json", f"k8s.io/api@{version}"], cwd=folder, capture_output=True, check=True
        )
    return Path(json.loads(told.stdout)["Dir"])


def _types(version: str) -> Types:
    found: Types = {}
    for part in PARTS:
        text = (_module(version) / part / "v1" / "types.go").read_text()
        for name, body in _STRUCT.findall(text):
            found[name] = dict(_fields(body))
    for name in list(found):  # what is embedded
        found[name] |= {
            key: kind for other in found[name].pop("", "").split() for key, kind in found.get(other, {}).items()
        }
    return found


def _fields(body: str) -> Iterator[tuple[str, str]]:
    embedded = []
    for comment, name, kind, tag in _FIELD.findall(body):
        plain = re.sub(r"\*|\w+\.", "", kind or name)
        if not tag:
            embedded.append(name)
        elif not _ALPHA.search(_RULE.sub("", comment)) and tag not in _ALPHA_WITHOUT_A_WORD:
            yield tag, plain
    if embedded:
        yield "", " ".join(embedded)


def main() -> None:
    old, new = _types(OLDEST), _types(NEWEST)
    both: Types = {}
    waiting = [*KINDS]
    while waiting:
        name = waiting.pop()
        if name in both or name not in old or name not in new:
            continue
        both[name] = {field: kind for field, kind in sorted(old[name].items()) if field in new[name]}
        waiting += [kind.removeprefix("[]") for kind in both[name].values()]
    lines = (f"{json.dumps(name)}: {json.dumps(fields)}" for name, fields in sorted(both.items()))
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
