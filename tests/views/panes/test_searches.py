"""A search's output stands folded in a pane: its first lines are the best ones, and the last say least."""

from tests.views.panes.scenes import STATES, Agent
from tests.views.panes.screen import Person, Stream, watched


def test_a_search_is_one_line_and_a_fold() -> None:
    scene, stream, agent = next(iter(STATES.values()))(), Stream(), Agent(1)
    shown: list[str] = []

    async def play(person: Person) -> None:
        stream.put(
            *agent.start(), *agent.tool("search_code", {"query": "paying back"}, "a.py:1\n     1: def pay_back\n" * 20)
        )
        await person.sees("40 lines")
        shown.append(person.screen)

    watched(scene.spec, stream, play, size=(120, 40), actions=scene.actions)
    assert "searches the repository" in shown[0]
    assert "def pay_back" not in shown[0]
