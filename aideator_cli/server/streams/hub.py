"""All streams of this process: who reads which run, and how many may."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from aideator_cli.actions.here import Here
from aideator_cli.server.core import Core
from aideator_cli.server.problems import Problem
from aideator_cli.server.streams.feed import Feed
from aideator_cli.server.streams.pieces import View
from aideator_cli.server.streams.position import Position
from aideator_cli.server.streams.reader import WAKE_SECONDS, Reader
from aideator_cli.server.streams.tail import Tail

MOST_STREAMS: Final = 2000  # of one process


class Hub:
    """Belongs to the event loop."""

    def __init__(self, core: Core, most: int = MOST_STREAMS, of_one: int = 0) -> None:
        """`most`: streams that may be open at once; `of_one`: by one user, 0: any number."""
        self._core = core
        self._most = most
        self._open = 0
        self._of_one = of_one
        self._by_user: Counter[str] = Counter()
        self._feeds: dict[str, Feed] = {}
        self._loop = asyncio.get_running_loop()
        self._tail = Tail(core.here, self._loop)
        self._beating = asyncio.create_task(self._beat())
        self._closing = False

    @property
    def open(self) -> int:
        return self._open

    @property
    def is_closing(self) -> bool:
        return self._closing

    def close_soon(self) -> None:
        """May be called by any thread, and by a signal's handler."""
        self._loop.call_soon_threadsafe(self.close)

    def close(self) -> None:
        """Ends every stream. Readers come back with the last id that they got."""
        self._closing = True
        self._beating.cancel()
        self._tail.stop()
        for feed in self._feeds.values():
            feed.close()

    def enter(self, user: str | None = None) -> None:
        """Counts a stream of this user in; `leave` counts it out. Raises `Problem` if there are too many."""
        self.check(user)
        self._open += 1
        if user is not None:
            self._by_user[user] += 1

    def check(self, user: str | None = None) -> None:
        """Raises `Problem` if this user can't open another one now."""
        if self._closing:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "the server is about to end", "try again in a few seconds")
        if self._open >= self._most:
            text = f"{self._most} streams are open, which is as many as this server allows"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, text, "close some; one stream can show all variations of a run")
        if user is not None and self._of_one and self._by_user[user] >= self._of_one:
            text = f"you have as many streams open as this server allows one user: {self._of_one}"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, text, "close some; one stream can show all variations of a run")

    def leave(self, user: str | None = None) -> None:
        self._open -= 1
        if user is not None:
            self._by_user[user] -= 1
            if not self._by_user[user]:
                del self._by_user[user]

    async def stream(self, run: str, view: View, variation: int | None, position: Position) -> AsyncIterator[bytes]:
        """Yields what is stored behind the position and what comes, until the run has ended."""
        feed = await self._enter(run)
        try:
            async for piece in Reader(self._core, feed, view, variation, position).pieces():
                yield piece
        finally:
            self._leave(feed)

    async def _enter(self, run: str) -> Feed:
        feed = self._feeds.get(run)
        if feed is None:
            position = await self._core.read(_newest, run)
            feed = self._feeds.setdefault(run, Feed(run, position))
            self._tail.follow(tuple(self._feeds.values()))
        feed.readers += 1
        return feed

    def _leave(self, feed: Feed) -> None:
        feed.readers -= 1
        if not feed.readers and self._feeds.pop(feed.run, None) is not None:
            self._tail.follow(tuple(self._feeds.values()))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(WAKE_SECONDS)
            for feed in tuple(self._feeds.values()):
                feed.wake()


def _newest(here: Here, run: str) -> Position:
    _, event = here.store.span(run)
    seen = here.store.observed(run, 0)
    return Position(event, seen[-1][0] if seen else 0)
