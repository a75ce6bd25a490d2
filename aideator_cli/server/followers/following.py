"""Follows one run to its end, as `watch` does, with nobody watching."""

from collections.abc import Callable
from threading import Event as Flag

from aideator_cli.actions.attending import attend
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.actions.retrying import Retried
from aideator_cli.domain.events import Item
from aideator_cli.store import LeaseLost
from aideator_cli.stream.following import Past
from aideator_cli.stream.policies import Policy


def attended(
    here: Here, run: str, stop: Flag, told: Callable[[str, list[Item]], None], retried: Retried | None = None
) -> None:
    """Returns when the run is over, was deleted, is another process' to follow, or `stop` is set. Raises `AideatorError`."""
    known = here.store.run(run)
    if known is None or known.state == "ended":
        return
    backend = retried.backend if retried else backend_at(known.place, here.settings)
    spec = retried.spec if retried else known.spec
    try:
        backend.mend(known.spec)
        if known.state == "submitting":
            here.store.set_state(run, "running")
        if retried is None:
            Policy(spec, backend, here.store).catch_up()
        with attend(here, spec, backend, Past(iter(()), here.store.newest(run)), stop) as batches:
            for batch in batches:
                told(run, batch)
    except LeaseLost:
        return
    told(run, [])
