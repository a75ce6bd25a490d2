"""Starts a run whose agents go on from a variation's patch."""

from typing import TYPE_CHECKING

from aideator_agent.spec import Origin
from aideator_cli.actions.diffing import Made, made
from aideator_cli.actions.finding import Named
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.actions.starting import Plan
from aideator_cli.errors import command, not_found
from aideator_cli.intake.going_on import continued
from aideator_cli.intake.request import Anew, Where
from aideator_cli.intake.upon import Earlier

if TYPE_CHECKING:
    from aideator_cli.intake.routing.market import Market


def plan(here: Here, named: Named, anew: Anew) -> Plan:
    """Plans a run where the named variation ran, else the selected one, else the only one with a patch.

    Raises `AideatorError` for every mistake that can be found before anything starts.
    """
    found = made(here, named)
    backend = backend_at(found.run.place, here.settings)

    def ask() -> "Market":
        from aideator_cli.actions.routing import at_hand  # only a choice needs it

        return at_hand(here, Where(backend.name), found.run.spec.secret)

    return Plan(continued(earlier(here, found), anew, backend.name, here.settings, ask), backend)


def earlier(here: Here, found: Made) -> Earlier:
    """Returns what a new run takes over from this variation. Raises `AideatorError` (not found) if it has no patch, or no known base."""
    spec, origin = found.run.spec, found.run.spec.origin
    if not found.patch or found.base is None:
        what = "changed nothing" if found.result.outcome == "no_changes" else f"has no patch: {found.result.outcome}"
        raise not_found(f"{found.name} {what}, so there is no work to go on from", hint=command("compare", spec.id))
    prompts = (*(origin.prompts if origin else ()), spec.prompt)
    return Earlier(
        spec,
        found.base,
        found.patch,
        Origin((found.name,), prompts),
        here.settings.home / "runs",
        found.run.repository_path,
    )
