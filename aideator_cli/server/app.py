"""The application: every route, behind the gate."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from aideator_cli import __version__
from aideator_cli.actions.here import Here
from aideator_cli.server import (
    accounts,
    acts,
    api_page,
    contract,
    crossed,
    dry_runs,
    going_on,
    health,
    hooks,
    judge,
    keys,
    memories,
    metrics,
    mirror,
    model_route,
    offers,
    openid,
    page,
    remarks,
    runs,
    uploads,
    watching,
)
from aideator_cli.server.audit import Audit
from aideator_cli.server.core import Core
from aideator_cli.server.crossings import Crossings
from aideator_cli.server.described import describe
from aideator_cli.server.followers import Followers, told_to
from aideator_cli.server.followers.teams import TeamMovers
from aideator_cli.server.gate import Gate
from aideator_cli.server.judges import Judges
from aideator_cli.server.logs import RequestLog, Write
from aideator_cli.server.page.troubles import unknown_address
from aideator_cli.server.problems import answer_with_problems
from aideator_cli.server.rates import UNKNOWN, Bucket, Rates
from aideator_cli.server.streams.hub import MOST_STREAMS, Hub
from aideator_cli.server.teams import routes as teams
from aideator_cli.server.teams.looking import Looks
from aideator_cli.server.teams.telling import Watches
from aideator_cli.server.tracing import Traces
from aideator_cli.server.webhooks import Deliverer


def application(
    here: Here, hosts: tuple[str, ...] | None, streams: int = MOST_STREAMS, log: Write | None = None
) -> FastAPI:
    """`hosts`: the names by which it may be called, without a token; None: any, and only with one. `streams`: how many may be open.
    `log` gets a line of JSON for each request."""
    working = partial(_working, here, streams, Traces.wanted(here))
    app = FastAPI(
        title="AIdeator", version=__version__, lifespan=working, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.needs_token = hosts is None
    provider = openid.configured(here.settings) if hosts is None else None
    app.state.openid = None if provider is None else openid.OpenId(provider)
    app.state.rates = Rates(here.settings.defaults.rate_limit)
    app.state.unknown = Bucket(UNKNOWN)
    app.state.public_url = here.settings.defaults.public_url
    app.state.metrics = metrics.Metrics()
    app.add_middleware(Audit)
    app.add_middleware(Gate, hosts=hosts)
    app.add_middleware(metrics.Counted, metrics=app.state.metrics)
    if log is not None:
        app.add_middleware(RequestLog, write=log)  # around the gate: what is refused is logged, too
    answer_with_problems(app)
    app.add_exception_handler(HTTPException, unknown_address)  # type: ignore[arg-type]
    for part in (
        health,
        metrics,
        mirror,
        hooks,
        runs,
        dry_runs,
        uploads,
        watching,
        acts,
        going_on,
        remarks,
        judge,
        crossed,
        teams,
        contract,
        accounts,
        keys,
        memories,
        api_page,
        page,
    ):
        app.include_router(part.router)
    app.router.routes.append(model_route.route)
    describe(app)
    return app


@asynccontextmanager
async def _working(here: Here, streams: int, traces: Traces | None, app: FastAPI) -> AsyncIterator[None]:
    """Within it, what the application has besides its routes is at work."""
    state = app.state
    state.core = Core(here)
    state.hub = Hub(state.core, streams, here.settings.defaults.stream_limit)
    state.deliverer = Deliverer(here)
    listeners = [state.metrics.told, state.deliverer.told, *([traces.told] if traces else [])]
    state.followers = Followers(here, told_to(*listeners))
    state.tries = accounts.Tries()
    state.deleting = set()
    state.looks = Looks()
    state.watches = Watches(state.looks)
    state.reachable = contract.Reachable()
    state.judges = Judges(here)
    state.crossings = Crossings(here)
    movers = TeamMovers(here, state.followers.look)
    parts = [*([traces] if traces else []), state.deliverer, state.followers, state.judges, movers]
    for part in parts:
        part.start()
    work = offers.Work(state.core, state.followers, shell=False, deleting=state.deleting, looks=state.looks)
    try:
        async with aclosing(model_route.ModelContext(work)) as state.model_context:
            yield
    finally:
        state.hub.close()
        for part in reversed(parts):  # who is told of runs ends after those who tell
            await asyncio.to_thread(part.stop)
        state.core.close()
