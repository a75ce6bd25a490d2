"""The thread that reads what others have stored, for all streams of this process."""

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from aideator_cli.actions.here import Here
from aideator_cli.domain.result import Result
from aideator_cli.server.streams.feed import Feed
from aideator_cli.server.streams.pieces import Page, Piece, page
from aideator_cli.server.streams.position import Position

TICK_SECONDS: Final = 0.02  # between two looks at the store
STAND_SECONDS: Final = 0.5  # between two looks at a run's results
AWAY_SECONDS: Final = 1.0  # until the next try where the store can't be read


class Standing(NamedTuple):
    """The run as it was before the events were read that come with it."""

    state: str | None  # None: the run was deleted
    results: Sequence[Result]


class Tail:
    """`feeds` is replaced as a whole by the event loop, and only read here."""

    def __init__(self, here: Here, loop: asyncio.AbstractEventLoop) -> None:
        self.feeds: tuple[Feed, ...] = ()
        self._here = here
        self._loop = loop
        self._wanted = threading.Event()
        self._stopped = False
        self._stood: dict[str, float] = {}
        self._thread = threading.Thread(target=self._run, name="tail", daemon=True)
        self._thread.start()

    def follow(self, feeds: tuple[Feed, ...]) -> None:
        self.feeds = feeds
        self._wanted.set()

    def stop(self) -> None:
        self._stopped = True
        self._wanted.set()

    def _run(self) -> None:
        while not self._stopped:
            if not self.feeds:
                self._stood.clear()
                self._wanted.clear()
                if not self.feeds and not self._stopped:
                    self._wanted.wait()
                continue
            began = time.monotonic()
            try:
                for feed in self.feeds:
                    self._look(feed)
            except Exception:  # whatever it is, the streams wait: what is stored is not lost
                self._here = self._here.again()
                time.sleep(AWAY_SECONDS)
            time.sleep(max(0.001, TICK_SECONDS - (time.monotonic() - began)))

    def _look(self, feed: Feed) -> None:
        standing = self._standing(feed)
        after = feed.position
        found = self._news(feed.run, after)
        if standing is None and not found.items:
            return
        done = threading.Event()  # the next look continues where this one is known to be
        self._loop.call_soon_threadsafe(self._hand_over, feed, found, standing, done)
        while not done.wait(1.0) and not self._stopped:
            pass

    def _news(self, run: str, after: Position) -> Page:
        store = self._here.store
        upto = Position(store.newest(run), 2**63 - 1)
        found = page(self._here, run, after, upto)
        seen = max((placed.position.observation for placed in found.items), default=after.observation)
        return Page(found.items, Position(found.end.event, seen))

    def _standing(self, feed: Feed) -> Standing | None:
        now = time.monotonic()
        if now - self._stood.get(feed.run, 0.0) < STAND_SECONDS:
            return None
        self._stood[feed.run] = now
        run = self._here.store.run(feed.run)
        return Standing(None, ()) if run is None else Standing(run.state, self._here.store.results(feed.run))

    @staticmethod
    def _hand_over(feed: Feed, found: Page, standing: Standing | None, done: threading.Event) -> None:
        feed.take(Piece(found.items, found.end))
        if standing is not None and standing.state is None:
            feed.vanish()
        elif standing is not None and standing.state is not None and not _is_full(found):
            feed.stand(standing.state, standing.results)
        done.set()


def _is_full(found: Page) -> bool:
    """Whether more may be stored than was read: then the run's end has to wait."""
    from aideator_cli.server.streams.pieces import PAGE

    return len(found.items) >= PAGE
