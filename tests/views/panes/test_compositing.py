"""With a Textual that draws in another way than the painter knows, the panes look the same, and doctor says that they are slower."""

from collections.abc import Iterator

import pytest

from aideator_cli.actions.doctor.machine import Terminal, terminal
from aideator_cli.views.panes import compositing
from aideator_cli.views.panes.painter import Painter
from tests.views.panes.screen import Person, Stream, watched
from tests.views.panes.test_states import SIZES, stands, state_on_screen
from tests.views.stream import spec


@pytest.fixture
def another_textual(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(compositing, "fingerprint", lambda: "0123456789abcdef")
    compositing.fits.cache_clear()
    yield
    monkeypatch.undo()
    compositing.fits.cache_clear()


def test_the_painter_fits_this_textual() -> None:
    assert compositing.fits()
    assert compositing.slow_drawing() == ""


@pytest.mark.usefixtures("another_textual")
def test_with_another_compositor_every_state_looks_the_same() -> None:
    for name in ("working", "all_ended", "waiting"):
        for size in SIZES[:2]:
            stands(f"{name}-{size[0]}x{size[1]}", state_on_screen(name, size))
    stands(
        "opened-80x24", state_on_screen("working", (80, 24), "2", "k", "k", "k", "k", "enter", sees="tests/test_10.py")
    )


@pytest.mark.usefixtures("another_textual")
def test_its_own_compositor_draws_and_dialogs_stand_before_it() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        assert not isinstance(person.app.board._compositor, Painter)
        await person.press("question_mark")
        await person.sees("the next match; the previous match")
        assert not isinstance(person.app.screen._compositor, Painter)

    watched(spec(2), stream, scene)


@pytest.mark.usefixtures("another_textual")
def test_doctor_says_that_the_panes_are_slower() -> None:
    facts = Terminal(
        100, 30, is_terminal=True, name="xterm", colour=True, utf8=True, slow_panes=compositing.slow_drawing()
    )
    found = terminal(facts)
    assert found.state == "note"
    assert "draws the panes by itself" in found.text
