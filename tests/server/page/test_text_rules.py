"""The page's own modules follow the rules of the terminal: which characters are made visible, and which words an event has."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aideator_cli.text.clean import clean, one_line
from aideator_cli.text.figures import duration
from aideator_cli.views import wording
from tests.server.page.conftest import Opened

pytestmark = pytest.mark.xdist_group("browser")
STRANGE = [
    *range(0x300), 0x61C, 0x180E, *range(0x2000, 0x2070), 0xFEFF, *range(0xFFF0, 0x10000), *range(0xD7F0, 0xE010),
    *range(0xE0000, 0xE0100), 0x1F600,
]  # fmt: skip


def calls(page: Any, module: str, expression: str, given: Any) -> Any:
    """Evaluates an expression with the module's exports as `m` and the given value as `x`."""
    asset = page.evaluate("document.querySelector('script[src]').src").replace("main.js", module)
    return page.evaluate(
        f"async ([asset, x]) => {{ const m = await import(asset); return {expression}; }}", [asset, given]
    )


def test_both_make_the_same_characters_visible(opened: Opened) -> None:
    page = opened()
    units = [
        [code] if code < 0x10000 else [0xD800 + (code - 0x10000 >> 10), 0xDC00 + (code & 0x3FF)] for code in STRANGE
    ]
    # Code units travel as numbers: a lone surrogate is no text that could.
    cleaned = calls(page, "clean.js", "x.map((each) => m.clean(String.fromCharCode(...each)))", units)
    assert cleaned == [clean(chr(code)) for code in STRANGE]


def test_both_clean_whole_texts_alike(opened: Opened) -> None:
    page = opened()

    @settings(max_examples=30)
    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=40))
    def alike(texts: list[str]) -> None:
        assert calls(page, "clean.js", "x.map(m.clean)", texts) == [clean(text) for text in texts]

    alike()
    spaced = ["a \n\tb", "  \r\n x  ", "", "a\u202eb c"]
    assert calls(page, "clean.js", "x.map(m.oneLine)", spaced) == [one_line(text) for text in spaced]


def test_both_say_the_same_of_calls_checks_and_ends(opened: Opened) -> None:
    page = opened()
    asked = [
        ("bash", {"command": "pytest -q\nls\nls"}), ("bash", {}), ("read_file", {"path": "a\u202e.py"}), ("browse", {"path": "x"}),
        ("search_code", {"query": "a \u202e name\nhere", "path": "src"}), ("search_code", {"query": "x"}), ("search_code", {}),
        ("ask", {"role": " cto", "question": "Which\nformat? " + 500 * "x"}), ("ask", {}),
    ]  # fmt: skip
    assert calls(page, "words.js", "x.map(([tool, given]) => m.call(tool, given))", asked) == [
        wording.call(*each) for each in asked
    ]
    assert calls(page, "words.js", "x.map(([tool, given]) => m.doing(tool, given))", asked) == [
        wording.doing(*each) for each in asked
    ]
    ended = [{"exit_code": 1, "seconds": 3.4}, {"exit_code": None, "reason": "timeout", "seconds": 61}, {}]
    assert calls(page, "words.js", "x.map(m.endedCommand)", ended) == [wording.ended_command(each) for each in ended]
    ends = [
        {"outcome": "succeeded", "summary": "Did it."}, {"outcome": "limit", "reason": "steps"},
        {"outcome": "failed", "fault": "model", "reason": "no answer"}, {"outcome": "no_changes"},
    ]  # fmt: skip
    assert calls(page, "words.js", "x.map(m.end)", ends) == [wording.end(each) for each in ends]
    seconds = [0, 0.42, 9.94, 9.96, 59.4, 59.6, 182, 3599.6, 7384]
    assert calls(page, "words.js", "x.map(m.duration)", seconds) == [duration(each) for each in seconds]
    waiting = calls(page, "words.js", "m.WAITING", None)
    assert waiting == wording.WAITING


def test_an_edit_is_a_difference_of_its_lines(opened: Opened) -> None:
    page = opened()
    made = calls(page, "edits.js", "m.hunks(m.difference(...x))", [list("abcdefgh"), list("abcXefgh")])
    assert made == [[" ", "b"], [" ", "c"], ["-", "d"], ["+", "X"], [" ", "e"], [" ", "f"]]
    assert calls(page, "edits.js", "m.difference(...x)", [[], ["new"]]) == [["+", "new"]]
    large = calls(page, "edits.js", "m.difference(...x).length", [["a"] * 5000, ["b"] * 5000])
    assert large == 10_000


def test_a_difference_leads_from_the_old_lines_to_the_new_ones(opened: Opened) -> None:
    page = opened()
    lines = st.lists(st.sampled_from("abc"), max_size=12)

    @settings(max_examples=25)
    @given(lines, lines)
    def leads(before: list[str], after: list[str]) -> None:
        made = calls(page, "edits.js", "m.difference(...x)", [before, after])
        assert [line for sign, line in made if sign in " -"] == before
        assert [line for sign, line in made if sign in " +"] == after

    leads()
