"""Copying out of the panes: by dragging, and by key."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.widget import Widget

from aideator_cli.views.actions import Actions
from aideator_cli.views.course.entries import Entry, Text
from aideator_cli.views.panes import clipboard
from aideator_cli.views.panes.cells import drawable, folded, width_of
from aideator_cli.views.panes.rows import Layout, Row, entry_rows
from aideator_cli.views.panes.selection import Selection, Spot
from tests.views.panes.scenes import PATCH, all_ended, working
from tests.views.panes.screen import Person, Stream, watched
from tests.views.stream import Agent, spec, stamp

WORDS = "The parser reads a comment as a name, and so the line that it stands in is lost for all that follow after it."
SMALL = (60, 24)


@pytest.fixture(autouse=True)
def no_tmux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)


async def drag(person: Person, widget: Widget, start: tuple[int, int], *way: tuple[int, int]) -> None:
    """Presses the button in this cell of the widget's content, goes on to the others, and releases it there."""
    await point(person, widget, events.MouseDown, start)
    for at in way:
        await point(person, widget, events.MouseMove, at)
    await point(person, widget, events.MouseUp, way[-1])
    await person.settle()


async def point(person: Person, widget: Widget, event: type[events.MouseEvent], at: tuple[int, int]) -> None:
    await person.pilot._post_mouse_events([event], widget, offset=at, button=1)


def at(person: Person, text: str) -> tuple[int, int]:
    """The cell of the screen where this begins."""
    lines = person.screen.split("\n")
    y = next(number for number, line in enumerate(lines) if text in line)
    return lines[y].index(text), y


def on_pane(person: Person, text: str) -> tuple[int, int]:
    x, y = at(person, text)
    region = person.app.board.pane.course.region
    return x - region.x, y - region.y


def test_a_word_is_copied_as_it_stands_and_the_footer_says_so() -> None:
    stream, agent = Stream(), Agent(1)

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *agent.turn(WORDS))
        await person.settle()
        x, y = on_pane(person, "comment")
        await drag(person, person.app.board.pane.course, (x, y), (x + 3, y), (x + 6, y))
        assert person.app.clipboard == "comment"
        assert "copied 1 line" in person.screen
        assert person.app.board.follows

    watched(spec(1), stream, scene, size=SMALL)


def test_a_line_that_the_pane_wraps_is_copied_as_one_line_and_backwards_it_is_the_same() -> None:
    stream, agent = Stream(), Agent(1)

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *agent.turn(f"{WORDS}\nIt ends here."))
        await person.settle()
        start, end = on_pane(person, "The parser"), on_pane(person, "It ends here.")
        assert end[1] - start[1] > 1
        last = (end[0] + len("It ends"), end[1])
        await drag(person, person.app.board.pane.course, start, last)
        assert person.app.clipboard == f"{WORDS}\nIt ends "
        assert "copied 2 lines" in person.screen
        person.app._clipboard = ""
        await drag(person, person.app.board.pane.course, last, start)
        assert person.app.clipboard == f"{WORDS}\nIt ends "

    watched(spec(1), stream, scene, size=SMALL)


def test_it_stays_in_one_pane_and_the_selection_is_drawn() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        stream.put(*working().items)
        await person.settle()
        course = person.app.board.pane.course
        x, y = on_pane(person, "Looking at the tok")
        await point(person, course, events.MouseDown, (x, y))
        await point(person, course, events.MouseMove, (x + 70, y))
        await person.pilot.pause()
        strip = course.render_line(y)
        selected = "".join(
            part.text for part in strip if part.style and part.style.bgcolor and part.style.bgcolor.name == "#3d4f9f"
        )
        assert selected == course.rows[y].text
        await point(person, course, events.MouseUp, (x + 70, y))
        await person.settle()
        assert person.app.clipboard == course.rows[y].text
        assert "│" not in person.app.clipboard

    watched(spec(3), stream, scene)


def test_beyond_the_edge_the_pane_scrolls_and_what_was_passed_is_copied() -> None:
    stream, agent = Stream(), Agent(1)

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *agent.turn("\n".join(f"line {number}" for number in range(200))))
        await person.settle()
        course = person.app.board.pane.course
        await point(person, course, events.MouseDown, (20, 3))
        await point(person, course, events.MouseMove, (2, -1))
        await person.until(lambda: " line 165 " in person.screen, "it to scroll")
        stream.put(agent.event("novelty", line=1))
        await person.settle()
        await point(person, course, events.MouseUp, (2, -1))
        await person.settle()
        copied = person.app.clipboard.split("\n")
        assert copied == [
            f"line {number}" for number in range(int(copied[0].split()[1]), int(copied[-1].split()[1]) + 1)
        ]
        assert len(copied) >= 18
        assert person.app.board.follows
        await person.sees("'line': 1")

    watched(spec(1), stream, scene, size=SMALL)


def test_a_click_still_marks_and_the_end_of_a_drag_does_not() -> None:
    stream, agent = Stream(), Agent(1)

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *agent.turn("one\ntwo\nthree"))
        await person.settle()
        course = person.app.board.pane.course
        await drag(person, course, (2, 0), (4, 1))
        assert course.chosen is None
        await person.pilot.click(course, offset=(2, 1))
        await person.settle()
        assert course.chosen == 1
        assert person.app.clipboard == "one\ntwo"

    watched(spec(1), stream, scene, size=SMALL)


def test_hostile_words_are_copied_as_the_signs_that_are_shown() -> None:
    stream, agent = Stream(), Agent(1)

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *agent.turn("\x1b]52;c;aGk=\x07rm -rf \x9b2J\u202e."))
        await person.settle()
        await drag(person, person.app.board.pane.course, (0, 0), (50, 0))
        await person.press("y")
        assert person.app.clipboard == "␛]52;c;aGk=␇rm -rf �2J�."

    watched(spec(1), stream, scene, size=SMALL)


def test_y_copies_the_marked_entry_with_all_of_its_output_and_shift_y_the_command() -> None:
    stream, agent = Stream(), Agent(1)
    output = "".join(f"line {number}\n" for number in range(30))

    async def scene(person: Person) -> None:
        stream.put(*agent.start(), *agent.tool("bash", {"command": "make\nmake test"}, output), *agent.turn("Done."))
        await person.settle()
        await person.press("y")
        assert person.app.clipboard == "Done."
        await person.press("k", "k", "y")
        assert person.app.clipboard == f"make\nmake test\n{output}".rstrip("\n")
        assert "copied 32 lines" in person.screen
        await person.press("Y")
        assert person.app.clipboard == "make\nmake test"
        await person.press("end", "Y")
        assert "the marked entry is no command" in person.screen
        await person.press("k", "k", "enter")
        await person.sees("y copy · Esc back")
        await person.press("y")
        await person.sees("copied 32 lines")

    watched(spec(1), stream, scene, size=SMALL)


def watched_ended(scene: object, patch: bytes | None = None, size: tuple[int, int] = (120, 40)) -> None:
    stream, ended = Stream(), all_ended()

    async def play(person: Person) -> None:
        stream.put(*ended.items)
        stream.close()
        await person.settle()
        await scene(person)  # type: ignore[operator]

    actions = ended.actions if patch is None else replace(ended.actions, patch=lambda _: patch)
    watched(ended.spec, stream, play, actions=actions, size=size)


def test_y_copies_the_patch_as_git_takes_it() -> None:
    async def scene(person: Person) -> None:
        await person.press("1", "d")
        await person.sees("@@ -10")
        await person.press("y")
        assert person.app.clipboard == PATCH.decode()
        assert "copied the patch, 10 lines" in person.screen

    watched_ended(scene)


def test_a_patch_that_is_too_large_is_not_copied_in_part() -> None:
    async def scene(person: Person) -> None:
        await person.press("1", "d")
        await person.sees("@@ -10")
        await person.press("y")
        assert "not copied: the patch is too large for a terminal's clipboard; aideator diff k3v9x2q/1" in person.screen
        assert person.app.clipboard == ""

    watched_ended(scene, PATCH + b"+x\n" * 40_000)


def test_a_patch_with_what_a_terminal_obeys_says_that_its_copy_differs() -> None:
    async def scene(person: Person) -> None:
        await person.press("1", "d")
        await person.sees("@@ -10")
        await person.press("y")
        assert "\x1b" not in person.app.clipboard
        assert "aideator diff k3v9x2q/1 prints it as it is" in person.app.board.footer._told

    watched_ended(scene, PATCH.replace(b"skipped", b"\x1b[2J"))


def test_edits_are_copied_while_there_is_no_patch() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        stream.put(*working().items)
        await person.settle()
        await person.press("2", "d", "y")
        assert "nothing to copy: no changes yet" in person.screen
        await person.press("1", "d", "y")
        assert person.app.clipboard.startswith("src/tokens.py\n@@ ")
        assert "of its edits so far" in person.screen

    watched(spec(3), stream, scene)


def test_what_a_terminal_takes_is_the_bound_and_the_rest_is_told() -> None:
    copy = clipboard.bounded("x" * 99 + "\n" + ("ä" * 49 + "\n") * 3000)
    assert len(base64.b64encode(copy.text.encode())) <= 100_000
    assert copy.text.endswith("ä\n")
    assert copy.told.startswith("copied the first 75")
    assert "of 3001 lines" in copy.told
    one = clipboard.bounded("ä" * 80_000)
    assert set(one.text) == {"ä"}


def test_m_leaves_the_mouse_to_the_terminal_and_takes_it_back() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        stream.put(*working().items)
        await person.settle()
        await person.press("M")
        assert "the terminal has the mouse; M takes it back" in person.screen
        await person.press("M")
        assert "the panes have the mouse again" in person.screen

    watched(spec(3), stream, scene)


def test_within_tmux_its_own_command_is_asked_and_else_both_ways_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    stream, taken, written, takes = Stream(), list[str](), list[str](), [True]
    monkeypatch.setenv("TMUX", "/tmp/tmux/default,1,0")

    def load(text: str) -> bool:
        taken.append(text)
        return takes[0]

    monkeypatch.setattr("aideator_cli.system.tmux.load_buffer", load)

    async def scene(person: Person) -> None:
        stream.put(*working().items)
        await person.settle()
        monkeypatch.setattr(person.app, "_write", written.append)
        await person.press("y")
        await person.until(lambda: bool(taken))
        takes[0] = False
        await person.press("y")
        await person.until(lambda: bool(written))
        assert len(taken) == 2
        [sequence] = written
        plain = clipboard.osc_52(taken[1])
        assert sequence == plain + "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"

    watched(spec(3), stream, scene)


@given(st.text(alphabet="ab 表e\u0301\t👍", max_size=60), st.integers(1, 20))
def test_a_folded_line_is_whole_again_when_all_of_it_is_selected(text: str, cells: int) -> None:
    line = drawable(text)
    rows = [Row(0, "  ", part, "text", joint=joint) for joint, part in folded(line, max(2, cells))]
    everything = Selection(Spot(0, 0), Spot(len(rows) - 1, 200))
    assert everything.text(rows) == line
    assert Selection(everything.head, everything.anchor).text(rows) == line


@given(st.text(alphabet="ab 表e\u0301", max_size=30), st.integers(0, 40), st.integers(0, 40))
def test_what_is_marked_on_the_screen_is_what_is_copied(text: str, one: int, two: int) -> None:
    row = Row(0, "$ ", drawable(text), "text")
    selection = Selection(Spot(0, one), Spot(0, two))
    left, right = selection.cells(0, row)
    start, end = selection.characters(0, row)
    assert selection.text([row]) == row.text[start:end]
    assert right - left == width_of(row.text[start:end])


def test_a_line_that_was_cut_is_copied_whole_where_its_end_is_selected() -> None:
    entry = Entry(0, "call", stamp(1), "$ make", Text("x" * 100), tool="bash", arguments={"command": "make"})
    rows = entry_rows(entry, Layout(30))
    cut = rows[-1]
    assert cut.text.endswith("…")
    assert Selection(Spot(0, 4), Spot(0, 29)).text([cut]) == "x" * 98
    assert Selection(Spot(0, 4), Spot(0, 9)).text([cut]) == "x" * 6


def test_nothing_is_copied_where_nothing_is() -> None:
    stream = Stream()

    async def scene(person: Person) -> None:
        await person.press("y", "Y")
        assert person.app.clipboard == ""
        await drag(person, person.app.board.pane.course, (0, 8), (5, 12))

    watched(spec(1), stream, scene, size=SMALL, actions=Actions())


def test_the_table_says_that_the_keys_are_there_and_marks_its_line() -> None:
    def ground(person: Person, text: str) -> object:
        strips = person.app.screen._compositor.render_strips()
        return next(part.style.bgcolor for line in strips for part in line if text in part.text and part.style)

    async def scene(person: Person) -> None:
        command = "aideator diff k3v9x2q/1"
        assert "close the table" not in person.screen
        before = ground(person, command)
        await person.press("o")
        await person.sees("o close the table  Esc back to the panes")
        await person.until(lambda: ground(person, command) != before, "the line to be marked")
        await person.press("escape")
        await person.until(lambda: ground(person, command) == before, "the mark to go")

    watched_ended(scene, size=(80, 24))


def test_keys_move_through_the_table_at_the_end_and_y_copies_the_command_there() -> None:
    async def scene(person: Person) -> None:
        await person.press("o", "y")
        assert person.app.clipboard == "aideator diff k3v9x2q/1"
        await person.press("j", "y")
        assert person.app.clipboard == "aideator select k3v9x2q/1"
        assert not any(person.app.board.outcome.rows[-1].text in line for line in person.screen.split("\n"))
        await person.press("end")
        assert person.app.board.outcome.rows[-1].text in person.screen
        await person.press("g")
        assert "model" in person.screen
        await person.press("escape", "k")
        assert person.app.board.pane.course.chosen is not None
        await person.press("o", "o")
        assert not person.app.board.outcome.display
        assert person.app.board.pane.course.has_focus

    watched_ended(scene, size=(80, 14))


def test_a_pane_is_gone_to_from_the_table() -> None:
    async def scene(person: Person) -> None:
        await person.press("o", "2")
        assert person.app.board.current == 2
        assert person.app.board.pane.course.has_focus

    watched_ended(scene)
