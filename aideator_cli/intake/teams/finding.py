"""Where teams are: in the repository, the user's own, the shipped ones, and any file that the user names by its path."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from aideator_cli.domain.teams import TASK_ROLE, Team
from aideator_cli.errors import command, usage
from aideator_cli.intake import named_files
from aideator_cli.intake.roles.role import did_you_mean
from aideator_cli.intake.teams.file import parse
from aideator_cli.system.configuration.repository import file_in
from aideator_cli.system.yaml_file import read_text

NAMES: Final = ("feature", "bugfix", "review", "refactor")
ENDINGS: Final = (".yaml", ".yml")
FOLDER: Final = Path(".aideator") / "teams"
SHIPPED: Final = "shipped"
SENT: Final = "sent"  # the place of one that came with a request
NO_FILES: Final = (SHIPPED, SENT)  # places that are no paths
MOST_SENT: Final = 128 * 1024  # characters


def is_path(word: str) -> bool:
    return named_files.is_path(word, *ENDINGS)


def find(word: str, repository: Path | None) -> Team:
    """Returns the team that this word names: a file, one of the repository's, or a shipped one. Raises `AideatorError` (usage)."""
    if is_path(word):
        return read(Path(word).expanduser())
    file = next((path for path in _files(repository) if path.stem == word), None)
    if file is not None:
        return _of_repository(file)
    if word.lower() in NAMES:
        return shipped(word.lower())
    raise usage(
        f"there is no team '{word}'",
        (did_you_mean(word, names(repository), "teams"), "; your own: ", command("teams", "new", "NAME")),
    )


def names(repository: Path | None) -> list[str]:
    """Returns the names of the shipped teams and of the repository's, whose files are not read."""
    return named_files.names(NAMES, _files(repository))


def everyone(repository: Path | None) -> list[Team]:
    """Returns the shipped teams and the repository's; one of these replaces a shipped one of its name. Raises `AideatorError` (usage)."""
    found = {name: shipped(name) for name in NAMES}
    return list({**found, **{path.stem: _of_repository(path) for path in _files(repository)}}.values())


@cache
def shipped(name: str) -> Team:
    return parse(source(name), name, SHIPPED, f"team {name}")


def source(name: str) -> str:
    """Returns a shipped team's file."""
    return files("aideator_templates").joinpath(f"teams/{name}.yaml").read_text(encoding="utf-8")


def read(path: Path) -> Team:
    """Raises `AideatorError` (usage) if the file can't be read, or is no team."""
    name = checked_name(path.stem, str(path))
    return parse(read_text(path, "team"), name, str(path), f"team {path}")


def _of_repository(path: Path) -> Team:
    """Whoever can write to the repository wrote the file, and a file that it names would be sent to a model, or run."""
    team = read(path)
    for option, stage, named in _files_in(team):
        raise usage(
            f"{path}: {option} of {stage} names the file {named!r}; a repository names only what is known by name",
            f"if you trust this file, name it by its path: --team {path}",
        )
    return team


def sent(text: str, name: str) -> Team:
    """Returns the team whose stages file came with a request. It names no files: they would be those of this machine.

    Raises `AideatorError` (usage).
    """
    if len(text) > MOST_SENT:
        raise usage(f"the stages of team {name} have more than {MOST_SENT:,} characters")
    team = parse(text, checked_name(name, "team"), SENT, f"team {name}")
    for option, stage, named in _files_in(team):
        raise usage(
            f"team {name}: {option} of {stage} names the file {named!r}, and a team that is sent names only what is known by name",
            "name roles, models and agents",
        )
    return team


def _files_in(team: Team) -> Iterator[tuple[str, str, str]]:
    """Yields which option of which stage names a file, and the file."""
    for stage in team.stages:
        for option, value in (("role", stage.role), ("model", stage.model), ("agent", stage.agent)):
            if value and value != TASK_ROLE and (named := file_in(option, value)):
                yield option, stage.name, named


def checked_name(name: str, what: str) -> str:
    """Raises `AideatorError` (usage) for what can't name a team."""
    return named_files.checked_name(name, what, "team", "release")


def _files(repository: Path | None) -> list[Path]:
    return [] if repository is None else named_files.listed(repository / FOLDER, *ENDINGS)
