"""`compare` and `select --auto` at the command line."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from aideator_agent.program import AgentProgram
from aideator_agent.spec import Check, Repository, RunSpec, VariationSpec
from aideator_cli.domain.result import CheckResult, Result
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.table import show_table
from tests.choice.stored import User, change

SPEC = RunSpec(
    "k3v9x2q", "uuid", "2026-11-21T12:00:00.000000Z", Repository("https://git.example/todo.git"), "Accept comments.",
    (
        VariationSpec(1, "claude-sonnet-4-5", prompt_name="short"), VariationSpec(2, "claude-sonnet-4-5", 0.7, prompt_name="long"),
        VariationSpec(3, "gpt-5", prompt_name="short"),
    ),
    checks=(Check("pytest", "pytest -q"),), verify_report="report.xml",
)  # fmt: skip
PASSED = CheckResult("pytest", "pytest -q", 0, 3.0, "", tests=41, failed=0)
FAILED = replace(PASSED, exit_code=1, failing=("tests.test_parser::test_comment",), failed=1)
RESTORED = replace(FAILED, on="restored")
TOKENS, PRINTER = change("src/tokens.py", "skip()"), change("src/printer.py", "keep()")
RIGHT = Result(
    1, "claude-sonnet-4-5", outcome="succeeded", patch=TOKENS + PRINTER, files=2, additions=19, deletions=3, steps=14,
    input_tokens=60_000, output_tokens=1_000, cost=0.21, seconds=182.0, checks=(PASSED,), baseline=(replace(FAILED, on="base"),),
)  # fmt: skip
HALF = replace(RIGHT, variation=2, patch=TOKENS, files=1, checks=(FAILED,), baseline=())
CHEAT = replace(RIGHT, variation=3, model="gpt-5", patch=change("tests/test_parser.py", ""), files=1, checks=(PASSED, RESTORED),
                tests=("tests/test_parser.py",), baseline=())  # fmt: skip


@pytest.fixture
def user(tmp_path: Path) -> User:
    return User(tmp_path)


def test_each_variation_is_told_with_its_agent_and_compared_by_it(user: User) -> None:
    codex = AgentProgram("codex", "acp", "codex-acp", "responses", "https://api.openai.com/v1")
    spec = replace(SPEC, variations=(VariationSpec(1, "gpt-5"), VariationSpec(2, "gpt-5", agent=codex)))
    ours = replace(RIGHT, model="gpt-5")
    user.has_run(spec, [ours, replace(HALF, model="gpt-5", agent="codex")])
    out = user.call("compare", "k3v", "--by", "agent").out
    assert "1 ✓ gpt-5 " in " ".join(out.split())
    assert "codex/gpt-5 " in " ".join(out.split())
    assert "own 1 of 1" in " ".join(out.split())
    assert "codex 0 of 1" in " ".join(out.split())
    told = json.loads(user.call("compare", "k3v", "--json").out)
    assert [(each["agent"], each["model"]) for each in told["variations"]] == [(None, "gpt-5"), ("codex", "gpt-5")]


def test_the_best_comes_first_and_the_files_and_the_reason_follow(user: User) -> None:
    user.has_run(SPEC, [replace(CHEAT, variation=1), replace(RIGHT, variation=2), replace(HALF, variation=3)])
    done = user.call("compare", "k3v")
    assert done.code == 0
    assert done.err == ""
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert lines[0].split() == [
        "model",
        "outcome",
        "pytest",
        "files",
        "+/−",
        "touched",
        "steps",
        "tokens",
        "cost",
        "time",
    ]
    assert [line.split()[:5] for line in lines[1:4]] == [
        ["2", "✓", "claude-sonnet-4-5", "succeeded", "passed"],
        ["3", "✗", "claude-sonnet-4-5", "failed", "checks"],
        ["1", "✗", "gpt-5", "cheat?", "cheat?"],
    ]
    assert lines[5:8] == [
        "  src/printer.py        · 2 ·",
        "  src/tokens.py         · 2 3  2 and 3 equal",
        "  tests/test_parser.py  1 · ·",
    ]
    assert "in common" not in done.out
    assert "choice: 2, the only one that passes pytest (base 40/41, 2 repaired test_comment, broke none)" in lines
    assert lines[-1] == "1 is suspected of cheating: pytest passes only with its own tests/test_parser.py"


def test_who_changed_which_file_is_explained(user: User) -> None:
    user.has_run(SPEC, [RIGHT, HALF])
    lines = user.call("compare").out.splitlines()
    above = next(at for at, line in enumerate(lines) if line.startswith("  src/tokens.py"))
    assert lines[above + 1] == "  (a number: that variation changed the file; ·: it did not)"


def test_programs_get_it_as_one_object(user: User) -> None:
    user.has_run(SPEC, [RIGHT, HALF, CHEAT])
    found = json.loads(user.call("compare", "@last", "--json", "--by", "prompt").out)
    assert (found["kind"], found["run"], found["choice"], found["selected"], found["running"]) == (
        "comparison", "k3v9x2q", 1, None, [],
    )  # fmt: skip
    assert [each["variation"] for each in found["variations"]] == [1, 2, 3]
    assert [each["verdicts"][0]["word"] for each in found["variations"]] == ["passed", "failed_before", "cheat"]
    assert [each["outcome"] for each in found["variations"]] == ["succeeded"] * 3
    assert [each["status"] for each in found["variations"]] == ["succeeded", "failed checks", "cheat?"]
    assert found["variations"][0]["verdicts"][0]["repaired"] == ["tests.test_parser::test_comment"]
    assert found["files"][1] == {"path": "src/tokens.py", "parts": [[1, 2]]}
    assert [(share["value"], share["variations"], share["succeeded"]) for share in found["shares"]] == [
        ("short", [1, 3], 1), ("long", [2], 0),
    ]  # fmt: skip


def test_equal_patches_are_told_and_what_all_have_in_common(user: User) -> None:
    user.has_run(SPEC, [replace(RIGHT, variation=number, checks=(PASSED,)) for number in (1, 2, 3)])
    out = user.call("compare").out
    assert "1, 2 and 3: the same patch" in out
    assert "all share: src/printer.py, src/tokens.py, +2 −2 (lines that every patch has)" in out
    assert "choice: 1, the first of the 3 that pass pytest, which do the same (base 40/41" in out


def test_an_axis_has_a_summary(user: User) -> None:
    user.has_run(SPEC, [RIGHT, HALF, CHEAT])
    out = user.call("compare", "--by", "temperature").out
    assert "(the model's own)     1 of 2        $0.21         3m02            14" in out
    wrong = user.call("compare", "--by", "colour")
    assert (wrong.code, "agent, model, role, prompt, temperature" in wrong.err) == (2, True)


HOSTILE = "| [x](http://evil.example) <img src=x> `y` **z** @someone #12 www.evil.example \x1b[2J\n# head"


def test_foreign_text_in_markdown_stays_text(user: User) -> None:
    hostile = replace(
        CHEAT, model=HOSTILE, tests=(HOSTILE,), patch=change(HOSTILE.replace("\n", " ").replace("\x1b", ""), "x")
    )
    user.has_run(replace(SPEC, prompt=HOSTILE), [RIGHT, HALF, hostile])
    out = user.call("compare", "--markdown").out
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(out)
    assert not any(f"<{tag}" in html for tag in ("a ", "img", "code", "h1", "em"))
    assert html.count("<strong>") == 1
    assert html.count("<tr>") == 1 + 3 + 1 + 3 + 1 + 1
    assert "\x1b" not in out
    assert not any(
        f"{sign}{name}" in html for sign, name in (("@", "someone"), ("#", "12"), ("www", ".evil"), (":", "//evil"))
    )
    assert "[x](http" in html.replace("<!-- -->", "")


def test_markdown_has_the_signs_and_the_blanks_of_the_table(user: User) -> None:
    nothing = replace(
        RIGHT, variation=2, outcome="no_changes", patch=None, files=0, additions=0, deletions=0, checks=(), baseline=()
    )
    user.has_run(SPEC, [RIGHT, nothing, CHEAT])
    rows = [line for line in user.call("compare", "--markdown").out.splitlines() if line.startswith("| ")]
    assert rows[0] == "|  | model | outcome | pytest | files | +/− | touched | steps | tokens | cost | time |"
    assert [row.split(" | ")[2] for row in rows[2:5]] == ["✓ succeeded", "✗ cheat?", "– no changes"]
    assert rows[4].split(" | ")[4:7] == ["", "", ""]
    assert "| src/tokens\\.py | 1 | · | · |  |" in rows


def test_in_a_narrow_terminal_empty_columns_go_before_those_that_tell_something() -> None:
    scripted = [replace(RIGHT, cost=0.0, variation=n, model=f"scripted/agent_{n}.yaml") for n in (1, 2)]
    shown = []
    for columns in (200, 92):
        out = io.StringIO()
        show_table(Screen(out, columns, is_terminal=True), scripted, touched={1: 0})
        shown.append(out.getvalue().splitlines()[0].split())
    assert shown[0] == ["model", "outcome", "pytest", "files", "+/−", "touched", "steps", "tokens", "cost", "time"]
    assert shown[1] == ["model", "outcome", "pytest", "files", "+/−", "steps", "tokens", "time"]


def test_a_run_that_goes_on_is_compared_as_it_stands(user: User) -> None:
    user.has_run(SPEC, [RIGHT, HALF, Result(3, "gpt-5")])
    done = user.call("compare")
    assert done.code == 0
    assert "k3v9x2q: 3 is still at work; the comparison shows the current state" in done.err
    assert "choice: 1" in done.out
    refused = user.call("select", "k3v9x2q", "--auto")
    assert refused.code == 2
    assert "1 variation of k3v9x2q is still at work" in refused.err
    assert user.store.selection("k3v9x2q") is None


def test_auto_takes_the_best_says_why_and_notes_it(user: User) -> None:
    user.has_run(SPEC, [replace(HALF, variation=1), replace(RIGHT, variation=2), CHEAT])
    done = user.call("select", "k3v9x2q", "--auto")
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("selected k3v9x2q/2, the only one that passes pytest (base 40/41, 2 repaired test_comm")
    selection = user.store.selection("k3v9x2q")
    assert selection is not None
    assert (selection.variation, selection.attempt) == (2, "uid-2")
    assert "the only one that passes pytest" in (selection.note or "")
    lines = user.call("compare").out.splitlines()
    assert [lines[-3], lines[-1]] == ["choice: 2", f"selected: k3v9x2q/2, {selection.note}"], "the reason is told once"
    assert user.call("select", "k3v9x2q", "1", "--note", "shorter").code == 0
    lines = user.call("compare").out.splitlines()
    assert f"choice: 2, {selection.note}" in lines
    assert "selected: k3v9x2q/1, shorter" in lines


def test_auto_exits_7_when_none_passes_and_names_the_cheat_first(user: User) -> None:
    user.has_run(SPEC, [replace(HALF, variation=1), replace(HALF, variation=2), CHEAT])
    done = user.call("select", "k3v9x2q", "--auto")
    assert done.code == 7
    assert "no variation of k3v9x2q passes its checks: 3 is suspected of cheating: pytest passes only with" in done.err
    assert "1 fails pytest 40/41" in done.err
    assert user.call("select", "k3v9x2q", "1", "--note", "good enough").code == 0
    assert user.call("select", "k3v9x2q", "1", "--auto").code == 2
