"""Cancelling: a follower first, then the word to stop, so that what an agent still says is kept even when nobody watches."""

import threading
from collections.abc import Iterator

from aideator_agent.spec import RunSpec
from aideator_cli import terminal
from aideator_cli.acting import ask_to_stop
from aideator_cli.backends import Wish, backend_at
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.events import Item
from aideator_cli.figures import changes, plural
from aideator_cli.finding import Named, find
from aideator_cli.settings import Settings
from aideator_cli.store import Store
from aideator_cli.stream.following import follow_run, look
from aideator_cli.stream.sieve import is_over, variation_of

GRACE_SECONDS = 90.0  # for the agents' last words; the pod's own grace is shorter


def cancel(word: str, wish: Wish, *, wait: bool) -> int:
    """Asks the agents of RUN or RUN/N to stop; with `wait` stays until they have, and tells what they leave."""
    settings = Settings()
    store = Store.open(settings.home)
    named = find(word, store, settings, wish)
    spec = named.run.spec
    backend = backend_at(named.run.place, settings)
    if named.run.state != "ended":
        look(spec, backend, store)
    ended = {r.variation for r in store.results(spec.id) if r.ended}
    numbers = [number for number in named.numbers if number not in ended]
    if not numbers:
        terminal.say(f"{word} has ended already")
        return ExitCode.OK
    follower = _Follower(named, settings, frozenset(numbers)) if wait else None
    ask_to_stop(spec, backend, store, numbers)
    if follower is None:
        terminal.say(f"asked {', '.join(f'{spec.id}/{number}' for number in numbers)} to stop")
        return ExitCode.OK
    if not follower.join():
        raise AideatorError(
            f"{word} was asked to stop and has not within {GRACE_SECONDS:.0f} s", code=ExitCode.TIMED_OUT
        )
    _tell(spec, store, numbers)
    return ExitCode.OK


class _Follower:
    """Reads on in a thread of its own until the variations are over."""

    def __init__(self, named: Named, settings: Settings, numbers: frozenset[int]) -> None:
        self._named = named
        self._settings = settings
        self._left = set(numbers)
        self._thread = threading.Thread(target=self._follow, name="cancel", daemon=True)
        self._thread.start()

    def join(self) -> bool:
        self._thread.join(GRACE_SECONDS)
        return not self._left

    def _follow(self) -> None:
        store = Store.open(self._settings.home)
        follow_run(self._named.run.spec, backend_at(self._named.run.place, self._settings), store, self._see)

    def _see(self, _spec: RunSpec, batches: Iterator[list[Item]]) -> None:
        for batch in batches:
            self._left -= {number for item in batch if is_over(item) and (number := variation_of(item)) is not None}
            if not self._left:
                return


def _tell(spec: RunSpec, store: Store, numbers: list[int]) -> None:
    for result in store.results(spec.id):
        if result.variation in numbers:
            kept = (
                f"{plural(result.files, 'file')}, {changes(result.additions, result.deletions)}"
                if result.files
                else "nothing changed"
            )
            terminal.say(f"{spec.id}/{result.variation} {result.outcome.replace('_', ' ')}: {kept}")
