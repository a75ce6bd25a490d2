"""The panes on a screen of any size, without a terminal: fed by hand, with a clock that stands."""

import asyncio
import queue
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from textual.pilot import Pilot

from aideator_agent.spec import RunSpec
from aideator_cli.domain.events import Item
from aideator_cli.views.actions import Actions
from aideator_cli.views.panes import pane
from aideator_cli.views.panes.app import PanesApp
from tests.views.stream import stamp

pane.FRAME_SECONDS = 0.0  # what stands on the screen does not depend on when it is looked at
LONGEST_SECONDS = 10.0
NOW = 252  # seconds after the run was asked for


@dataclass
class Stream:
    """What an iterator of batches gives: what was put in, and nothing more until it is closed."""

    waiting: "queue.Queue[list[Item] | None]" = field(default_factory=queue.Queue)
    count: int = 0
    closed: bool = False

    def put(self, *items: Item) -> None:
        self.count += len(items)
        self.waiting.put(list(items))

    def close(self) -> None:
        self.closed = True
        self.waiting.put(None)

    def batches(self) -> Iterator[list[Item]]:
        while (batch := self.waiting.get()) is not None:
            yield batch


@dataclass
class Person:
    """Looks at the screen and presses keys."""

    app: PanesApp
    pilot: "Pilot[None]"
    stream: Stream

    @property
    def screen(self) -> str:
        """As plain text, without blanks at the lines' ends."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def type(self, text: str) -> None:
        await self.press(*("space" if char == " " else char for char in text))

    async def sees(self, text: str) -> None:
        await self.until(lambda: text in self.screen, f"{text!r} to be seen")

    async def until(self, holds: Callable[[], bool], what: str = "it") -> None:
        """Waits for a condition, with a bound."""
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST_SECONDS
        while not holds():
            assert loop.time() < end, f"waited in vain for {what}:\n{self.screen}"
            await self.pilot.pause(0.02)

    async def settle(self) -> None:
        """All that has come is taken, and drawn."""
        await self.until(self._has_taken_all, "the stream to be taken")
        for _ in range(3):
            self.app.tick()
            await self.pilot.pause()

    def _has_taken_all(self) -> bool:
        taken = self.app.transcripts.version >= self.stream.count
        return taken and (self.app.settled or not self.stream.closed)


def watched(
    spec: RunSpec,
    stream: Stream,
    scene: Callable[[Person], Awaitable[None]],
    *,
    size: tuple[int, int] = (120, 40),
    actions: Actions = Actions(),  # noqa: B008 -- frozen
) -> PanesApp:
    """Plays a scene before the panes."""

    async def play() -> PanesApp:
        app = PanesApp(spec, stream.batches(), actions, lambda: stamp(NOW))
        async with app.run_test(size=size, notifications=True) as pilot:
            person = Person(app, pilot, stream)
            await person.settle()
            await scene(person)
        stream.close()
        return app

    return asyncio.run(play())
