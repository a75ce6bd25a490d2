"""Starts a run whose agents go on from a variation's patch."""

from dataclasses import replace

from aideator_agent.spec import Origin, RunSpec
from aideator_cli.actions.diffing import Made, made
from aideator_cli.actions.fetching import fetch
from aideator_cli.actions.finding import Named
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.actions.starting import Plan, asking
from aideator_cli.domain.runs import StoredRun
from aideator_cli.errors import command, not_found
from aideator_cli.intake.going_on import continued
from aideator_cli.intake.request import Anew, Where
from aideator_cli.intake.upon import Earlier
from aideator_cli.stream.inheriting import stood
from aideator_cli.stream.recording import last_result


def with_keys(here: Here, run: StoredRun, secret: str | None) -> RunSpec:
    """Returns the run's spec with the Secret whose keys a run takes that goes on from it: that of another user stays that user's.

    `secret`: the one that is asked for.
    """
    is_own = run.owner == here.store.owner
    return replace(run.spec, secret=secret or (run.spec.secret if is_own else here.settings.defaults.secret))


def plan(here: Here, named: Named, anew: Anew) -> Plan:
    """Plans a run where the named variation ran, else the selected one, else the only one with a patch.

    Raises `AideatorError` for every mistake that can be found before anything starts.
    """
    lost = _lost(here, named)
    found = lost or made(here, named)
    backend = backend_at(found.run.place, here.settings)
    began = earlier(here, found, anew.secret)
    ask = asking(here, Where(backend.name), began.spec.secret, answers=False)
    order = continued(began, anew, backend.name, here.settings, ask)
    if lost is not None:
        remark = f"{lost.name} was lost, so this goes on from its last checkpoint, after step {lost.result.steps}"
        order = replace(order, remarks=(remark, *order.remarks))
    return Plan(order, backend)


def _lost(here: Here, named: Named) -> Made | None:
    """Returns the named variation with what it had changed at its last checkpoint, if it was lost without a patch.

    That of a run that began with earlier work is left out: its checkpoints are against that work, not against the base.
    """
    spec = named.run.spec
    if named.variation is None or spec.origin is not None or spec.answer:
        return None
    result = last_result(here.store, spec, named.variation)
    if result.patch is not None or result.fault != "infrastructure":
        return None
    standing = stood(here.store, spec, named.variation)
    if standing is None or not standing.diff:
        return None
    return Made(named.run, replace(result, patch=standing.diff, base=standing.base, steps=standing.step))


def earlier(here: Here, found: Made, secret: str | None = None) -> Earlier:
    """Returns what a new run takes over from this variation. Raises `AideatorError` (not found) if it has no patch, or no known base."""
    spec, origin = with_keys(here, found.run, secret), found.run.spec.origin
    if not found.patch or found.base is None:
        what = "changed nothing" if found.result.outcome == "no_changes" else f"has no patch: {found.result.outcome}"
        raise not_found(f"{found.name} {what}, so there is no work to go on from", hint=command("compare", spec.id))
    fetch(here, spec)
    prompts = (*(origin.prompts if origin else ()), spec.prompt)
    return Earlier(
        spec,
        found.base,
        found.patch,
        Origin((found.name,), prompts),
        here.settings.home / "runs",
        found.run.repository_path,
    )
