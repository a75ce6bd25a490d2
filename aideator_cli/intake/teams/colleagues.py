"""Whom the agents of a team's step can ask, and what these know."""

from typing import Final

from aideator_agent.colleague import Colleagues
from aideator_agent.spec import Repository
from aideator_cli.domain.handing import Wanted
from aideator_cli.domain.teams import TASK_ROLE, TeamRun
from aideator_cli.intake import prompts
from aideator_cli.intake.roles import finding
from aideator_cli.intake.variables import Variables
from aideator_cli.system.settings import Settings

MOST: Final = 20_000  # characters of the plan


def colleagues(run: TeamRun, wanted: Wanted, own: str, repository: Repository, settings: Settings) -> Colleagues | None:
    """Returns the other roles of the team. None if there is none. Raises `AideatorError` for a role that can't be read.

    `own`: the role of the agents that ask.
    """
    stages = [stage.role for stage in run.team.stages if stage.role != TASK_ROLE]
    tasks = [task.role for task in wanted.plan.tasks] if wanted.plan else []
    named = dict.fromkeys(name for name in (*stages, *tasks, run.asked.role) if name)
    roles = [finding.find(name, settings.roles_folder) for name in named]
    texts = {role.name: prompts.role_text(role, repository, Variables()) for role in roles if role.name != own}
    return Colleagues(texts, _about(run, wanted), run.team.answer or 0.0) if texts else None


def _about(run: TeamRun, wanted: Wanted) -> str:
    parts = [f"The goal of the team:\n\n{run.prompt}"]
    if plan := wanted.plan:
        tasks = [f"{task.id} ({task.role or 'any role'}): {task.title}" for task in plan.tasks]
        parts.append(f"The plan, by a colleague:\n\n{_quoted([plan.summary, *tasks])}")
    if wanted.task:
        parts.append(f"Whoever asks works on {wanted.task.id}.")
    return "\n\n".join(parts)


def _quoted(lines: list[str]) -> str:
    text = "\n".join(line for line in lines if line)[:MOST]
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
