"""The application: every route, behind the gate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from aideator_cli import __version__
from aideator_cli.actions.here import Here
from aideator_cli.server import acts, contract, health, runs, watching
from aideator_cli.server.attending import Attendants
from aideator_cli.server.core import Core
from aideator_cli.server.gate import Gate
from aideator_cli.server.problems import answer_with_problems
from aideator_cli.server.streams.hub import MOST_STREAMS, Hub


def application(here: Here, hosts: tuple[str, ...] | None, streams: int = MOST_STREAMS) -> FastAPI:
    """`hosts`: the names by which it may be called; None: any. `streams`: how many may be open at once."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state = app.state
        state.core = Core(here)
        state.hub = Hub(state.core, streams)
        state.attendants = Attendants(here)
        state.deleting = set()
        state.reachable = contract.Reachable()
        state.attendants.start()
        try:
            yield
        finally:
            state.hub.close()
            state.attendants.stop()
            state.core.close()

    app = FastAPI(title="AIdeator", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(Gate, hosts=hosts)
    answer_with_problems(app)
    for part in (health, runs, watching, acts, contract):
        app.include_router(part.router)
    return app
