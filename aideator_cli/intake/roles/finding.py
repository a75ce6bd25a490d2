"""Where roles are: the shipped ones, the user's own, and any file that the user names by its path."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Final

from aideator_cli.errors import command, usage
from aideator_cli.intake import named_files
from aideator_cli.intake.models import SCRIPTED
from aideator_cli.intake.roles.role import SHIPPED, Role, did_you_mean, parse
from aideator_cli.system.yaml_file import read_text

NEUTRAL: Final = "engineer"  # for a variation that was given no role
NAMES: Final = (NEUTRAL, "cto", "backend", "frontend", "qa", "devops")
ENDING: Final = ".md"


def is_path(word: str) -> bool:
    """Whether the word names a file. A role of the repository is one of these: no name leads to it."""
    return named_files.is_path(word, ENDING)


def find(word: str, own: Path) -> Role:
    """Returns the role that this word names: a file, one of the user's own (`own` is their folder), or a shipped one.

    Raises `AideatorError` (usage).
    """
    if is_path(word):
        return read(Path(word).expanduser())
    file = own / f"{word}{ENDING}"
    if named_files.is_name(word) and file.is_file():
        return read(file)
    if word.lower() in NAMES:
        return shipped(word.lower())
    if Path(word).is_file():
        raise usage(
            f"there is no role '{word}', but a file of that name", f"name the file by its path: --role ./{word}"
        )
    raise usage(
        f"there is no role '{word}'",
        (did_you_mean(word, names(own), "roles"), "; your own: ", command("roles", "new", "NAME")),
    )


def names(own: Path) -> list[str]:
    """Returns the names of the shipped roles and of the user's own, whose files are not read."""
    return named_files.names(NAMES, _files(own))


def everyone(own: Path) -> list[Role]:
    """Returns the shipped roles and the user's own; one of these replaces a shipped one of its name. Raises `AideatorError` (usage)."""
    found = {name: shipped(name) for name in NAMES}
    return list({**found, **{path.stem: read(path) for path in _files(own)}}.values())


def shipped(name: str) -> Role:
    return parse(source(name), name, SHIPPED)


def source(name: str) -> str:
    """Returns a shipped role's file."""
    return files("aideator_templates").joinpath(f"roles/{name}{ENDING}").read_text(encoding="utf-8")


def read(path: Path) -> Role:
    """Raises `AideatorError` (usage) if the file can't be read, or is no role."""
    name = checked_name(path.name.removesuffix(ENDING), str(path))
    role = parse(read_text(path, "role"), name, str(path))
    if role.model and role.model.startswith(SCRIPTED):  # a script's path is relative to the role's file
        return replace(role, model=f"{SCRIPTED}{path.parent / role.model.removeprefix(SCRIPTED)}")
    return role


def checked_name(name: str, what: str) -> str:
    """Raises `AideatorError` (usage) for what can't name a role. `what`: where the name comes from."""
    return named_files.checked_name(name, what, "role", "reviewer")


def _files(own: Path) -> list[Path]:
    return named_files.listed(own, ENDING)
