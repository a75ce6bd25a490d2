"""What was found about each variation is told layer by layer: its tests by name, and signals with file and line."""

import io
import re
from dataclasses import replace
from pathlib import Path

from markdown_it import MarkdownIt

from aideator_agent.signals import table
from aideator_agent.signals.finding import Signal
from aideator_cli.choice.comparison import compare
from aideator_cli.choice.evidence import findings
from aideator_cli.choice.signals import WORDS
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.domain.runs import Place, StoredRun
from aideator_cli.system.templates import render_html
from aideator_cli.views.html.page import Material, values
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.comparison import show_comparison
from aideator_cli.views.text.markdown import show_markdown
from aideator_cli.views.text.runs import show_run
from tests.choice.test_compare import FAILED, PASSED, RIGHT, SPEC, TOKENS

BASE = replace(FAILED, on="base", failing=("tests/test_a.py::test_old", "tests/test_a.py::test_comment"), failed=2)
BREAKS = replace(FAILED, failing=("tests/test_a.py::test_new", "tests/test_a.py::test_comment"), failed=2)
CHEAT = Signal("asks-for-tests", "cheat", "src/calc.py", 12, '"pytest" in sys.modules')
LOOK = Signal("swallows-errors", "look", "src/calc.py", 30, "except Exception:")
NOTE = Signal("lockfile", "note", "uv.lock", None, "")
GOOD = replace(RIGHT, baseline=(BASE,))
BAD = replace(
    RIGHT, variation=2, patch=TOKENS, files=1, checks=(BREAKS,), baseline=(BASE,), signals=(CHEAT, LOOK, NOTE)
)
RUN = StoredRun(SPEC, Place("local", "this machine"), "ended", None, None)


def screen(width: int = 0, *, colour: bool = False) -> tuple[Screen, io.StringIO]:
    out = io.StringIO()
    return Screen(out, width or 100, is_terminal=bool(width), colour=colour), out


def compared(*results: Result, width: int = 0, colour: bool = False) -> str:
    shown, out = screen(width, colour=colour)
    show_comparison(shown, SPEC, compare(results, ["pytest"]), None)
    return out.getvalue()


def test_each_layer_says_what_it_found_and_where() -> None:
    (good, bad) = compare([GOOD, BAD], ["pytest"]).order
    assert [(each.layer, each.kind, each.words) for each in findings(good)] == [
        ("tests", "repaired", "tests/test_a.py::test_old, tests/test_a.py::test_comment")
    ]
    assert [(each.layer, each.kind, each.words, each.weight) for each in findings(bad, 4)] == [
        ("tests", "repaired", "test_old", "good"),
        ("tests", "broke", "test_new", "bad"),
        ("signals", "cheat", 'src/calc.py:12 asks whether it is being tested: "pytest" in sys.modules', "bad"),
        ("signals", "look", "src/calc.py:30 swallows errors: except Exception:", "look"),
        ("signals", "note", "uv.lock changes the versions of dependencies", "note"),
    ]


def test_tests_that_are_skipped_now_are_named() -> None:
    skipping = replace(PASSED, tests=40, skipped=("tests/test_a.py::test_hard",))
    whole = replace(PASSED, on="base", tests=41)
    (only,) = compare([replace(RIGHT, checks=(skipping,), baseline=(whole,))], ["pytest"]).order
    assert [(each.kind, each.words) for each in findings(only, 4)] == [("lost", "test_hard")]


def test_a_comparison_tells_the_layers_apart() -> None:
    lines = compared(GOOD, BAD).splitlines()
    at = lines.index("1  tests    repaired  test_old, test_comment")
    assert lines[at : at + 6] == [
        "1  tests    repaired  test_old, test_comment",
        "2  tests    repaired  test_old",
        "            broke     test_new",
        '   signals  cheat     src/calc.py:12 asks whether it is being tested: "pytest" in sys.modules',
        "            look      src/calc.py:30 swallows errors: except Exception:",
        "            note      uv.lock changes the versions of dependencies",
    ]


def test_words_are_folded_below_themselves_and_only_the_kind_has_a_colour() -> None:
    out = compared(GOOD, BAD, width=60, colour=True)
    assert "   signals  \x1b[31mcheat     \x1b[0msrc/calc.py:12 asks whether it is\n" in out
    assert '\n                      being tested: "pytest" in sys.modules\n' in out


def test_many_findings_are_counted() -> None:
    many = replace(BAD, signals=tuple(replace(LOOK, line=line) for line in range(1, 10)))
    assert "…         3 more: the report and --json have them all" in compared(GOOD, many)


def test_nothing_found_says_nothing() -> None:
    plain = replace(RIGHT, checks=(CheckResult("pytest", "pytest -q", 0, 3.0, ""),), baseline=())
    assert "tests    " not in compared(plain)


def test_show_tells_it_below_each_variation() -> None:
    shown, out = screen()
    show_run(shown, RUN, [GOOD, replace(BAD, summary="Made it pass.")], [], None)
    assert (
        "k3v9x2q/2  Made it pass.\n  tests    repaired  test_old\n           broke     test_new\n  signals  cheat "
        in (out.getvalue())
    )


def test_the_report_has_it_as_a_table_and_foreign_text_stays_text() -> None:
    hostile = replace(BAD, signals=(replace(CHEAT, path="a.py", text="<script>alert(1)</script>"),))
    comparison = compare([GOOD, hostile], ["pytest"])
    told = values(Material(RUN, comparison, None, None, {}, {}, "2026-11-21T12:00:00Z"))
    page = render_html("report.html.j2", told)
    assert '<td><span class="bad">broke</span></td>\n<td class="words">tests/test_a.py::test_new</td>' in page
    assert "a.py:12 asks whether it is being tested: &lt;script&gt;alert(1)&lt;/script&gt;</td>" in page
    assert "<script" not in page


def test_markdown_has_it_as_a_table_and_foreign_text_stays_text() -> None:
    hostile = replace(BAD, signals=(replace(CHEAT, path="a|b\n<img src=x>", text="| [x](http://evil.example) @you"),))
    shown, out = screen()
    show_markdown(shown, SPEC, compare([GOOD, hostile], ["pytest"]), None)
    html = MarkdownIt("commonmark").enable(["table"]).render(out.getvalue())
    assert "<th>layer</th>" in html
    assert "<td>cheat</td>" in html
    assert "<img" not in html
    assert "<a " not in html
    assert "@you" not in html


def test_each_signal_is_told_in_words() -> None:
    folder = Path(table.__file__).parent
    named = {name for file in folder.glob("*.py") for name in re.findall(r'Signal\(\s*"([\w-]+)"', file.read_text())}
    assert {rule.name for rule in table.RULES} | named == WORDS.keys()
