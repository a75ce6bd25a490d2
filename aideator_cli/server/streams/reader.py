"""One stream: first from the store, then from the feed, and from the store again when the reader has fallen behind."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Concatenate, Final, ParamSpec, TypeVar

from aideator_cli.actions.here import Here
from aideator_cli.server.core import Core
from aideator_cli.server.streams.feed import Feed
from aideator_cli.server.streams.pieces import View, encode, page
from aideator_cli.server.streams.position import Position
from aideator_cli.server.streams.tail import AWAY_SECONDS

HEARTBEAT: Final = b": beat\n\n"
HEARTBEAT_SECONDS: Final = 15.0
WAKE_SECONDS: Final = 3.0  # between two looks at who needs a heartbeat

P = ParamSpec("P")
T = TypeVar("T")


class Reader:
    def __init__(self, core: Core, feed: Feed, view: View, variation: int | None, position: Position) -> None:
        self._core = core
        self._feed = feed
        self._view = view
        self._variation = variation
        self._position = position
        self._told: dict[int, tuple[object, ...]] = {}  # what was told of variations that have ended
        self._is_over = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yields bytes as long as the run goes on. The next ones are made when these have been sent."""
        feed = self._feed
        while not feed.state and not feed.is_over:  # the first look is under way
            await feed.changed()
        yield self._view.begun(feed.state, feed.results)
        while not self._is_over:
            number, upto = feed.number, feed.position
            async for piece in self._stored(upto):
                yield piece
            async for piece in self._live(number):
                yield piece

    async def _live(self, number: int) -> AsyncIterator[bytes]:
        """Yields the feed's pieces from this one on. Returns when it has fallen behind, or all is over."""
        feed, loop = self._feed, asyncio.get_running_loop()
        written = loop.time()
        while True:
            while number < feed.number:
                piece = feed.piece(number)
                if piece is None:
                    return
                number, self._position = number + 1, piece.end
                if encoded := piece.encoded(self._view, self._variation):
                    yield encoded
                    written = loop.time()
            results, self._is_over = self._results(), feed.is_over
            if results:
                yield results
            if self._is_over:
                yield self._end()
                return
            await feed.changed()
            if loop.time() - written > HEARTBEAT_SECONDS - WAKE_SECONDS:
                yield HEARTBEAT
                written = loop.time()

    async def _stored(self, upto: Position) -> AsyncIterator[bytes]:
        at = self._position
        if at.event == 0 < upto.event:  # most of the store may be of other runs
            first, _ = await self._read(_span, self._feed.run)
            at = at._replace(event=max(0, first - 1))
        while (at.event < upto.event or at.observation < upto.observation) and not self._feed.is_gone:
            found = await self._read(page, self._feed.run, at, upto)
            at = self._position = found.end
            if encoded := encode(found.items, self._view, self._variation):
                yield encoded

    async def _read(self, action: Callable[Concatenate[Here, P], T], *given: P.args, **named: P.kwargs) -> T:
        """Tries again as long as the store can't be read."""
        while True:
            try:
                return await self._core.read(action, *given, **named)
            except Exception:
                if self._feed.closing:
                    raise
                await asyncio.sleep(AWAY_SECONDS)

    def _results(self) -> bytes:
        """Returns what is new of the variations that have ended."""
        new = list[bytes]()
        for result in self._feed.results:
            if self._variation not in (None, result.variation):
                continue
            told = (result.attempt, result.outcome, result.succeeded)
            if not result.ended:
                self._told.pop(result.variation, None)
            elif self._told.get(result.variation) != told:
                self._told[result.variation] = told
                new.append(self._view.ended(result))
        return b"".join(new)

    def _end(self) -> bytes:
        if self._feed.is_gone:
            return self._view.gone()
        return b"" if self._feed.closing else self._view.over(self._position, self._feed.results)


def _span(here: Here, run: str) -> tuple[int, int]:
    return here.store.span(run)
