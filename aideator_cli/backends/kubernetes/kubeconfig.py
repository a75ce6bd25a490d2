"""Finds and merges the user's kubeconfig as kubectl does: the first file that defines a name wins."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, reason, unavailable

_Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NO_CLUSTER_HINT: Final = "set KUBECONFIG, or start the agents on this machine with `--backend local`"


@frozen
class Entry:
    """A cluster, user or context: its fields, and the folder that its relative paths start from."""

    fields: Mapping[str, Any]
    folder: Path


@frozen
class Kubeconfig:
    files: tuple[Path, ...]
    current: str | None
    contexts: Mapping[str, Entry]
    clusters: Mapping[str, Entry]
    users: Mapping[str, Entry]


@frozen
class Target:
    """One resolved context: its cluster, user and namespace."""

    context: str
    cluster: Entry
    user: Entry
    namespace: str | None


def paths() -> tuple[Path, ...]:
    """Returns the files in `KUBECONFIG`, without those that don't exist (as kubectl does), else `~/.kube/config`."""
    listed = [Path(text).expanduser() for text in os.environ.get("KUBECONFIG", "").split(os.pathsep) if text]
    found = listed or [Path("~/.kube/config").expanduser()]
    return tuple(path for path in dict.fromkeys(found) if path.exists())


def current_context() -> str | None:
    """Returns the current context's name without contacting the cluster; None if there is none. Raises `AideatorError` for a broken
    file."""
    return next((name for path in paths() if (name := _text(_read(path), "current-context"))), None)


def load() -> Kubeconfig | None:
    """Returns None if the user has no kubeconfig. Raises `AideatorError` for a broken one."""
    files = paths()
    if not files:
        return None
    documents = [(path, _read(path)) for path in files]
    return Kubeconfig(
        files=files,
        current=next((name for _, data in documents if (name := _text(data, "current-context"))), None),
        contexts=_merged(documents, "contexts", "context"),
        clusters=_merged(documents, "clusters", "cluster"),
        users=_merged(documents, "users", "user"),
    )


def choose(config: Kubeconfig, context: str | None) -> Target:
    """Returns the requested context, else the current one. Raises `AideatorError` if it is missing or incomplete."""
    name = context or config.current
    known = ", ".join(sorted(config.contexts)) or "none"
    if name is None:
        raise unavailable("the kubeconfig has no current context", f"choose one with `--context`: {known}")
    entry = config.contexts.get(name)
    if entry is None:
        raise unavailable(
            f"there is no context {name!r} in the kubeconfig ({_listed(config)})", f"choose one of these: {known}"
        )
    user = _text(entry.fields, "user")
    return Target(
        context=name,
        cluster=_part(config.clusters, "cluster", _text(entry.fields, "cluster"), name),
        user=_part(config.users, "user", user, name) if user else Entry({}, entry.folder),
        namespace=_text(entry.fields, "namespace"),
    )


def no_cluster() -> AideatorError:
    looked = os.environ.get("KUBECONFIG") or "~/.kube/config"
    return unavailable(f"no Kubernetes cluster is configured: {looked} does not exist", _NO_CLUSTER_HINT)


def _part(entries: Mapping[str, Entry], kind: str, name: str | None, context: str) -> Entry:
    if name is None or name not in entries:
        hint = f"`kubectl config view` shows the entries: {', '.join(sorted(entries)) or 'none'}"
        raise unavailable(f"context {context!r} names the {kind} {name!r}, which the kubeconfig does not have", hint)
    return entries[name]


def _listed(config: Kubeconfig) -> str:
    return ", ".join(str(path) for path in config.files)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        data = yaml.load(path.read_bytes(), _Loader)
    except (OSError, yaml.YAMLError) as error:
        raise unavailable(
            f"the kubeconfig {path} can't be read: {reason(error)}", "fix it, or set KUBECONFIG"
        ) from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise unavailable(f"the kubeconfig {path} is not a YAML mapping", "fix it, or set KUBECONFIG")
    return data


def _merged(documents: list[tuple[Path, Mapping[str, Any]]], plural: str, singular: str) -> Mapping[str, Entry]:
    merged: dict[str, Entry] = {}
    for path, data in documents:
        for name, fields in _named(data.get(plural), singular):
            merged.setdefault(name, Entry(fields, path.parent))
    return merged


def _named(items: object, singular: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            fields = item.get(singular)
            yield item["name"], fields if isinstance(fields, dict) else {}


def _text(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    return value if isinstance(value, str) and value else None
