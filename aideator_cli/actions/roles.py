"""Roles: listed, read and made. A run takes them through `intake`."""

from pathlib import Path
from typing import Final

from aideator_cli.actions.here import Here
from aideator_cli.intake.roles import finding
from aideator_cli.intake.roles.role import Role
from aideator_cli.system.output_file import new_file
from aideator_cli.system.yaml_file import read_text

SKELETON: Final = "new"  # the shipped file with every setting, each as a comment


def everyone(here: Here) -> list[Role]:
    """Raises `AideatorError` (usage) if one of the user's own roles is wrong."""
    return finding.everyone(here.settings.roles_folder)


def read(here: Here, word: str) -> tuple[Role, str]:
    """Returns a role and its whole file. Raises `AideatorError` (usage)."""
    role = finding.find(word, here.settings.roles_folder)
    return role, finding.source(role.name) if role.is_shipped else read_text(Path(role.place), "role")


def make(here: Here, name: str, like: str | None) -> Path:
    """Writes a role of the user's own: a copy of `like`, or a file with every setting. Returns its path. Raises `AideatorError`."""
    folder = here.settings.roles_folder
    path = folder / f"{finding.checked_name(name.removesuffix(finding.ENDING), name)}{finding.ENDING}"
    text = finding.source(SKELETON) if like is None else read(here, like)[1]
    new_file(path, text)
    return path
