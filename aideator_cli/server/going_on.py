"""Runs that begin with other runs' work: agents go on from a patch, or several patches are merged."""

from collections.abc import Callable
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import Response

from aideator_cli.actions import continuing, keeping, merging, starting
from aideator_cli.actions.finding import Named
from aideator_cli.actions.here import Here
from aideator_cli.actions.starting import Plan
from aideator_cli.domain.runs import StoredRun
from aideator_cli.server import bodies, keys, uploads
from aideator_cli.server.access import Caller, check_kept, check_owner
from aideator_cli.server.acts import ACCEPTED, Acting, begun_answer
from aideator_cli.server.described import one
from aideator_cli.server.foreign import check_going_on, check_place, check_reached
from aideator_cli.server.naming import named
from aideator_cli.server.once import Again, Key, key_of, once
from aideator_cli.server.runs import RunId, core_of, shown

router = APIRouter(prefix="/api/v1", tags=["acts"])


@router.post(
    "/runs/{run}/continue",
    status_code=ACCEPTED,
    summary="Start a run that goes on from a variation's patch",
    responses=one("Run", status=202),
)
async def continue_run(
    request: Request, caller: Acting, run: RunId, body: bodies.Continuing, key: Again = None
) -> Response:
    """Its patches hold the earlier one, too. It is the caller's, as is every run that they start."""
    reserved = key_of(caller.name, key, f"continue {run} ".encode() + await request.body())
    async with core_of(request).turn(caller.name):
        next_run = await core_of(request).act(_continue, caller, run, body, reserved)
    return await begun_answer(request, "runs", next_run, lambda here: shown(here, next_run))


@router.post(
    "/merges",
    status_code=ACCEPTED,
    summary="Merge patches, and check the result as a new run",
    responses=one("Run", status=202),
)
async def merge(request: Request, caller: Acting, body: bodies.Merging, key: Again = None) -> Response:
    """Changes that conflict are refused, each by its file, and nothing starts."""
    for word in body.variations:
        check_kept(request.app.state.deleting, word.partition("/")[0])
    reserved = key_of(caller.name, key, b"merge " + await request.body())
    async with core_of(request).turn(caller.name):
        next_run = await core_of(request).act(_merge, caller, body, reserved)
    return await begun_answer(request, "runs", next_run, lambda here: shown(here, next_run))


def _merge(here: Here, caller: Caller, body: bodies.Merging, key: Key | None) -> str:
    found = {word: _mine(here, caller, word) for word in body.variations}
    for each in found.values():
        check_place(caller, each.run.place.backend)
    merged = merging.merge(here, merging.Asked(found, body.only, body.take))
    return begun(here, caller, merged.sources[0].run, lambda secret: merging.plan(here, merged, secret), key)


def _mine(here: Here, caller: Caller, word: str) -> Named:
    run, _, number = word.partition("/")
    check_owner(here, run, caller)
    return named(here, run, int(number))


def _continue(here: Here, caller: Caller, run: str, body: bodies.Continuing, key: Key | None) -> str:
    found = named(here, run, body.variation)
    check_going_on(caller, body, found.run.place.backend)
    return begun(
        here, caller, found.run, lambda secret: continuing.plan(here, found, replace(body.anew(), secret=secret)), key
    )


def begun(
    here: Here, caller: Caller, earlier: StoredRun, plan: Callable[[str | None], Plan], key: Key | None = None
) -> str:
    """Starts what goes on from the earlier run, where that was. Returns its id.

    `plan` gets the Secret of the caller's keys. Raises `AideatorError` for what can't be started; then nothing was.
    """
    owner, backend = caller.name, earlier.place.backend
    secret = keeping.own_secret(owner) if owner is not None and backend == "kubernetes" else None

    def start(stored: Callable[[str], object]) -> str:
        if owner is not None:
            check_reached(earlier.spec.repository.url)
        with keeping.without_the_servers(backend, owner):
            planned = plan(secret)
        with keys.missing_told_to(owner):
            return starting.start(here, planned, uploads.keeping(here, planned.order.packed, stored)).spec.id

    with here.store.owned_by(owner):
        return once(here, key, start)
