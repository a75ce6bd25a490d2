"""What is configured, and whether anything is. It loads nothing else, because most calls find no configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aideator_agent.values import frozen

if TYPE_CHECKING:
    from aideator_cli.errors import Hint
    from aideator_cli.system.configuration.layers import Layer

TOML: Final = "config.toml"
YAML: Final = "config.yaml"


@frozen
class Remark:
    """What the user should know about the configuration, and what to do."""

    text: str
    advice: "Hint"


@frozen
class Configuration:
    """What counts, and what it was made from."""

    settings: "Layer"
    profile: str | None = None
    remarks: tuple[Remark, ...] = ()
    profiles: tuple[str, ...] = ()  # that can be chosen


def is_anything(folder: Path, environment: Mapping[str, str]) -> bool:
    """Returns whether there may be any settings."""
    named = any(name.startswith("AIDEATOR_") and name != "AIDEATOR_HOME" for name in environment)
    return named or may_exist(folder / TOML) or may_exist(folder / YAML)


def may_exist(path: Path) -> bool:
    """A file that can't even be looked for is an error when it is read."""
    try:
        return path.exists()
    except OSError:
        return True
