"""The application: every route, behind the gate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from aideator_cli import __version__
from aideator_cli.actions.here import Here
from aideator_cli.server import health
from aideator_cli.server.core import Core
from aideator_cli.server.gate import Gate
from aideator_cli.server.problems import answer_with_problems


def application(here: Here, hosts: tuple[str, ...] | None) -> FastAPI:
    """`hosts`: the names by which it may be called; None: any."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.core = Core(here)
        try:
            yield
        finally:
            app.state.core.close()

    app = FastAPI(title="AIdeator", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(Gate, hosts=hosts)
    answer_with_problems(app)
    app.include_router(health.router)
    return app
