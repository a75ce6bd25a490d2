"""A team as server-sent events: all of it whenever it has changed, and each message once."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Concatenate, Final, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from aideator_agent.values import frozen
from aideator_cli.actions.here import Here
from aideator_cli.domain.handing import OVER, Message
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.server.core import Core
from aideator_cli.server.problems import Problem
from aideator_cli.server.streams.events import as_text, frame
from aideator_cli.server.streams.hub import Hub
from aideator_cli.server.streams.tail import AWAY_SECONDS
from aideator_cli.server.teams.looking import Looks, Marks, signs_of_life

LOOK_SECONDS: Final = 0.5  # between two looks for something new
BEAT_SECONDS: Final = 15.0
END: Final = "end"
_BEAT: Final = b": \n\n"

P = ParamSpec("P")
T = TypeVar("T")


@frozen
class News:
    """How a team is. Another object means that something may have changed."""

    record: dict[str, Any]
    messages: list[Message]

    @property
    def is_last(self) -> bool:
        return self.record["state"] != "running" and all(step["state"] in OVER for step in self.record["steps"])


@dataclass
class Watch:
    """What all readers of one team share: one of them looks, and the others get what it has found. Belongs to the event loop."""

    team: str
    looks: Looks
    _news: News | None = None
    _marks: Marks | None = None
    _looked: float = float("-inf")
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def news(self, core: Core, hub: Hub) -> News | None:
        """Returns None if the team was deleted."""
        async with self._looking:
            if time.monotonic() >= self._looked + LOOK_SECONDS:
                found = await _read(core, hub, _looked_at, self.looks, self.team, self._marks)
                if found is None:
                    self._news, self._marks = None, None
                elif found[1] is not None:
                    self._marks, self._news = found
                self._looked = time.monotonic()
            return self._news


class Watches:
    """Those of this process, each as long as somebody reads."""

    def __init__(self, looks: Looks) -> None:
        self._looks = looks
        self._open: WeakValueDictionary[str, Watch] = WeakValueDictionary()

    def at(self, team: str) -> Watch:
        watch = self._open.get(team)
        if watch is None:
            watch = self._open[team] = Watch(team, self._looks)
        return watch


async def told_of(core: Core, watch: Watch, hub: Hub) -> AsyncIterator[bytes]:
    """Yields until the team is over, or deleted, or the server ends."""
    from aideator_cli.views.json.teams import message_record

    yield b": the events of a team\n\n"
    seen: News | None = None
    sent, last = set[str](), ""
    beaten = time.monotonic()
    while not hub.is_closing:
        news = await watch.news(core, hub)
        if news is None:
            gone = Problem(HTTPStatus.GONE, f"team {watch.team} was deleted")
            yield frame("problem", as_text(gone.as_json(f"/api/v1/teams/{watch.team}/events")))
            return
        if news is not seen:
            seen = news
            for message in news.messages:
                if message.id not in sent:
                    sent.add(message.id)
                    yield frame("team_message", as_text(message_record(watch.team, message)))
            text = _but_for_time(news.record)
            if text != last:
                last, beaten = text, time.monotonic()
                yield frame("team", as_text(news.record))
            if news.is_last:
                yield f"id: {watch.team}-{END}\n\n".encode()
                return
        if time.monotonic() > beaten + BEAT_SECONDS:
            beaten = time.monotonic()
            yield _BEAT
        await asyncio.sleep(LOOK_SECONDS)


def _but_for_time(record: dict[str, Any]) -> str:
    """Returns what has to differ for the record to be sent again: that time passes is no news."""
    return json.dumps({**record, "seconds": 0, "steps": [{**step, "seconds": 0} for step in record["steps"]]})


def _looked_at(here: Here, looks: Looks, team: str, known: Marks | None) -> tuple[Marks, News | None] | None:
    """Returns the team's signs of life, and with others than the known ones how it is. None: it was deleted."""
    from aideator_cli.views.json.teams import team_record

    marks = signs_of_life(here, team)
    if marks is None or marks == known:
        return None if marks is None else (marks, None)
    run = here.store.team(team)
    if run is None:
        return None
    state, talk = looks.at(team).talk(here, run)
    return marks, News(team_record(state), talk)


async def _read(
    core: Core, hub: Hub, action: Callable[Concatenate[Here, P], T], *given: P.args, **named: P.kwargs
) -> T:
    """Tries again as long as the store can't be read."""
    while True:
        try:
            return await core.read(action, *given, **named)
        except AideatorError as error:
            if hub.is_closing or error.code != ExitCode.UNAVAILABLE:
                raise
            await asyncio.sleep(AWAY_SECONDS)
