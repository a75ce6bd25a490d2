"""A stream has every event once and in order, however slow its reader is, and whoever else reads."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from threading import Thread

import pytest

from aideator_agent.spec import Repository, RunSpec, VariationSpec
from aideator_cli.actions.here import Here
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Event, Observation, parse
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import Place
from aideator_cli.server.core import Core
from aideator_cli.server.streams import feed, reader
from aideator_cli.server.streams.events import Events
from aideator_cli.server.streams.hub import Hub
from aideator_cli.server.streams.position import BEGINNING, Position
from aideator_cli.server.streams.position import parse as parse_position
from aideator_cli.store import Store
from aideator_cli.system.settings import Settings
from tests.server.conftest import Told, told
from tests.store.conftest import Kept, kept

__all__ = ["kept"]

RUN = "k3v9x2q"


class World:
    """A store in which a run of two variations goes on."""

    def __init__(self, kept: Kept) -> None:
        database = {"AIDEATOR_DATABASE": kept.url} if kept.url else {}
        self.here = Here(Settings({"AIDEATOR_HOME": str(kept.home), **database}))
        self.store = kept.open()
        self.attempts = [Attempt(f"uid-{n}", RUN, n, "2026-01-01T00:00:00Z", f"agent-{RUN}-{n}-abc") for n in (1, 2)]
        variations = (VariationSpec(1, "m"), VariationSpec(2, "m"))
        spec = RunSpec(RUN, "uuid", "2026-01-01T00:00:00Z", Repository("/todo"), "Fix it.", variations)
        self.store.add_run(spec, Place("local", "this machine"), state="running")
        for attempt in self.attempts:
            self.store.open_attempt(attempt)

    def say(self, count: int, number: int, begin: int = 0, text: str = "x") -> None:
        attempt = self.attempts[number - 1]
        lines = [
            {"v": 1, "seq": seq, "time": "2026-01-01T00:00:01Z", "type": "say", "text": text}
            for seq in range(begin, begin + count)
        ]
        self.record([parse(attempt, json.dumps(line).encode(), None) for line in lines])

    def record(self, events: Sequence[Event], seen: Sequence[Observation] = ()) -> None:
        self.store.record(list(events), list(seen))

    def end(self) -> None:
        for number, attempt in enumerate(self.attempts, 1):
            self.store.save_result(RUN, Result(number, "m", attempt.id, "succeeded"))
        self.store.set_state(RUN, "ended")


@pytest.fixture
def world(kept: Kept) -> World:
    return World(kept)


async def read(pieces: AsyncIterator[bytes]) -> list[Told]:
    return told(b"".join([piece async for piece in pieces]).decode())


def seqs(events: Sequence[Told], number: int) -> list[int]:
    return [each.data["event"]["seq"] for each in events if each.kind == "event" and each.data["variation"] == number]


def streaming(world: World, use: object) -> None:
    async def main() -> None:
        core = Core(world.here)
        hub = Hub(core)
        try:
            await use(hub)  # type: ignore[operator]
        finally:
            hub.close()
            core.close()

    asyncio.run(asyncio.wait_for(main(), 60))


def test_many_readers_get_all_of_what_comes_while_they_read(world: World) -> None:
    world.say(700, 1)

    async def use(hub: Hub) -> None:
        readers = [asyncio.create_task(read(hub.stream(RUN, Events(RUN), n, BEGINNING))) for n in (None, 1, 2) * 4]

        def write() -> None:
            for batch in range(40):
                world.say(30, 2, batch * 30)
                world.say(30, 1, 700 + batch * 30)
            world.end()

        thread = Thread(target=write)
        thread.start()
        for number, events in zip((None, 1, 2) * 4, await asyncio.gather(*readers), strict=True):
            assert seqs(events, 1) == ([] if number == 2 else list(range(1900)))
            assert seqs(events, 2) == ([] if number == 1 else list(range(1200)))
            assert [each.data["variation"] for each in events if each.kind == "result"] == (
                [1, 2] if number is None else [number]
            )
        thread.join()
        assert hub._feeds == {}

    streaming(world, use)


def test_who_is_slow_holds_nobody_back_and_loses_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "KEPT", 3)
    world.say(1, 1)

    async def use(hub: Hub) -> None:
        slow = hub.stream(RUN, Events(RUN), None, BEGINNING)
        have = [await anext(slow), await anext(slow)]  # it has begun, and has the first event
        quick = asyncio.create_task(read(hub.stream(RUN, Events(RUN), None, BEGINNING)))
        for batch in range(12):
            world.say(20, 1, 1 + 20 * batch)
            await until(hub, 1 + 20 * (batch + 1))
        world.end()
        assert seqs(await quick, 1) == list(range(241))
        assert hub._feeds[RUN].number > 3, "pieces that the slow reader needs are no longer kept"
        have += [piece async for piece in slow]
        assert seqs(told(b"".join(have).decode()), 1) == list(range(241))

    streaming(world, use)


async def until(hub: Hub, event: int) -> None:
    while hub._feeds[RUN].position.event < event:
        await hub._feeds[RUN].changed()


def test_what_was_seen_comes_between_the_events_of_its_time(world: World) -> None:
    first, second = world.attempts
    lines = [(first, 0, "2026-01-01T00:00:02Z"), (second, 0, "2026-01-01T00:00:04Z")]
    events = [
        parse(attempt, json.dumps({"v": 1, "seq": seq, "time": time, "type": "say", "text": "x"}).encode(), None)
        for attempt, seq, time in lines
    ]
    seen = [Observation(RUN, f"2026-01-01T00:00:0{second}Z", "pulling", "pulls") for second in (1, 3, 5)]
    world.record(events, seen)
    world.end()

    async def use(hub: Hub) -> None:
        events = await read(hub.stream(RUN, Events(RUN), None, BEGINNING))
        assert [each.kind for each in events[:5]] == ["observation", "event"] * 2 + ["observation"]
        for at in range(5):
            position, _ = parse_position(RUN, events[at].id or "")
            assert await read(hub.stream(RUN, Events(RUN), None, position)) == events[at + 1 :]

    streaming(world, use)


def test_a_line_that_is_no_record_and_a_carriage_return_stay_one_event(world: World) -> None:
    attempt = world.attempts[0]
    stray = parse(attempt, b"data: a\rid: 7\x00 \xff", "2026-01-01T00:00:01Z")
    record = parse(attempt, b'{"v":1,"seq":0,"type":"say","text":"x"}\r', None)
    world.record([stray, record])
    world.end()

    async def use(hub: Hub) -> None:
        text = b"".join([piece async for piece in hub.stream(RUN, Events(RUN), None, BEGINNING)])
        assert b"\r" not in text
        one, other = [each.data for each in told(text.decode()) if each.kind == "event"]
        assert {one.get("line"), other.get("line")} == {None, "data: a\rid: 7\x00 \ufffd"}

    streaming(world, use)


def test_a_quiet_stream_beats(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "HEARTBEAT_SECONDS", 0.0)
    monkeypatch.setattr("aideator_cli.server.streams.hub.WAKE_SECONDS", 0.01)

    async def use(hub: Hub) -> None:
        stream = hub.stream(RUN, Events(RUN), None, BEGINNING)
        assert await anext(stream) == b": the events of a run\n\n"
        assert await anext(stream) == reader.HEARTBEAT
        world.end()
        assert [each.kind for each in await read(stream)] == ["result", "result"]

    streaming(world, use)


def test_streams_wait_while_the_store_can_not_be_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aideator_cli.server.streams.tail.AWAY_SECONDS", 0.01)
    monkeypatch.setattr(reader, "AWAY_SECONDS", 0.01)
    world.say(10, 1)
    broken = [5]

    def arrived(store: Store, *given: object) -> object:
        if broken[0]:
            broken[0] -= 1
            raise OSError("the server closed the connection")
        return whole(store, *given)  # type: ignore[arg-type]

    whole = Store.arrived
    monkeypatch.setattr(Store, "arrived", arrived)
    world.end()

    async def use(hub: Hub) -> None:
        events = await read(hub.stream(RUN, Events(RUN), None, BEGINNING))
        assert seqs(events, 1) == list(range(10))
        assert broken == [0]

    streaming(world, use)


def test_a_run_without_events_starts_at_its_beginning() -> None:
    assert parse_position(RUN, f"{RUN}-0-0-end") == (Position(0, 0), True)
