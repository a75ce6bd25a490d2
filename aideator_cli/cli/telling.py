"""Messages about a run or a team that several commands share."""

from aideator_cli.actions.finding import Named
from aideator_cli.cli import terminal
from aideator_cli.domain.teams import TeamRun


def tell_stale(named: Named) -> None:
    if named.stale is not None:
        terminal.warn(f"{named.run.spec.id} may be out of date: {named.stale}")


def tell_stale_team(run: TeamRun) -> None:
    if run.stale is not None:
        terminal.warn(f"team {run.id} may be out of date: {run.stale}")
