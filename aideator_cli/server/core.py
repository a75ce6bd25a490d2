"""Runs the actions for the server: they wait and belong to a thread, so they get threads of their own, of which there are only so many."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Concatenate, Final, ParamSpec, TypeVar

from aideator_cli.actions.here import Here
from aideator_cli.errors import AideatorError, unavailable
from aideator_cli.store.away import DatabaseAway, is_of_database

READERS: Final = 8  # threads that read the store
ACTORS: Final = 16  # threads for what asks a repository or a backend, which takes seconds
MOST_OF_ONE: Final = 4  # of what one user alone decides how long it takes; more of that user's wait for these
MOST_WAITING: Final = 200  # actions that wait for a thread; more are refused

P = ParamSpec("P")
T = TypeVar("T")


class Core:
    """Made in the thread of the event loop. Each of its threads has a `Here` of its own."""

    def __init__(self, here: Here) -> None:
        self._here = here
        self._readers = _Threads("read", READERS, here)
        self._actors = _Threads("act", ACTORS, here)
        self._turns: dict[str, _Turns] = {}  # by user

    @property
    def here(self) -> Here:
        """A `Here` for a thread that the caller starts."""
        return self._here.again()

    async def read(self, action: Callable[Concatenate[Here, P], T], *given: P.args, **named: P.kwargs) -> T:
        """Calls an action that only reads what is stored. Raises what it raises, and `AideatorError` if too many wait."""
        return await self._readers.run(lambda here: action(here, *given, **named))

    async def act(self, action: Callable[Concatenate[Here, P], T], *given: P.args, **named: P.kwargs) -> T:
        """Calls an action that may take long. It goes on if the caller is cancelled."""
        return await self._actors.run(lambda here: action(here, *given, **named))

    @asynccontextmanager
    async def turn(self, user: str | None) -> AsyncIterator[None]:
        """For what asks a host that this user names: it waits until few of this user's are under way, so that one user
        can't hold all threads. None: whoever owns the server's machine, who never waits."""
        if user is None:
            yield
            return
        turns = self._turns.setdefault(user, _Turns())
        turns.wanted += 1
        try:
            async with turns.free:
                yield
        finally:
            turns.wanted -= 1
            if not turns.wanted:
                del self._turns[user]

    def close(self) -> None:
        """Starts nothing more. What has begun goes on."""
        self._readers.close()
        self._actors.close()


class _Turns:
    def __init__(self) -> None:
        self.free = asyncio.Semaphore(MOST_OF_ONE)
        self.wanted = 0


class _Threads:
    def __init__(self, name: str, count: int, here: Here) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix=name)
        self._own = threading.local()
        self._here = here
        self._begun = 0
        self._most = count + MOST_WAITING

    async def run(self, action: Callable[[Here], T]) -> T:
        if self._begun >= self._most:
            raise unavailable("the server has too much to do", hint="try again in a few seconds")
        self._begun += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, self._run, action)
        future.add_done_callback(self._ended)
        return await asyncio.shield(future)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ended(self, future: "asyncio.Future[T]") -> None:
        self._begun -= 1
        if not future.cancelled():
            future.exception()  # nobody may be left to hear it

    def _run(self, action: Callable[[Here], T]) -> T:
        here = getattr(self._own, "here", None)
        if here is None:
            here = self._own.here = self._here.again()
        try:
            return action(here)
        except AideatorError:
            raise
        except Exception as error:
            self._own.here = None  # its connection to the database may be the reason
            if is_of_database(error):  # while rows were read
                raise DatabaseAway(f"the database {here.store.where} can't be read: {error}") from error
            raise
