"""Whom the agents of a team can ask, as the spec has it."""

from collections.abc import Mapping
from typing import Final

from aideator_agent.values import frozen

ASK: Final = "ask"  # the tool
ARGUMENTS: Final = ("role", "question")
PERSON: Final = "user"  # who has answered, instead of a role
DESCRIPTION: Final = (
    "Asks a role of your team what only it can decide, and returns its answer. The roles: {names}. They know the goal and the plan, but"
    " not the repository: ask precisely, and look up yourself what the code can tell you."
)


@frozen
class Colleagues:
    """Whom the agents of a run can ask, and what these know."""

    roles: Mapping[str, str]  # name -> what the role is told about itself
    about: str  # the team's goal and its plan
    wait: float = 0.0  # seconds that a question waits for a person to answer it

    @property
    def names(self) -> str:
        return ", ".join(self.roles)

    @property
    def description(self) -> str:
        """Returns what a model is told of the tool."""
        return DESCRIPTION.format(names=self.names)
