"""Whom the agents of a team can ask, as the spec has it."""

from collections.abc import Mapping
from typing import Final

from aideator_agent.values import frozen

ASK: Final = "ask"  # the tool
PERSON: Final = "user"  # who has answered, instead of a role


@frozen
class Colleagues:
    """Whom the agents of a run can ask, and what these know."""

    roles: Mapping[str, str]  # name -> what the role is told about itself
    about: str  # the team's goal and its plan
    wait: float = 0.0  # seconds that a question waits for a person to answer it

    @property
    def names(self) -> str:
        return ", ".join(self.roles)
