"""A team: roles whose steps are runs."""

from aideator_cli.actions import finding
from aideator_cli.actions.here import Here
from aideator_cli.actions.teams import scripting as teaming
from aideator_cli.api.run import Run
from aideator_cli.domain.handing import TeamState


class Team:
    """A team that was started. Its steps are runs."""

    def __init__(self, here: Here, id_: str) -> None:
        self._here = here
        self.id = id_

    def state(self) -> TeamState:
        """How far it is: what each step began with, what came of it, how long it took, what it cost."""
        return teaming.state(self._here, self.id)

    def wait(self, timeout: float | None = None) -> TeamState:
        """Moves the team on until it is over, or for `timeout` seconds. Raises `AideatorError` if a step can't be begun."""
        return teaming.wait(self._here, self.id, timeout)

    def result(self) -> tuple[Run, int]:
        """The run and the number of the variation that it ended with. Raises `AideatorError` if there is none."""
        named = finding.find(self._here, self.id)
        return Run(self._here, named.run), named.numbers[0]

    def cancel(self) -> None:
        """Ends it, and asks its agents at work to stop."""
        teaming.cancel(self._here, self.id)
