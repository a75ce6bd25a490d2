"""What is stored of a run that nobody watches, brought up to date before it is shown or used."""

from aideator_cli import terminal
from aideator_cli.backends import backend_at
from aideator_cli.errors import AideatorError
from aideator_cli.finding import Named
from aideator_cli.settings import Settings
from aideator_cli.store import Store, StoredRun
from aideator_cli.stream.following import look


def refresh(named: Named, store: Store, settings: Settings) -> Named:
    """Where the backend can't be asked that is said, and what was last seen is what there is."""
    return Named(refresh_run(named.run, store, settings), named.variation)


def refresh_run(run: StoredRun, store: Store, settings: Settings) -> StoredRun:
    if run.state == "ended":
        return run
    try:
        look(run.spec, backend_at(run.place, settings), store)
    except AideatorError as error:
        terminal.warn(f"{run.spec.id} is shown as it was last seen: {error.message}")
    return store.run(run.spec.id) or run
