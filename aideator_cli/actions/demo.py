"""The demo's run: like any other, with scripted models and one check."""

import shutil
import subprocess
from pathlib import Path

from aideator_cli.actions.demo_material import (
    CHECK,
    DEMO_PROMPT,
    STEPS,
    TEAM_PROMPT,
    demo_files,
    demo_scripts,
    team_demo_file,
    team_demo_files,
)
from aideator_cli.actions.here import Here
from aideator_cli.actions.starting import Plan, plan
from aideator_cli.actions.teams import starting
from aideator_cli.actions.teams.starting import TeamPlan
from aideator_cli.intake.models import SCRIPTED
from aideator_cli.intake.request import Bounds, Checking, Pod, Request, Where
from aideator_cli.intake.teams import finding

AUTHOR = {"name": "AIdeator demo", "email": "demo@aideator.invalid"}


def plan_demo(here: Here, where: Where, agent_image: str | None = None) -> Plan:
    """The run works on a small repository, which is created again in the data folder. Raises `AideatorError`."""
    repository = here.settings.home / "demo" / "todo"
    _make_repository(repository, demo_files())
    request = Request(
        str(repository),
        DEMO_PROMPT,
        models=[f"{SCRIPTED}{script}" for script in demo_scripts()],
        n=len(demo_scripts()),
        bounds=Bounds(max_steps=STEPS),
        checking=Checking(verify=[CHECK]),
        pod=Pod(agent_image=agent_image),
    )
    return plan(here, request, where)


def plan_team_demo(here: Here, where: Where, agent_image: str | None = None) -> TeamPlan:
    """The team works on a repository of its own, which is created again in the data folder. Raises `AideatorError`."""
    repository = here.settings.home / "demo" / "export"
    _make_repository(repository, team_demo_files())
    request = Request(
        str(repository),
        TEAM_PROMPT,
        bounds=Bounds(max_steps=STEPS),
        pod=Pod(agent_image=agent_image),
    )
    return starting.plan(here, finding.read(team_demo_file()), request, where)


def _make_repository(folder: Path, files: dict[str, bytes]) -> None:
    """Replaces the repository each time, so that the demo always begins in the same state."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    author = [part for key, value in AUTHOR.items() for part in ("-c", f"user.{key}={value}")]
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        [*author, "-c", "commit.gpgsign=false", "commit", "-q", "-m", "A todo list"],
    ):
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)
