"""The stream of a team: what its readers share, and what is no news."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from aideator_cli.domain.handing import Message
from aideator_cli.server.core import Core
from aideator_cli.server.streams.hub import Hub
from aideator_cli.server.teams import telling
from aideator_cli.server.teams.looking import Looks
from aideator_cli.server.teams.telling import News, Watch, Watches, told_of
from aideator_cli.store import DatabaseAway

Look = tuple[Any, News | None] | None | Exception


class Looked:
    """Stands for the threads that read the store: each look finds the next of these, and then the last one."""

    def __init__(self, *found: Look) -> None:
        self._found = list(found)
        self.looks = 0

    async def read(self, _action: Callable[..., object], *_given: object) -> Look:
        self.looks += 1
        await asyncio.sleep(0)
        found = self._found.pop(0) if len(self._found) > 1 else self._found[0]
        if isinstance(found, Exception):
            raise found
        return found


class Open:
    is_closing = False


def news(seconds: float, *states: str, state: str = "running", told: str | None = None) -> News:
    steps = [{"state": each, "seconds": seconds, "told": told} for each in states]
    said = Message("m1", "2026-11-21T12:00:00.000000Z", "told", "user", "build", "Hurry.", "k3v9x2q/1")
    return News({"state": state, "seconds": seconds, "steps": steps}, [said])


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(telling, "AWAY_SECONDS", 0.0)


def streamed(looked: Looked) -> list[str]:
    """The names of the events until the stream ends."""

    async def read() -> bytes:
        pieces = told_of(cast("Core", looked), Watch("t8d2m4x", Looks()), cast("Hub", Open()))
        return b"".join([piece async for piece in pieces])

    text = asyncio.run(asyncio.wait_for(read(), 60)).decode()
    return [line.partition(": ")[2] for line in text.splitlines() if line.startswith(("event: ", "id: "))]


def test_that_time_passes_is_no_news() -> None:
    over = news(9.0, "ended", state="succeeded")
    looked = Looked(
        (1, news(1.0, "running")), (2, news(2.0, "running")), (3, news(3.0, "running", told="Done.")), (4, over)
    )
    assert streamed(looked) == ["team_message", "team", "team", "team", "t8d2m4x-end"]


def test_a_stream_ends_though_the_run_of_a_step_was_deleted() -> None:
    assert streamed(Looked((1, news(1.0, "deleted", "ended", state="failed"))))[-1] == "t8d2m4x-end"


def test_a_stream_goes_on_when_the_database_answers_again() -> None:
    over = news(9.0, "ended", state="succeeded")
    looked = Looked((1, news(1.0, "running")), DatabaseAway("it does not answer"), (1, None), (2, over))
    assert streamed(looked) == ["team_message", "team", "team", "t8d2m4x-end"]


def test_who_reads_a_team_that_is_deleted_is_told() -> None:
    assert streamed(Looked((1, news(1.0, "running")), None)) == ["team_message", "team", "problem"]


def test_readers_of_one_team_look_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "LOOK_SECONDS", 3600.0)
    looked, watches = Looked((1, news(1.0, "running"))), Watches(Looks())

    async def read() -> list[News | None]:
        watch = watches.at("t8d2m4x")
        assert watches.at("t8d2m4x") is watch
        return await asyncio.gather(*(watch.news(cast("Core", looked), cast("Hub", Open())) for _ in range(20)))

    found = asyncio.run(read())
    assert looked.looks == 1
    assert all(each is found[0] for each in found)
