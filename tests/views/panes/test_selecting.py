"""`s` when all have ended, and what the help says of it."""

from dataclasses import replace

from aideator_cli.views.actions import Actions
from tests.views.panes.scenes import ACTIONS, all_ended
from tests.views.panes.screen import Person, Stream, watched
from tests.views.panes.test_titles import checked
from tests.views.stream import RUN, Agent, spec

REPLAY = Actions(results=ACTIONS.results, leaving="")


def test_a_suspected_cheat_is_selected_with_a_warning_in_the_question() -> None:
    stream, chosen = Stream(), list[int]()
    actions = Actions(select=lambda number, _note: chosen.append(number))

    async def scene(person: Person) -> None:
        stream.put(*checked(1, patch=0, restored=1), *checked(2, patch=0))
        stream.close()
        await person.settle()
        await person.press("1", "s")
        await person.sees(f"warning: {RUN}/1 is suspected of cheating: unittest passes only with its own")
        await person.press("enter")
        await person.sees(f"selected {RUN}/1")
        assert chosen == [1]
        await person.press("2", "s")
        await person.sees(f"select {RUN}/2; why")
        assert "warning" not in person.screen

    watched(spec(2), stream, scene, size=(80, 24), actions=actions)


def test_one_without_a_patch_is_refused_at_once() -> None:
    stream, agent = Stream(), Agent(1)

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *agent.end("no_changes", ""), agent.closed())
        stream.close()
        await person.settle()
        await person.press("s")
        assert f"{RUN}/1 can't be selected: it has no patch (no changes)" in person.screen
        assert "why" not in person.screen

    watched(spec(1), stream, scene, size=(80, 24), actions=Actions(select=ACTIONS.select))


def test_what_was_warned_of_before_the_panes_is_seen_in_them() -> None:
    warning = "uncommitted changes in the working tree are not part of the run; --dirty takes them along"

    async def scene(person: Person) -> None:
        await person.sees("--dirty takes them")

    watched(spec(1), Stream(), scene, actions=Actions(warnings=(warning,)))


def test_a_replay_offers_nothing_that_it_can_not_do_and_says_what_does_it() -> None:
    stream, ended = Stream(), all_ended()

    async def scene(person: Person) -> None:
        stream.put(*ended.items)
        stream.close()
        await person.settle()
        await person.press("s")
        assert f"aideator select {RUN} 1" in person.screen
        await person.press("question_mark")
        await person.sees("Esc back")
        assert "select the winner" not in person.screen
        assert "to stop" not in person.screen

    watched(ended.spec, stream, scene, actions=replace(REPLAY, patch=ACTIONS.patch))
