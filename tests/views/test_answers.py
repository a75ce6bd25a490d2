"""An answer on a terminal: Markdown is drawn, what does not exist is marked, and nothing in it reaches the terminal as more than text."""

import io
import time

import pytest

from aideator_agent.citation import Citation
from aideator_cli.domain.result import Result
from aideator_cli.text.places import parted
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.answers import show_answer, show_side_by_side

WRONG = Citation("a.py:9", "a.py", 9, 9, "no_line", 4)


def shown(*answers: str, width: int = 100, colour: bool = False, citations: tuple[Citation, ...] = ()) -> str:
    out = io.StringIO()
    screen = Screen(out, width=width, is_terminal=True, colour=colour)
    results = [Result(number, "gpt-5", answer=text, citations=citations) for number, text in enumerate(answers, 1)]
    if len(results) == 1:
        show_answer(screen, results[0])
    else:
        show_side_by_side(screen, results)
    return out.getvalue()


def test_markdown_is_drawn_and_a_wrong_place_marked() -> None:
    drawn = shown("# Title\n\nIt is **here**: `a.py:9`, not a.py:99 or data.py:9.\n", citations=(WRONG,))
    assert "**" not in drawn
    assert "a.py:9⚠, not a.py:99 or data.py:9." in drawn


def test_the_mark_does_not_become_a_part_of_a_link() -> None:
    link = Citation("a.py#L9", "a.py", 9, 9, "no_line", 4)
    assert "the end (a.py#L9)⚠" in shown("See [the end](a.py#L9).", citations=(link,))


@pytest.mark.parametrize(
    "evil",
    [
        "\x1b]8;;http://evil.example\x07",
        "\x1b[2J",
        "\x9b31m",
        "\u202e",
        "[x](http://evil.example 'y')",
        "<http://evil.example>",
    ],
)
def test_nothing_in_it_reaches_the_terminal_as_a_sequence_or_a_link(evil: str) -> None:
    for drawn in (shown(f"before {evil} after", colour=True), shown(f"before {evil} after", "other", colour=True)):
        assert "\x1b]" not in drawn  # OSC 8 would be a link whose text hides where it leads
        assert all(sign not in drawn for sign in ("\x9b", "\u202e", "\x07", "\x1b[2J"))


def test_answers_stand_beside_each_other_where_there_is_room() -> None:
    first, *rest = shown("one " * 30, "two " * 30, width=100).splitlines()
    assert first.split() == ["1,", "gpt-5", "2,", "gpt-5"]
    assert "one" in rest[0]
    assert "two" in rest[0]
    assert all(len(line) <= 100 for line in rest)
    narrow = shown("one", "two", width=60).splitlines()
    assert narrow.index("── 1, gpt-5 ──") < narrow.index("── 2, gpt-5 ──")


@pytest.mark.parametrize(
    "evil", ["[" * 20_000, "](" * 10_000, "> " * 10_000, "*a_" * 7_000, "- " * 10_000, "`" * 20_000, "|" * 20_000]
)
def test_no_answer_stops_the_terminal(evil: str) -> None:
    began = time.process_time()
    shown(evil, "other")
    assert time.process_time() - began < 10


def test_a_place_is_marked_only_where_it_is_the_whole_word() -> None:
    text = "a.py:9 and src/a.py:9, a.py:90, (a.py:9)"
    assert [piece for piece, wrong in parted(text, [WRONG]) if wrong] == ["a.py:9", "a.py:9"]
    assert "".join(piece for piece, _ in parted(text, [WRONG])) == text
