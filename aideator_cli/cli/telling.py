"""Messages about a run that several commands share."""

from aideator_cli.actions.finding import Named
from aideator_cli.cli import terminal


def tell_stale(named: Named) -> None:
    if named.stale is not None:
        terminal.warn(f"{named.run.spec.id} may be out of date: {named.stale}")
