"""What a person does in front of the panes, key by key."""

import time
from dataclasses import replace

import pytest

from aideator_cli.errors import AideatorError
from aideator_cli.views.actions import Actions
from tests.views.panes.scenes import ACTIONS, all_ended, many, working
from tests.views.panes.screen import Person, Stream, watched
from tests.views.stream import RUN, Agent, spec


def lines(agent: Agent, first: int, last: int) -> list[object]:
    return [agent.event("novelty", line=number) for number in range(first, last)]


def test_scrolling_up_stops_following_and_tells_how_much_is_new() -> None:
    stream, agent = Stream(), Agent(1)

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *lines(agent, 0, 100))
        await person.settle()
        await person.sees("'line': 99")
        await person.press("k")
        stream.put(*lines(agent, 100, 107))
        await person.settle()
        await person.sees("↓ 7 lines")
        assert "'line': 106" not in person.screen
        assert "End follow" in person.screen
        await person.press("end")
        assert "'line': 106" in person.screen
        assert "↓" not in person.screen

    watched(spec(1), stream, scene, size=(80, 24))


@pytest.mark.parametrize("key", ["G", "end", "s"])
def test_the_end_is_followed_again(key: str) -> None:
    stream, agent = Stream(), Agent(1)

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *lines(agent, 0, 100))
        await person.settle()
        await person.press("g")
        await person.sees("'line': 0}")
        await person.press(key)
        stream.put(*lines(agent, 100, 101))
        await person.settle()
        await person.sees("'line': 100")

    watched(spec(1), stream, scene, size=(80, 24))


@pytest.mark.parametrize("key", ["g", "pageup", "pagedown", "j"])
def test_where_all_is_in_sight_going_anywhere_stops_nothing(key: str) -> None:
    stream, agent = Stream(), Agent(1)

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *lines(agent, 0, 5))
        await person.settle()
        await person.press(key)
        assert person.app.board.follows
        stream.put(*lines(agent, 5, 60))
        await person.settle()
        await person.sees("'line': 59")

    watched(spec(1), stream, scene, size=(80, 24))


def test_a_line_that_is_in_sight_is_not_counted_as_new() -> None:
    stream, agent = Stream(), Agent(1)

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *lines(agent, 0, 5))
        await person.settle()
        await person.press("k")
        stream.put(*lines(agent, 5, 10))
        await person.settle()
        assert "'line': 9" in person.screen
        assert "↓" not in person.screen
        stream.put(*lines(agent, 10, 30))
        await person.settle()
        await person.sees("↓ 10 lines")

    watched(spec(1), stream, scene, size=(80, 24))


def test_pages_are_turned_down_to_the_end() -> None:
    stream, agent = Stream(), Agent(1)

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *lines(agent, 0, 60))
        await person.settle()
        await person.press("pageup", "pageup")
        assert "'line': 59" not in person.screen
        await person.press("pagedown", "pagedown", "pagedown")
        assert "'line': 59" in person.screen
        assert person.app.board.follows

    watched(spec(1), stream, scene, size=(80, 24))


def test_digits_and_tab_choose_the_pane_and_turn_the_page() -> None:
    stream, many_agents = Stream(), many()

    async def scene(person: Person) -> None:
        stream.put(*many_agents.items)
        await person.settle()
        await person.press("7")
        await person.sees("I am agent 7.")
        await person.press("tab")
        await person.sees("I am agent 8.")
        await person.press("tab")
        assert person.app.board.current == 1

    watched(many_agents.spec, stream, scene, size=(80, 24))


def test_those_at_work_come_first_when_nobody_in_sight_works_any_more() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        for number in (1, 2):
            agent = Agent(number)
            stream.put(*agent.start(), *agent.turn(f"I am agent {number}."))
            if number == 1:
                stream.put(*agent.end(), agent.closed())
        await person.settle()
        await person.sees("I am agent 2.")

    watched(spec(2), stream, scene, size=(80, 24))


def test_a_pane_fills_the_screen_and_goes_back() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        stream.put(*working().items)
        await person.settle()
        await person.press("2", "z")
        assert "1 ● claude" not in person.screen
        assert "I repair it there." in person.screen
        await person.press("f")
        assert "1 ● claude" in person.screen

    watched(spec(3), stream, scene)


def test_a_search_goes_through_all_panes_and_finds_what_is_folded_away() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        stream.put(*working().items)
        await person.settle()
        await person.press("slash")
        await person.type("TEST_7.py")
        await person.press("enter")
        await person.sees("1 of 2: test_7.py")
        assert person.app.board.current == 1
        await person.press("n")
        await person.sees("2 of 2: test_7.py")
        assert person.app.board.current == 2
        await person.press("N")
        await person.sees("1 of 2: test_7.py")
        await person.press("slash", *["backspace"] * 9)
        await person.type("nowhere")
        await person.press("enter")
        await person.sees("nowhere: not found")

    watched(spec(3), stream, scene)


def test_an_entry_opens_whole() -> None:
    stream, agent = Stream(), Agent(1)
    output = "".join(f"line {number}\n" for number in range(30))

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *agent.tool("bash", {"command": "make\nmake test"}, output))
        await person.settle()
        assert "line 10" not in person.screen
        await person.press("enter")
        await person.sees("line 10")
        assert "make test" in person.screen
        await person.press("escape")
        assert "line 10" not in person.screen

    watched(spec(1), stream, scene)


def test_an_agent_is_cancelled_only_when_the_question_is_answered_with_yes() -> None:
    stream, asked = Stream(), list[list[int]]()
    actions = Actions(cancel=lambda numbers: asked.append(list(numbers)))

    async def scene(person: Person) -> None:
        stream.put(*working().items)
        await person.settle()
        await person.press("2", "c")
        await person.sees("Ask agent 2 to stop?")
        await person.press("n")
        assert asked == []
        await person.press("c", "y")
        await person.sees("1 stopping")
        assert asked == [[2]]
        await person.press("C")
        await person.sees("Ask 3 agents (1, 2, 3) to stop?")

    watched(spec(3), stream, scene, actions=actions)


def test_what_an_action_can_not_do_is_told() -> None:
    def refuse(_numbers: object) -> None:
        raise AideatorError("you may not patch pods\x1b[2J", hint="ask [b]someone[/b]")

    stream = Stream()

    async def scene(person: Person) -> None:
        stream.put(*working().items)
        await person.settle()
        await person.press("c", "y")
        await person.sees("you may not patch pods␛[2J")
        await person.sees("ask [b]someone[/b]")

    watched(spec(3), stream, scene, actions=Actions(cancel=refuse))


def test_the_winner_is_selected_when_all_have_ended() -> None:
    stream, chosen, ended = Stream(), list[tuple[int, str | None]](), all_ended()
    actions = Actions(
        select=lambda number, note: chosen.append((number, note)),
        results=ACTIONS.results,
        next_steps=ACTIONS.next_steps,
    )

    async def scene(person: Person) -> None:
        stream.put(*ended.items)
        stream.close()
        await person.settle()
        await person.press("1", "s")
        await person.type("the only one")
        await person.press("enter")
        await person.sees(f"selected {RUN}/1")
        assert chosen == [(1, "the only one")]
        await person.sees("1*")
        await person.press("o", "o")
        assert "1*" not in person.screen
        await person.press("o")
        assert "1*" in person.screen
        assert f"aideator apply {RUN}" in person.screen

    watched(ended.spec, stream, scene, actions=actions)


def test_it_leaves_by_itself_when_something_waits_for_the_end() -> None:
    stream, ended = Stream(), all_ended()

    async def scene(person: Person) -> None:
        stream.put(*ended.items)
        stream.close()
        await person.until(lambda: person.app.settled and not person.app.is_running)

    assert watched(ended.spec, stream, scene, actions=replace(ACTIONS, stays=False)).over


def test_resizing_never_breaks_it() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        stream.put(*working().items)
        await person.settle()
        for width, height in ((200, 60), (20, 5), (1, 1), (80, 24), (300, 8), (120, 40)):
            await person.pilot.resize_terminal(width, height)
            await person.settle()
        await person.sees("3 ● gpt-5")
        await person.sees("The printer comes next.")

    watched(spec(3), stream, scene)


def test_both_themes_draw_and_are_chosen_in_the_palette() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        stream.put(*working().items)
        await person.settle()
        before = person.screen
        await person.press("ctrl+p")
        await person.type("light")
        await person.until(lambda: "Light theme" in person.screen)
        await person.press("enter")
        await person.until(lambda: person.app.theme == "aideator-light")
        await person.settle()
        await person.until(lambda: person.screen == before, "the same text in other colours")

    watched(spec(3), stream, scene)


def test_leaving_takes_no_longer_than_a_second_while_the_stream_hangs() -> None:
    stream = Stream()
    began = list[float]()

    async def scene(person: Person) -> None:
        stream.put(*working().items)
        await person.settle()
        began.append(time.monotonic())
        await person.press("q")

    app = watched(spec(3), stream, scene)
    assert time.monotonic() - began[0] < 2.0  # one of them is what the test itself takes
    assert not app.over


def test_an_error_of_the_stream_ends_the_view() -> None:
    stream = Stream()
    error = AideatorError("cluster k3d-dev does not accept the credentials")

    async def scene(person: Person) -> None:
        await person.until(lambda: person.app.feed.error is error)

    def broken() -> object:
        raise error

    stream.waiting.get = broken  # type: ignore[method-assign, assignment]
    assert watched(spec(1), stream, scene).feed.error is error


def test_the_agent_in_the_current_pane_is_told_something() -> None:
    stream, one, two, told = Stream(), Agent(1), Agent(2), list[tuple[int, str]]()

    async def scene(person: Person) -> None:
        stream.put(*one.start(), *two.start(), *one.end(), one.closed())
        await person.settle()
        await person.press("1", "m")
        await person.sees(f"{RUN}/1 can't be told anything: it has ended")
        await person.press("2", "m")
        await person.sees(f"tell {RUN}/2:")
        await person.press("escape")
        await person.press("m")
        await person.type("Leave the docs")
        await person.press("enter")
        await person.sees(f"sent to {RUN}/2")
        assert told == [(2, "Leave the docs")]
        stream.put(two.event("told", id="a", text="Leave the docs"))
        await person.settle()
        await person.sees("» Leave the docs")

    actions = Actions(tell=lambda number, text: told.append((number, text)))
    watched(spec(2), stream, scene, size=(100, 24), actions=actions)
