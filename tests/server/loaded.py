"""An interpreter that has loaded what a server uses: `aideator serve` begins as its copy. Loading takes most of a server's start."""

from importlib import import_module

from tests.fixtures.copies import attend, folder
from tests.fixtures.loaded import Interpreters
from tests.fixtures.local_agents import begin_as_copies

MODULES = (
    "aideator_agent.models.scripted",
    "aideator_cli.backends.local",
    "aideator_cli.cli.commands.run",
    "aideator_cli.cli.commands.serve",
    "aideator_cli.cli.terminal",
    "aideator_cli.main",
    "aideator_cli.server.serving",
    "aideator_cli.store.postgresql.engine",
    "aideator_cli.store.sqlite",
    "aideator_cli.system.configuration.found",
    "aideator_cli.system.sandbox",
    "anyio._backends._asyncio",
    "fastapi.telemetry._runtime",
    "pygments.lexers.python",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
)


def main() -> None:
    for module in MODULES:
        import_module(module)
    begin_as_copies(Interpreters(folder()))
    attend()


if __name__ == "__main__":
    main()
