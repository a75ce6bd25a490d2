"""Stages files: listed, read, checked and made."""

from pathlib import Path
from typing import Final

from aideator_cli.actions.here import Here
from aideator_cli.domain.teams import TASK_ROLE, Team
from aideator_cli.errors import AideatorError, usage
from aideator_cli.intake.agents import presets
from aideator_cli.intake.roles import finding as roles
from aideator_cli.intake.teams import finding
from aideator_cli.system.configuration.repository import root_of
from aideator_cli.system.output_file import new_file
from aideator_cli.system.yaml_file import read_text

SKELETON: Final = "new"  # the shipped file with every setting


def everyone(folder: Path) -> list[Team]:
    """Returns the shipped teams, and those of the repository that the folder is in. Raises `AideatorError` (usage)."""
    return finding.everyone(root_of(folder))


def read(word: str, folder: Path) -> tuple[Team, str]:
    """Returns a team and its whole file. Raises `AideatorError` (usage)."""
    team = finding.find(word, root_of(folder))
    is_shipped = team.place == finding.SHIPPED
    return team, finding.source(team.name) if is_shipped else read_text(Path(team.place), "team")


def checked(here: Here, word: str, folder: Path) -> Team:
    """Returns the team if everything that it names is there, too. Raises `AideatorError` (usage)."""
    team = finding.find(word, root_of(folder))
    check(here, team)
    return team


def check(here: Here, team: Team) -> None:
    """Raises `AideatorError` (usage) for a role, an agent or a check that a stage names and that is not there."""
    for stage in team.stages:
        what = f"stage {stage.name} of team {team.name}"
        try:
            if stage.role and stage.role != TASK_ROLE:
                roles.find(stage.role, here.settings.roles_folder)
            if stage.agent and stage.agent.partition("/")[0] != "own":
                presets.find(stage.agent.partition("/")[0].partition(":")[0])
        except AideatorError as error:
            raise usage(f"{what}: {error.message}", error.hint) from error


def make(name: str, like: str | None, folder: Path) -> Path:
    """Writes a team of the repository's own: a copy of `like`, or a file with every setting. Returns its path. Raises `AideatorError`."""
    place = (root_of(folder) or folder) / finding.FOLDER
    bare = name.removesuffix(next((ending for ending in finding.ENDINGS if name.endswith(ending)), ""))
    path = place / f"{finding.checked_name(bare, name)}{finding.ENDINGS[0]}"
    text = finding.source(SKELETON) if like is None else read(like, folder)[1]
    new_file(path, text)
    return path
