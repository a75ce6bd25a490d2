"""The panes of a team: agents come as steps begin, and the stages are told above them."""

import re
from dataclasses import dataclass, replace

import pytest
from textual.content import Content

from aideator_agent.spec import RunSpec, TeamStep, VariationSpec
from aideator_cli.domain.events import HANDED, Joined, Observation
from aideator_cli.views.actions import Actions
from aideator_cli.views.panes import bars
from tests.views.panes.screen import Person, Stream, watched
from tests.views.stream import Agent, spec


def agent_of(number: int, step: str) -> VariationSpec:
    return replace(spec(1).variations[0], number=number, prompt_name=step, role="qa")


def team() -> RunSpec:
    return replace(spec(1), team=TeamStep("t1234ab", "plan build test"), variations=(agent_of(1, "plan"),))


def handed(text: str) -> Observation:
    return Observation("t1234ab", "2026-01-01T00:00:00Z", HANDED, text)


@dataclass
class Clock:
    """Stands still."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """By which what is told at the bottom goes away again."""
    stands = Clock()
    monkeypatch.setattr(bars, "monotonic", stands)
    return stands


def test_agents_of_the_next_step_take_the_place_of_those_that_have_ended(clock: Clock) -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        plan = Agent(1)
        stream.put(*plan.start())
        await person.settle()
        assert "● plan → build → test" in person.screen
        assert "1 ● plan qa" in person.screen
        stream.put(*plan.end(), plan.closed(), handed("plan → build/a"))
        stream.put(Joined((agent_of(2, "build/a"), agent_of(3, "build/b"))))
        one, two = Agent(2), Agent(3)
        stream.put(*one.start(), *two.start())
        await person.settle()
        assert "✓ plan → ● build → test" in person.screen
        assert "2 ● build/a qa" in person.screen
        assert "3 ● build/b qa" in person.screen
        assert "1 ✓ plan" not in person.screen
        assert "plan → build/a" in person.screen.splitlines()[-1]
        clock.seconds = 1.0
        await person.settle()
        assert "plan → build/a" in person.screen.splitlines()[-1]
        await person.press("1")
        await person.sees("plan qa")

    watched(team(), stream, scene)


def test_a_narrow_header_tells_the_stages_before_the_repository() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        plan = Agent(1)
        stream.put(*plan.start())
        await person.settle()
        header = person.screen.splitlines()[0]
        assert "● plan → build → test → review" in header
        assert "1 at work" in header

    whole = replace(team(), team=TeamStep("t1234ab", "plan build test review"))
    watched(whole, stream, scene, size=(80, 24))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_keys_come_back_by_themselves_when_it_was_told_who_hands_what_to_whom(
    clock: Clock, size: tuple[int, int]
) -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        plan = Agent(1)
        stream.put(*plan.start(), *plan.end(), plan.closed(), handed("plan → build/a"))
        await person.settle()
        assert "plan → build/a" in person.screen.splitlines()[-1]
        clock.seconds = 10.0
        await person.settle()
        assert "plan → build/a" not in person.screen
        assert "? help" in person.screen.splitlines()[-1]
        assert "q leave" in person.screen.splitlines()[-1]

    watched(team(), stream, scene, size=size)


@pytest.mark.usefixtures("clock")
def test_the_keys_are_there_when_a_team_has_ended() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        plan = Agent(1)
        stream.put(*plan.start(), *plan.end(), plan.closed(), handed("review: accepted: Good."))
        stream.close()
        await person.settle()
        assert person.screen.splitlines()[-1].endswith("q leave")

    watched(team(), stream, scene, size=(80, 24))


def test_what_a_person_has_asked_for_is_told_until_a_key_is_pressed(clock: Clock) -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        stream.put(*Agent(1).start())
        await person.settle()
        await person.press("=")
        stream.put(handed("plan → build/a"))
        clock.seconds = 60.0
        await person.settle()
        assert "mark two panes with Space first" in person.screen.splitlines()[-1]
        await person.press("t")
        assert "q leave" in person.screen.splitlines()[-1]

    watched(team(), stream, scene)


def test_a_team_that_has_ended_is_never_shown_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, headers = Stream(), list[str]()

    def draw(bar: bars.Header, content: Content) -> None:
        headers.append(content.plain)
        bars.Bar.draw(bar, content)

    monkeypatch.setattr(bars.Header, "draw", draw)
    one, two = Agent(1), Agent(2, at=60.0, seconds=0.25)
    begun = two.start()
    turns = [event for _ in range(30) for event in two.turn("I build it.")]
    stream.put(*one.start(), *one.end(), one.closed())
    stream.put(Joined((agent_of(2, "build"),)))
    for event in [*begun, *turns]:
        stream.put(event)
    stream.put(*two.end(), two.closed(), handed("build: 1 file"))
    stream.close()

    async def scene(person: Person) -> None:
        await person.sees("✓ plan → ✓ build → test")
        await person.sees("2 ✓ build")
        assert person.screen.splitlines()[-1].endswith("q leave")

    watched(team(), stream, scene, actions=Actions(leaving="", live=False))
    assert {*re.findall(r"●|at work|waiting|ended|\d+m\d+", " ".join(headers))} == {"ended", "1m16"}
