"""The panes of a team: agents come as steps begin, and the stages are told above them."""

from dataclasses import replace

from aideator_agent.spec import RunSpec, TeamStep, VariationSpec
from aideator_cli.domain.events import HANDED, Joined, Observation
from tests.views.panes.screen import Person, Stream, watched
from tests.views.stream import Agent, spec


def agent_of(number: int, step: str) -> VariationSpec:
    return replace(spec(1).variations[0], number=number, prompt_name=step, role="qa")


def team() -> RunSpec:
    return replace(spec(1), team=TeamStep("t1234ab", "plan build test"), variations=(agent_of(1, "plan"),))


def test_agents_of_the_next_step_take_the_place_of_those_that_have_ended() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        plan = Agent(1)
        stream.put(*plan.start())
        await person.settle()
        assert "● plan → build → test" in person.screen
        assert "1 ● plan qa" in person.screen
        stream.put(*plan.end(), plan.closed(), Observation("t1234ab", "2026-01-01T00:00:00Z", HANDED, "plan → build/a"))
        stream.put(Joined((agent_of(2, "build/a"), agent_of(3, "build/b"))))
        one, two = Agent(2), Agent(3)
        stream.put(*one.start(), *two.start())
        await person.settle()
        assert "✓ plan → ● build → test" in person.screen
        assert "2 ● build/a qa" in person.screen
        assert "3 ● build/b qa" in person.screen
        assert "1 ✓ plan" not in person.screen
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
