"""Where AIdeator keeps its data, and the defaults that the user configured."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from aideator_cli.errors import usage


@dataclass(frozen=True)
class Defaults:
    """The content of config.yaml. Every field is optional."""

    model: str | None = None
    agent: str | None = None
    role: str | None = None
    mcp: str | None = None
    api_base: str | None = None
    backend: str | None = None
    context: str | None = None
    namespace: str | None = None
    image: str | None = None
    agent_image: str | None = None
    secret: str | None = None
    git_secret: str | None = None
    user: str | None = None
    allow_local_shell: bool = False
    withhold_secrets: bool = False
    cpu: str | None = None
    memory: str | None = None
    disk: str | None = None
    check_cpu: str | None = None
    check_memory: str | None = None
    check_disk: str | None = None
    node_selector: tuple[str, ...] = ()
    toleration: tuple[str, ...] = ()
    priority_class: str | None = None
    runtime_class: str | None = None
    queue: str | None = None
    queue_priority: str | None = None
    service_account: str | None = None
    image_pull_secret: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    annotation: tuple[str, ...] = ()
    run_as: str | None = None
    pod_patch: str | None = None
    env: tuple[str, ...] = ()
    env_from: tuple[str, ...] = ()
    ca: str | None = None


_PATHS = frozenset({"ca", "mcp", "pod_patch"})  # relative ones start at the configuration's folder


class Settings:
    """Folders and configuration, each read on first use."""

    def __init__(self, environment: Mapping[str, str] | None = None, *, interactive: bool = False) -> None:
        """`interactive`: whether a child program (a credential plugin) may ask a person at the terminal."""
        self.environment = os.environ if environment is None else environment
        self.interactive = interactive
        self._kept: dict[str, str | None] = {}  # what the keyring has

    @cached_property
    def home(self) -> Path:
        """The data folder: `AIDEATOR_HOME`, else the platform's default."""
        if named := self.environment.get("AIDEATOR_HOME"):
            return Path(named).expanduser().absolute()
        import platformdirs

        return platformdirs.user_data_path("aideator")

    @cached_property
    def config_folder(self) -> Path:
        """`AIDEATOR_HOME` if set, else the platform's configuration folder."""
        if self.environment.get("AIDEATOR_HOME"):
            return self.home
        import platformdirs

        return platformdirs.user_config_path("aideator")

    def key(self, name: str) -> str | None:
        """Returns a provider's key: the environment's, else the one in this machine's keyring."""
        if found := self.environment.get(name):
            return found
        if name not in self._kept:
            from aideator_cli.system.keyring import look_up

            self._kept[name] = look_up(name)
        return self._kept[name]

    @property
    def models_file(self) -> Path:
        return self.config_folder / "models.yaml"

    @property
    def roles_folder(self) -> Path:
        """The user's own roles."""
        return self.config_folder / "roles"

    @cached_property
    def defaults(self) -> Defaults:
        path = self.config_folder / "config.yaml"
        if not path.is_file():
            return Defaults()
        return _checked(path, _load(path))


def _load(path: Path) -> dict[str, Any]:
    from aideator_cli.system.yaml_file import read_yaml

    data = read_yaml(path, "configuration")
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise usage(f"configuration {path} is not a mapping of settings", hint="write one `name: value` per line")
    return data


def _checked(path: Path, data: dict[str, Any]) -> Defaults:
    for name in _PATHS & data.keys():
        if isinstance(data[name], str):
            data[name] = str(path.parent / Path(data[name]).expanduser())
    if isinstance(data.get("run_as"), int):
        data["run_as"] = str(data["run_as"])
    known = {f.name: f.default for f in fields(Defaults)}
    checked: dict[str, Any] = {}
    for name, value in data.items():
        if name not in known:
            raise usage(f"{path}: unknown setting {name!r}", hint="settings are " + ", ".join(sorted(known)))
        if isinstance(known[name], tuple):
            checked[name] = _texts(path, name, value)
        elif isinstance(value, bool if known[name] is False else str):
            checked[name] = value
        else:
            takes = "true or false" if known[name] is False else "a text"
            raise usage(f"{path}: {name} is {value!r}; it takes {takes}", hint=_quoted(name, value))
    return Defaults(**checked)


def _texts(path: Path, name: str, value: Any) -> tuple[str, ...]:
    """Returns the values as the option takes them: a mapping is as good as a list of NAME=VALUE."""
    items = value.values() if isinstance(value, dict) else value
    if not isinstance(value, (dict, list)) or not all(isinstance(item, str) for item in items):
        wrong = (
            next((item for item in items if not isinstance(item, str)), None)
            if isinstance(value, (dict, list))
            else None
        )
        takes = "a list of texts, or a mapping to texts"
        raise usage(f"{path}: {name} is {value!r}; it takes {takes}", hint=wrong and "put the value in quotes")
    return tuple(f"{key}={item}" for key, item in value.items()) if isinstance(value, dict) else tuple(value)


def _quoted(name: str, value: Any) -> str | None:
    """YAML reads `2` as a number, and even `1:30` as one."""
    return f'put it in quotes: {name}: "…"' if isinstance(value, (int, float)) else None
