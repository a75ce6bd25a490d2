"""A team as server-sent events: all of it whenever it has changed, and each message once."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, Final

from aideator_cli.actions.here import Here
from aideator_cli.domain.handing import Message
from aideator_cli.server.core import Core
from aideator_cli.server.problems import Problem
from aideator_cli.server.streams.events import as_text, frame
from aideator_cli.server.streams.hub import Hub
from aideator_cli.server.teams.looking import Look, Marks, signs_of_life, the_team

LOOK_SECONDS: Final = 0.5  # between two looks for something new
BEAT_SECONDS: Final = 15.0
END: Final = "end"
_BEAT: Final = b": \n\n"


async def told_of(core: Core, look: Look, team: str, hub: Hub) -> AsyncIterator[bytes]:
    """Yields until the team is over, or deleted, or the server ends."""
    from aideator_cli.views.json.teams import message_record

    yield b": the events of a team\n\n"
    known: Marks | None = None
    sent, last = set[str](), ""
    beaten = time.monotonic()
    while not hub.is_closing:
        marks = await core.read(signs_of_life, team)
        if marks is None:
            gone = Problem(HTTPStatus.GONE, f"team {team} was deleted")
            yield frame("problem", as_text(gone.as_json(f"/api/v1/teams/{team}/events")))
            return
        if marks != known:
            known = marks
            record, messages = await core.read(_news, look, team)
            for message in messages:
                if message.id not in sent:
                    sent.add(message.id)
                    yield frame("team_message", as_text(message_record(team, message)))
            text = json.dumps({**record, "seconds": 0})
            if text != last:
                last, beaten = text, time.monotonic()
                yield frame("team", as_text(record))
            if record["state"] != "running" and all(step["state"] == "ended" for step in record["steps"]):
                yield f"id: {team}-{END}\n\n".encode()
                return
        if time.monotonic() > beaten + BEAT_SECONDS:
            beaten = time.monotonic()
            yield _BEAT
        await asyncio.sleep(LOOK_SECONDS)


def _news(here: Here, look: Look, team: str) -> tuple[dict[str, Any], list[Message]]:
    from aideator_cli.views.json.teams import team_record

    state, talk = look.talk(here, the_team(here, team))
    return team_record(state), talk
