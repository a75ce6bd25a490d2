"""A run's judge is asked for and stopped in the comparison."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from aideator_cli.server import bodies
from aideator_cli.server.foreign import check_judge
from aideator_cli.server.judge import stop_judge
from aideator_cli.server.judges import Judges
from aideator_cli.server.page.acting import Runner, done
from aideator_cli.server.page.forms import posted
from aideator_cli.server.page.troubles import PageRoute
from aideator_cli.server.runs import core_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.post("/runs/{run}/judge")
async def ask(request: Request, run: str, caller: Runner) -> Response:
    asked = bodies.Judging(model=(await posted(request)).text("model") or None)
    check_judge(caller, asked.model)
    judges: Judges = request.app.state.judges
    await core_of(request).act(judges.begin, caller, run, asked)
    return done(request, f"/runs/{run}/compare", "judging", leave=True)


@router.post("/runs/{run}/judge/stop")
async def stop(request: Request, run: str, _caller: Runner) -> Response:
    await posted(request)
    await core_of(request).act(stop_judge, run)
    return done(request, f"/runs/{run}/compare", "judge-stopped", leave=True)
