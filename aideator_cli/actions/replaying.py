"""Plays a stored run as it happened. Stores and changes nothing, and asks no backend."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, takewhile
from threading import Event as Flag
from time import monotonic
from typing import TYPE_CHECKING

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.attending import only
from aideator_cli.actions.finding import Named, find
from aideator_cli.actions.here import Here
from aideator_cli.errors import command, not_found
from aideator_cli.intake.request import Where
from aideator_cli.stream.following import Batches, stored
from aideator_cli.stream.pacing import Computed, Pace, Playing, Timer, paced

if TYPE_CHECKING:
    from aideator_cli.actions.teams.replaying import StoredTeam

HERE_ALONE = Where("local")  # an unknown run has nothing stored, so no cluster is asked for it


@frozen
class Stored:
    """A run, or one variation of it, that has stored items."""

    named: Named
    spec: RunSpec  # has only the variations that are played

    def batches(self, here: Here) -> Batches:
        """Raises `AideatorError` (not found) if nothing is stored yet."""
        run = self.named.run.spec
        batches = stored(here.store, run, self.named.numbers)
        first = next(batches, None)
        if first is None:
            raise not_found(f"nothing is stored for {run.id} yet", hint=command("watch", run.id))
        return chain([first], batches)


def find_stored(here: Here, word: str) -> Stored:
    named = find(here, word, HERE_ALONE)
    return Stored(named, only(named))


@contextmanager
def playing(here: Here, found: "Stored | StoredTeam", pace: Pace, clock: Playing) -> Iterator[Batches]:
    """Plays at the original pace, until the block is left. `clock` tells the time within the run."""
    stop = Flag()
    batches = takewhile(lambda _: not stop.is_set(), found.batches(here))
    try:
        yield clock.through(paced(batches, pace, Timer(monotonic, stop.wait)))
    finally:
        stop.set()


def computed(here: Here, found: "Stored | StoredTeam", pace: Pace, time: Computed) -> Batches:
    """Plays without waiting; `time` tells how far the run has come."""
    return paced(found.batches(here), pace, time.timer)
