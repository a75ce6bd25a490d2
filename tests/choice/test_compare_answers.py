"""`compare`, `select --auto`, `judge`, `report` and `export` on answers."""

import json
from pathlib import Path

import yaml

from tests.actions.report.pages import read
from tests.cli.conftest import Shell, aideator, home
from tests.fixtures.stored_runs import Told, add_run, change, check, cites

__all__ = ["aideator", "home"]

EVIL = "</pre><script>alert(1)</script> [x](javascript:alert(1)) ![i](http://evil.example/i.png) \x1b]8;;http://evil.example\x07 @ada"
LEXER = cites("src/lexer.py:12-20", "src/lexer.py", 12, 20)
NOWHERE = cites("src/lex.py:7", "src/lex.py", 7, problem="no_file")
SHORT = cites("a.py:99", "a.py", 99, problem="no_line", lines=4)

GOOD = Told(answer="In `src/lexer.py:12-20`.\n", citations=[LEXER, cites("a.py:1", "a.py", 1)])
OTHER = Told(
    answer="Around src/lexer.py:14, `a.py:99`.\n", citations=[SHORT, cites("src/lexer.py:14", "src/lexer.py", 14)]
)
WORSE = Told(answer="In src/lex.py:7 and `a.py:99`.\n", citations=[NOWHERE, SHORT], changed=["a.py"])


def test_answers_stand_side_by_side_with_the_places_that_they_share(aideator: Shell, home: Path) -> None:
    add_run(home, WORSE, OTHER, GOOD)
    out = aideator("compare", "k3v9x2q").out
    assert "src/lexer.py:12-20  · 2 3" in out
    assert "a.py:1              · · 3" in out
    assert "1 cites what does not exist: src/lex.py:7 (no such file), a.py:99 (the file has 4 lines)" in out
    assert "1 changed 1 file on the way, left out: a.py" in out
    assert "choice: 3, the first of the 3 that succeeded, because all that it cites exists" in out
    assert out.index("── 3, gpt-5 ──") < out.index("── 2, gpt-5 ──") < out.index("── 1, gpt-5 ──")
    assert "In src/lex.py:7⚠ and `a.py:99⚠`." in out
    assert " cites " in out.splitlines()[0]
    assert "files" not in out.splitlines()[0]

    record = json.loads(aideator("compare", "k3v9x2q", "--json").out)
    assert (record["choice"], record["cited"][0]) == (
        3, {"path": "src/lexer.py", "first": 12, "last": 20, "variations": [2, 3]},
    )  # fmt: skip
    assert [each["answer"] for each in record["variations"]] == [GOOD.answer, OTHER.answer, WORSE.answer]
    assert [each["shared_places"] for each in record["variations"]] == [1, 1, 0]


def test_the_places_of_others_decide_between_answers_that_are_equally_right(aideator: Shell, home: Path) -> None:
    alone = Told(answer="In b.py:1.\n", citations=[cites("b.py:1", "b.py", 1)])
    add_run(
        home, alone, GOOD, Told(answer="src/lexer.py:15!\n", citations=[cites("src/lexer.py:15", "src/lexer.py", 15)])
    )
    assert "choice: 2, of the 3 that succeeded" not in aideator("compare", "k3v9x2q").out  # 3 shares as many
    selected = aideator("select", "k3v9x2q", "--auto")
    assert selected.code == 0
    assert "--answer 2" in selected.err


def test_a_check_outweighs_every_place(aideator: Shell, home: Path) -> None:
    failing = Told(answer=GOOD.answer, citations=GOOD.citations, checks=[check("links", 1, on="answer")])
    passing = Told(answer=WORSE.answer, citations=WORSE.citations, checks=[check("links", on="answer")])
    add_run(home, failing, passing)
    assert "choice: 2, the only one that passes links" in aideator("compare", "k3v9x2q").out


def test_the_same_answer_twice_is_told_and_judged_once(aideator: Shell, home: Path, tmp_path: Path) -> None:
    add_run(home, GOOD, GOOD)
    assert "1 and 2: the same answer" in aideator("compare", "k3v9x2q").out
    (tmp_path / "judge.yaml").write_text(yaml.safe_dump([{"say": "TIE"}]))
    assert "are equivalent" in aideator("judge", "k3v9x2q", "--model", f"scripted/{tmp_path}/judge.yaml").err


def test_a_judge_compares_answers(aideator: Shell, home: Path, tmp_path: Path) -> None:
    add_run(home, GOOD, OTHER)
    said = [{"say": json.dumps({"verdict": verdict, "reason": "It is clearer."})} for verdict in ("A", "B")]
    (tmp_path / "judge.yaml").write_text(yaml.safe_dump(said))
    judged = aideator("judge", "k3v9x2q", "--model", f"scripted/{tmp_path}/judge.yaml")
    assert "judging 2 answers" in judged.err
    assert "It is clearer." in judged.out
    places = json.loads(aideator("show", "k3v9x2q", "--json").out)["judged"]["places"]
    assert sorted(places.values()) == [1, 2]


def test_an_answer_stays_text_wherever_it_is_shown(aideator: Shell, home: Path) -> None:
    add_run(
        home,
        Told(answer=f"{EVIL}\n````\nout\n", citations=[{**NOWHERE, "text": EVIL, "path": EVIL}], changed=[EVIL]),
        GOOD,
    )
    page = aideator("report", "k3v9x2q", "-o", "-").out
    read(page)
    assert "<script" not in page
    assert "alert(1)" in page
    for words in (("compare",), ("compare", "--markdown")):
        out = aideator(words[0], "k3v9x2q", *words[1:]).out
        assert "\x1b" not in out
    assert "\n`````markdown\n" in out  # a fence that the answer can't close


def test_a_report_has_the_answers_instead_of_diffs(aideator: Shell, home: Path) -> None:
    add_run(home, WORSE, GOOD)
    page = aideator("report", "k3v9x2q", "-o", "-").out
    assert "Answers, side by side" in page
    assert "Differences" not in page
    assert '<strong class="bad">src/lex.py:7⚠</strong>' in page
    assert "Changed on the way, and left out: a.py" in page
    assert "Differences" in _of_patches(aideator, home)


def _of_patches(aideator: Shell, home: Path) -> str:
    add_run(home, Told(change("a.py", "x", "y")), run="p123456")
    return aideator("report", "p123456", "-o", "-").out


def test_an_export_has_each_answer_as_a_file(aideator: Shell, home: Path, tmp_path: Path) -> None:
    add_run(home, GOOD, Told(outcome="failed"))
    assert aideator("export", "k3v9x2q", str(tmp_path / "out")).code == 0
    assert (tmp_path / "out" / "k3v9x2q-1.md").read_text() == GOOD.answer
    results = json.loads((tmp_path / "out" / "result.json").read_text())["results"]
    assert [result["answer"] for result in results] == ["k3v9x2q-1.md", None]


def test_a_watcher_sees_the_answer(aideator: Shell, home: Path) -> None:
    add_run(home, WORSE)
    out = aideator("watch", "k3v9x2q", "--view", "lines").out
    assert "answer: cites 2 places, 2 of which do not exist; it changed 1 file on the way, which is left out" in out
    assert "k3v9x2q/1 │ In src/lex.py:7 and `a.py:99`." in out
