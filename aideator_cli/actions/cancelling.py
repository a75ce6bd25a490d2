"""Cancels runs. A follower starts before agents are asked to stop, so that their last events are stored even if nobody watches."""

import threading
from collections.abc import Sequence

from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.actions.finding import Named, find
from aideator_cli.actions.here import Here
from aideator_cli.actions.places import backend_at
from aideator_cli.backends.base import Backend
from aideator_cli.domain.events import Observation
from aideator_cli.domain.result import Result
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.request import Where
from aideator_cli.stream.following import following, look
from aideator_cli.stream.recording import CANCEL_ASKED
from aideator_cli.stream.sieve import is_over, variation_of
from aideator_cli.system.clock import now

GRACE_SECONDS = 90.0  # time for the agents' last events; the pod's own grace period is shorter


@frozen
class Cancelled:
    """Which agents were asked to stop, and their results. `results` is empty if `cancel` did not wait."""

    run: str
    name: str  # RUN, or RUN/N
    asked: tuple[int, ...]  # empty: all agents had already ended
    results: tuple[Result, ...] = ()


def cancel(here: Here, word: str, where: Where, *, wait: bool = True) -> Cancelled:
    """Asks the agents of RUN or RUN/N to stop; with `wait`, returns when they have. Raises `AideatorError` if they don't stop."""
    named = find(here, word, where)
    spec = named.run.spec
    backend = backend_at(named.run.place, here.settings)
    if named.run.state != "ended":
        look(spec, backend, here.store)
    ended = {r.variation for r in here.store.results(spec.id) if r.ended}
    numbers = tuple(number for number in named.numbers if number not in ended)
    if not numbers:
        return Cancelled(spec.id, named.name, ())
    if not wait:
        ask_to_stop(here, spec, backend, numbers)
        return Cancelled(spec.id, named.name, numbers)
    follower = _Follower(here, named, frozenset(numbers))
    ask_to_stop(here, spec, backend, numbers)
    if not follower.join():
        raise AideatorError(
            f"{named.name} was asked to stop, but did not stop within {GRACE_SECONDS:.0f} s", code=ExitCode.TIMED_OUT
        )
    results = tuple(result for result in here.store.results(spec.id) if result.variation in numbers)
    return Cancelled(spec.id, named.name, numbers, results)


def ask_to_stop(here: Here, spec: RunSpec, backend: Backend, numbers: Sequence[int]) -> None:
    if backend.name == "server":
        backend.cancel(spec.id, numbers)
        return
    asked = [Observation(spec.id, now(), CANCEL_ASKED, "cancelled by the user", number) for number in numbers]
    here.store.record([], asked)  # first: another watcher may see at once that one is gone, and must know why
    backend.cancel(spec.id, numbers)


class _Follower:
    """Reads events in its own thread until the variations have ended."""

    def __init__(self, here: Here, named: Named, numbers: frozenset[int]) -> None:
        self._here = here
        self._named = named
        self._left = set(numbers)
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._follow, name="cancel", daemon=True)
        self._thread.start()

    def join(self) -> bool:
        self._thread.join(GRACE_SECONDS)
        if self._error is not None:
            raise self._error
        return not self._left

    def _follow(self) -> None:
        try:
            self._read()
        except Exception as error:  # for the caller, who waits for this thread
            self._error = error

    def _read(self) -> None:
        here, run = self._here.again(), self._named.run
        with following(run.spec, backend_at(run.place, here.settings), here.store) as batches:
            for batch in batches:
                over = (number for item in batch if is_over(item) and (number := variation_of(item)) is not None)
                self._left -= set(over)
                if not self._left:
                    return
