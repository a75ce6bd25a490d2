"""Updates the stored state of a run that nobody watches, before it is shown or used."""

from dataclasses import replace

from aideator_cli.actions.finding import Named
from aideator_cli.actions.here import Here
from aideator_cli.errors import AideatorError


def refresh(here: Here, named: Named) -> Named:
    """If the backend can't be asked, the run stays as it was last seen, and `stale` says why."""
    if named.run.state == "ended" and named.run.place.backend != "server":  # others select there, and try again
        return named
    from aideator_cli.actions.places import backend_at
    from aideator_cli.stream.following import look

    stale = None
    try:
        look(named.run.spec, backend_at(named.run.place, here.settings), here.store)
    except AideatorError as error:
        stale = error.message
    return replace(named, run=here.store.run(named.run.spec.id) or named.run, stale=stale)
