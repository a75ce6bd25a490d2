"""What `run`, `ask` and `review` ask for."""

from typing import TYPE_CHECKING

from aideator_agent.values import frozen
from aideator_cli.views.look import USUAL, Look

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here
    from aideator_cli.actions.pushing import Pushing
    from aideator_cli.actions.taking import Taking
    from aideator_cli.cli.ringing import Ring
    from aideator_cli.intake.request import Request, Where


@frozen
class Call:
    """A request, and what is to become of it."""

    here: "Here"
    request: "Request"
    where: "Where"
    taken: "Taking | None" = None
    pushed: "Pushing | None" = None
    cancels: bool = False  # whether an interrupt cancels the agents
    ring: "Ring | None" = None  # for the end
    json: bool = False
    view: str | None = None
    look: Look = USUAL
    confirmed: bool = False
    detach: bool = False
    estimate: bool = False
    dry_run: bool = False
    team: str | None = None  # that carries out the request; None: the agents of one run
