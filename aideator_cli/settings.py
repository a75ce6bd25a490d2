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
    """config.yaml: each field may be left out."""

    model: str | None = None
    api_base: str | None = None
    backend: str | None = None
    context: str | None = None
    namespace: str | None = None
    image: str | None = None
    agent_image: str | None = None
    secret: str | None = None
    user: str | None = None
    allow_local_shell: bool = False


class Settings:
    """Folders and configuration, each read when first asked for."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self.environment = os.environ if environment is None else environment

    @cached_property
    def home(self) -> Path:
        """The data folder: `AIDEATOR_HOME`, else the platform's own."""
        if named := self.environment.get("AIDEATOR_HOME"):
            return Path(named).expanduser().absolute()
        import platformdirs

        return platformdirs.user_data_path("aideator")

    @cached_property
    def config_folder(self) -> Path:
        """`AIDEATOR_HOME` when it is set, else the platform's folder for configuration."""
        if self.environment.get("AIDEATOR_HOME"):
            return self.home
        import platformdirs

        return platformdirs.user_config_path("aideator")

    @property
    def models_file(self) -> Path:
        return self.config_folder / "models.yaml"

    @cached_property
    def defaults(self) -> Defaults:
        path = self.config_folder / "config.yaml"
        if not path.is_file():
            return Defaults()
        return _checked(path, _load(path))


def _load(path: Path) -> dict[str, Any]:
    from aideator_cli.yaml_file import read_yaml

    data = read_yaml(path, "configuration")
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise usage(f"configuration {path} is no mapping of settings", hint="one `name: value` a line")
    return data


def _checked(path: Path, data: dict[str, Any]) -> Defaults:
    known = {f.name: bool if f.name == "allow_local_shell" else str for f in fields(Defaults)}
    for name, value in data.items():
        if name not in known:
            raise usage(f"{path}: unknown setting {name!r}", hint="settings are " + ", ".join(sorted(known)))
        if not isinstance(value, known[name]):
            raise usage(f"{path}: {name} is {value!r}; it takes {'true or false' if known[name] is bool else 'a text'}")
    return Defaults(**data)
