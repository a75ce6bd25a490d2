"""The form of a new team: what it shows, and the request that it becomes."""

from typing import Any, Final

from aideator_agent.values import frozen
from aideator_cli.errors import usage
from aideator_cli.intake.request import Bounds
from aideator_cli.intake.teams import finding
from aideator_cli.server.bodies import NewTeam
from aideator_cli.server.page import ordering
from aideator_cli.server.page.forms import Form
from aideator_cli.server.page.ordering import Filled, Offer, number_of, whole_of
from aideator_cli.views.text.teams import does, who

OWN: Final = "own"  # the stages come with the form


@frozen
class AskedTeam(Filled):
    """The form as it was filled in."""

    team: str = finding.NAMES[0]
    stages: str = ""
    model: str = ""
    agent: str = ""
    count: str = ""
    budget: str = ""

    def body(self) -> NewTeam:
        """Returns what the API would be sent. Raises `AideatorError` (usage) for what is missing, and for what is no number."""
        self.check_task("the team")
        own = self.team == OWN
        if own and not self.stages:
            raise usage("the stages are missing", "choose a team, or write its stages")
        return NewTeam.model_construct(  # what it asks for is checked with the request that it becomes
            repository=self.repository,
            prompt=self.task,
            team=self.team,
            stages=self.stages if own else None,
            ref=self.ref or None,
            models=[self.model] if self.model else [],
            agents=[self.agent] if self.agent else [],
            n=whole_of("Agents of a stage", self.count, 1) if self.count else None,
            verify=[command for command in self.checks if command],
            budget=number_of("US dollars", self.budget) if self.budget else None,
            timeout=60 * number_of("Minutes", self.minutes, Bounds.timeout / 60),
            max_steps=whole_of("Steps", self.steps, Bounds.max_steps),
            allow_local_shell=self.shell,
        )


def read(form: Form) -> AskedTeam:
    texts = ordering.common(form, "stages", "model", "agent", "count", "budget")
    return AskedTeam(**texts, team=form.text("team") or finding.NAMES[0])


def newest(offered: Offer) -> AskedTeam:
    """Returns the form as it begins: with what was used last."""
    usual = offered.newest
    model = next((row.model for row in usual.agents if row.model), "")
    return AskedTeam(usual.repository, checks=usual.checks, model=model)


def values(offered: Offer, asked: AskedTeam, local: bool) -> dict[str, Any]:
    return {
        "asked": asked,
        "own": OWN,
        "teams": [
            {
                "name": team.name,
                "description": team.description,
                "stages": [{"name": each.name, "who": who(each), "does": does(each)} for each in team.ordered],
            }
            for team in finding.everyone(None)
        ],
        "repositories": offered.repositories,
        "models": offered.models,
        "agents": offered.agents,
        "local": local,
    }
