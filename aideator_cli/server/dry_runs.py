"""What a run would be: it is checked, and what it would create and may cost is told. Nothing is started."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli import __version__
from aideator_cli.actions import estimating, starting
from aideator_cli.actions.estimating import Estimate
from aideator_cli.actions.here import Here
from aideator_cli.server import bodies, uploads
from aideator_cli.server.access import Caller
from aideator_cli.server.acts import Acting, planned_for
from aideator_cli.server.described import one
from aideator_cli.server.foreign import admissible
from aideator_cli.server.runs import core_of

router = APIRouter(prefix="/api/v1", tags=["runs"])


@frozen
class Drawn:
    """A run as it would be started."""

    spec: RunSpec
    estimate: Estimate  # by attempts that the caller may see
    manifests: Sequence[Mapping[str, Any]] | None  # None: its agents would be processes on the server's machine
    remarks: Sequence[str]


@router.post("/runs/dry-run", summary="Check a run, and say what it would create and may cost", responses=one("DryRun"))
async def dry_run(request: Request, caller: Acting, body: bodies.NewRun) -> Response:
    """Takes what starts a run, and starts nothing."""
    asked = admissible(caller, body)
    async with core_of(request).turn(caller.name):
        return JSONResponse(_record(await core_of(request).act(drawn, asked, caller)))


def drawn(here: Here, asked: bodies.NewRun, caller: Caller) -> Drawn:
    """Raises `AideatorError` for what can't be started. It needs neither keys nor permission to run commands."""
    request = replace(uploads.request_of(here, asked, caller.name), only_shown=True)
    with here.store.owned_by(caller.name):
        planned = planned_for(here, request, asked.where(), caller.name)
    try:
        if planned.suspects:
            raise starting.unconfirmed(planned.suspects)
        made = estimating.estimate(here, planned.spec, caller.sees)
        return Drawn(planned.spec, made, starting.objects(planned), planned.remarks)
    finally:
        planned.order.packed.release()


def _record(made: Drawn) -> dict[str, Any]:
    return {
        "kind": "dry_run",
        "version": __version__,
        "spec": json.loads(made.spec.to_json()),
        "estimate": made.estimate.as_json(),
        "manifests": made.manifests,
        "remarks": list(made.remarks),
    }
