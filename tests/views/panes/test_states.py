"""Each state of a run as it stands on the screen, compared with tests/views/panes/snapshots.

AIDEATOR_SNAPSHOTS=renew writes them anew; read what git says has changed.
"""

import os
from pathlib import Path

import pytest

from tests.views.panes.scenes import STATES
from tests.views.panes.screen import Person, Stream, watched

SNAPSHOTS = Path(__file__).parent / "snapshots"
SIZES = ((80, 24), (120, 40), (200, 60))


def stands(name: str, screen: str) -> None:
    """The screen is as it was stored under this name."""
    file = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("AIDEATOR_SNAPSHOTS") == "renew":
        file.write_text(screen)
    assert screen == file.read_text()


def state_on_screen(name: str, size: tuple[int, int], *keys: str, sees: str = "") -> str:
    """The screen in this state, after these keys."""
    scene, stream, screens = STATES[name](), Stream(), list[str]()

    async def play(person: Person) -> None:
        stream.put(*scene.items)
        if scene.over:
            stream.close()
        await person.settle()
        for key in keys:
            await person.press(key)
        await person.sees(sees)
        screens.append(person.screen)

    watched(scene.spec, stream, play, size=size, actions=scene.actions)
    return screens[0]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", STATES)
def test_each_state_is_shown_in_each_size(name: str, size: tuple[int, int]) -> None:
    stands(f"{name}-{size[0]}x{size[1]}", state_on_screen(name, size))


@pytest.mark.parametrize(
    ("name", "state", "keys", "sees"),
    [
        ("diff-of-edits", "working", ["d"], "@@ step"),
        ("diff-of-patch", "all_ended", ["d"], "@@ -10"),
        ("compared", "all_ended", ["space", "2", "space", "equals_sign"], "README.md"),
        ("help", "working", ["question_mark"], "Esc back"),
        ("opened", "working", ["2", "k", "k", "k", "k", "enter"], "tests/test_10.py"),
        ("cancel-asked", "all_ended", ["c"], "nothing to cancel"),
        ("times-and-wrap", "working", ["t", "w"], "12:00:"),
        ("full", "working", ["3", "z"], "[3"),
        ("scrolled", "working", ["3", "k", "g"], "3"),
    ],
)
@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: f"{size[0]}x{size[1]}")
def test_what_keys_bring_is_shown(name: str, state: str, keys: list[str], sees: str, size: tuple[int, int]) -> None:
    stands(f"{name}-{size[0]}x{size[1]}", state_on_screen(state, size, *keys, sees=sees))


def test_the_keys_stand_on_a_small_terminal_whole_and_on_a_smaller_one_it_is_said_that_they_scroll() -> None:
    small, smaller = (
        state_on_screen("working", size, "question_mark", sees="Esc back") for size in ((80, 24), (80, 20))
    )
    assert all(word in small for word in ("Tab ]", "q             leave"))
    assert "scroll" not in small
    assert "leave; agents" not in smaller
    assert "j k scroll" in smaller
