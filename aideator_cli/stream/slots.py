"""--max-parallel: a variation is submitted as another one ends, while someone follows the run."""

import time
from collections.abc import Iterator
from typing import Final

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Backend
from aideator_cli.domain.events import Item, Observation
from aideator_cli.errors import AideatorError
from aideator_cli.store import Store
from aideator_cli.stream import handover
from aideator_cli.stream.follow import Again
from aideator_cli.stream.sieve import is_over
from aideator_cli.system.clock import now

NOT_SUBMITTED: Final = "not_submitted"
_SOON: Final = 0.5  # seconds between two looks for a free place, after an agent has ended: its Job ends a moment later
_SOON_FOR: Final = 30.0  # seconds
_LATER: Final = 15.0  # seconds between two looks otherwise: someone else may have freed a place, or a refusal is over


class Slots:
    """Fills the free places of one run. The backend decides which are free, so several processes may do so at once."""

    def __init__(self, spec: RunSpec, backend: Backend, store: Store) -> None:
        self._spec = spec
        self._backend = backend
        self._store = store
        self._waiting = spec.parallel is not None
        self._soon_until = self._next = 0.0  # monotonic
        self._refusal: str | None = None

    def through(self, batches: Iterator[list[Item]]) -> Iterator[list[Item]]:
        """Yields the same batches, but the empty ones, which come from time to time."""
        for batch in batches:
            told = self._fill(ended=any(is_over(item) for item in batch)) if self._waiting else []
            if batch or told:
                yield batch + told

    def rule(self, batches: Iterator[list[Item]], _again: Again) -> Iterator[list[Item]]:
        """The same where no other rule applies."""
        return self.through(batches)

    def _fill(self, *, ended: bool) -> list[Item]:
        moment = time.monotonic()
        if ended:
            self._soon_until, self._next = moment + _SOON_FOR, moment
        if moment < self._next:
            return []
        self._next = moment + (_SOON if moment < self._soon_until else _LATER)
        try:
            if self._spec.escalates and not handover.is_open(
                self._spec, self._store, self._backend.submissions(self._spec.id)
            ):
                return []
            self._waiting = self._backend.submit_more(self._spec.id, handover.failures(self._spec, self._store))
        except AideatorError as error:
            self._next = moment + _LATER
            return self._refused(error.message)
        self._refusal = None
        return []

    def _refused(self, text: str) -> list[Item]:
        """Says it once: it is tried again."""
        if text == self._refusal:
            return []
        self._refusal = text
        told = [Observation(self._spec.id, now(), NOT_SUBMITTED, text)]
        self._store.record([], told)
        return list(told)
