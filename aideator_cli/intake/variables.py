"""Variables for prompts and roles: `--var NAME=VALUE`, and the YAML or JSON files of `--var-file`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.errors import usage
from aideator_cli.system.yaml_file import read_placed

OURS: Final = ("repository", "ref", "subdir", "shell")  # AIdeator sets these itself
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
_TAKEN: Final = frozenset(
    {*OURS, "self", "loop", "true", "false", "none", "and", "or", "not", "in", "is", "if", "else"}
)


@frozen
class Variables:
    values: Mapping[str, Any] = field(default_factory=dict)  # JSON values
    given: bool = False  # whether the user gave --var or --var-file: then prompts are templates


def parse(texts: Sequence[str], files: Sequence[Path]) -> Variables:
    """Returns the variables. `--var` comes after the files, and a later one replaces an earlier one. Raises `AideatorError` (usage)."""
    found: dict[str, Any] = {}
    for path in files:
        found |= _read(path)
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise usage(f"--var takes NAME=VALUE, not {text!r}", "for example: --var module=parser")
        found[_checked(name, "--var")] = value
    return Variables(found, bool(texts or files))


def _read(path: Path) -> dict[str, Any]:
    file = read_placed(path, "variables file")
    if not isinstance(file.value, dict):
        raise usage(
            f"{file.where()} must be a mapping of names to values", "write one `name: value` per line (YAML or JSON)"
        )
    return {_checked(name, file.where(name)): value for name, value in file.value.items()}


def _checked(name: str, where: str) -> str:
    if not _NAME.fullmatch(name):
        raise usage(
            f"{where}: {name!r} can't name a variable", "a name has letters, digits and _, and begins with no digit"
        )
    if name.lower() in _TAKEN:
        raise usage(f"{where}: the variable '{name}' has a meaning of its own", f"AIdeator sets {', '.join(OURS)}")
    return name
