"""The report: one page that tells all, asks nothing of a network, and stays text whatever stands in a run."""

import base64
import hashlib
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from aideator_agent.spec import VariationSpec
from aideator_cli.domain.judgements import Judgement
from aideator_cli.domain.runs import Selection
from aideator_cli.errors import ExitCode
from aideator_cli.store import Store
from tests.actions.report.pages import Element, read
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run, change, check

EVIL = (
    '</pre></title></style></script><script>alert(1)</script><img src=x onerror=alert(1)> " onmouseover="alert(1)" x=\''
    " --><!-- &lt;b&gt; {{ 7*7 }} {% raw %} javascript:alert(1) \u202e\u2066 \x1b]8;;http://x\x07 \x00 http://evil.example/"
)
TOOLS = [
    {"type": "phase", "name": "work", "state": "begin"},
    {"type": "call", "step": 1, "id": "a", "tool": "bash", "arguments": {"command": "pytest -q"}},
    {"type": "done", "step": 1, "id": "a", "exit_code": 1, "seconds": 1.5},
    {"type": "told", "id": "t", "text": "Leave the docs alone."},
    {"type": "phase", "name": "work", "state": "end"},
]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def _with(tool: dict[str, Any], word: str) -> dict[str, Any]:
    """The field of the record that holds foreign text, with the word."""
    if "name" in tool:
        return {"name": word}
    return {"text": word} if "text" in tool else {"arguments": {"command": word}}


def page(aideator: Shell) -> Element:
    said = aideator("report", "k3v9x2q", "-o", "-")
    assert said.code == 0, said.err
    return read(said.out)


def a_run(home: Path, word: str = "plain") -> None:
    """All that a run can have, with this word wherever foreign text can stand."""
    patch = change("src/parser.py", "x = 1", f"x = 2 {word}")
    weird = b"diff --git a/a b/b\n" + change("a", "b", "c").split(b"\n", 1)[1].replace(
        b"a/a", f"a/{_name(word)}".encode()
    )
    checks = [
        check(word, command=word, tail=word, on="base", exit_code=1, tests=2, failing=[word]),
        check(word, command=word, tail=word, tests=2),
    ]
    failed = [check(word, 1, command=word, tail=word, tests=2, failing=[word])]
    tools = [{**tool, **_with(tool, word)} for tool in TOOLS]
    variations = tuple(VariationSpec(number, f"openai/{word}", 0.5, prompt_name=word) for number in (1, 2, 3, 4))
    fields = {"setup": (word,), "verify_report": "r.xml", "variations": variations}
    end = {"fault": word, "reason": word}
    add_run(
        home,
        Told(patch, checks, summary=word, model=f"openai/{word}", more=tools, tests=[word]),
        Told(patch + weird, failed, summary=word, more=TOOLS),
        Told(outcome="failed", summary=word, end=end),
        Told(change("src/parser.py", "x = 1", f"x = 3 {word}"), checks[1:]),
        prompt=word,
        **fields,
    )
    store = Store.open(home)
    store.select("k3v9x2q", Selection(1, "k3v9x2q-uid-1", "2026-11-21T13:00:00Z", word))
    shas = {result.variation: result.patch_sha256 or "" for result in store.results("k3v9x2q")}
    for one, other, verdict in ((1, 4, "first"), (4, 1, "second")):
        store.save_judgement(
            "k3v9x2q",
            Judgement("r", 2, one, other, shas[one], shas[other], verdict, word, word, 10, 1, 0.01),  # type: ignore[arg-type]
        )
    store.close()


def _name(word: str) -> str:
    return word.replace("\n", " ").replace('"', "")


def test_all_that_a_reviewer_asks_for_is_there(aideator: Shell, home: Path) -> None:
    add_run(
        home,
        Told(change("src/a.py", "old", "good"), [check("pytest", on="base", exit_code=1), check("pytest")], more=TOOLS),
        Told(change("src/a.py", "old", "bad"), [check("pytest", 1, tail="E   assert 1 == 2")], summary="Half of it."),
    )
    text = page(aideator).text
    for told in (
        "Make the parser accept comments",
        "https://git.example/todo.git",
        "the only one that passes pytest",
        "-old",
        "+good",
        "+bad",
        "E   assert 1 == 2",
        "Half of it.",
        "$ pytest -q",
        "1 tool call, 1 failed",
        "the user told the agent: Leave the docs alone.",
        "$0.42",
    ):
        assert told in text


def test_no_element_and_no_attribute_comes_of_what_stands_in_a_run(aideator: Shell, home: Path) -> None:
    a_run(home)
    plain = page(aideator)
    Store.open(home).forget_run("k3v9x2q")
    a_run(home, EVIL)
    evil = page(aideator)
    assert _without_labels(evil) == _without_labels(plain)
    assert "<script>alert(1)</script>" in evil.text
    assert "{{ 7*7 }}" in evil.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f]", evil.text)


def _without_labels(element: Element) -> list[Any]:
    """A phase whose name is long has no label in the drawing."""
    return [part for part in element.shape() if part[0] != "text"]


def test_the_page_asks_nothing_of_any_network_and_says_so_to_the_browser(aideator: Shell, home: Path) -> None:
    a_run(home, EVIL)
    root = page(aideator)
    policy = root.one("meta", **{"http-equiv": "Content-Security-Policy"}).attributes["content"] or ""
    digest = base64.b64encode(hashlib.sha256(root.one("style").text.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert {tag for tag, _ in root.shape()}.isdisjoint(
        {"script", "img", "link", "iframe", "object", "form", "base", "image"}
    )
    names = {name for _, attributes in root.shape() for name, _ in attributes}
    assert not {name for name in names if name.startswith("on")} | names & {
        "src",
        "srcset",
        "style",
        "action",
        "xlink:href",
    }
    assert all((link.attributes["href"] or "").startswith("#") for link in root.all("a"))
    assert not re.search(r"url\(|@import|expression", root.one("style").text)


def test_it_is_read_by_ear_and_by_keyboard(aideator: Shell, home: Path) -> None:
    a_run(home)
    root = page(aideator)
    assert root.one("html").attributes["lang"] == "en"
    ids = [attributes["id"] for attributes in (dict(a) for _, a in root.shape()) if "id" in attributes]
    assert len(set(ids)) == len(ids)
    targets = {(link.attributes["href"] or "")[1:] for link in root.all("a")}
    labels = {dict(a)["aria-labelledby"] for _, a in root.shape() if "aria-labelledby" in dict(a)}
    assert targets | labels <= set(ids)
    assert root.one("body").children[0].attributes["class"] == "skip"
    levels = [int(tag[1]) for tag, _ in root.shape() if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(cell.attributes.get("scope") in ("row", "col") for cell in root.all("th"))
    assert all(drawing.one("title").text for drawing in root.all("svg", role="img"))
    for part in (*root.all("div", **{"class": "scroll"}), *root.all("div", **{"class": "sides"})):
        assert part.attributes["tabindex"] == "0"
    assert all(line.text.startswith("+") for line in root.all("ins"))
    assert all(line.text.startswith("-") for line in root.all("del"))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_told_from_its_ground(aideator: Shell, home: Path, scheme: int) -> None:
    a_run(home)
    found = re.findall(r":root\{(.*?)\}", page(aideator).one("style").text)
    colours = dict(re.findall(r"--(\w+):#([0-9a-f]{6})", found[scheme]))
    pairs = [(text, ground) for text in ("text", "dim", "link", "good", "bad") for ground in ("page", "soft")]
    for text, ground in [*pairs, ("text", "add"), ("text", "del"), ("text", "hunk")]:
        assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, 1.4.3."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_same_file_of_each_stands_beside_the_others(aideator: Shell, home: Path) -> None:
    both = change("src/a.py", "old", "same")
    add_run(home, Told(both), Told(change("src/a.py", "old", "other")), Told(both))
    sides = page(aideator).one("div", **{"class": "sides"})
    assert [heading.text for heading in sides.all("h3")] == ["1, 3: modified +1 −1", "2: modified +1 −1"]


def test_what_is_big_is_cut_with_a_word_about_it(aideator: Shell, home: Path) -> None:
    lines = "".join(f"+{n:06} {'x' * 2000}\n" for n in range(3000))
    header = "diff --git a/big b/big\nnew file mode 100644\nindex 0000000..1111111\n--- /dev/null\n+++ b/big\n"
    patch = f"{header}@@ -0,0 +1,3000 @@\n{lines}".encode()
    many = b"".join(change(f"f{n:04}", "a", "b" * 400) for n in range(2000))
    tail = check("pytest", 1, tail="first " + "y" * 50_000 + " last")
    add_run(home, Told(patch, [tail]), Told(many), Told(patch + many), prompt="p" * 100_000)
    said = aideator("report", "k3v9x2q", "-o", "-")
    assert len(said.out) < 3_000_000
    text = read(said.out).text
    assert "2601 lines more in the patch: aideator diff k3v9x2q/1" in text
    assert "1508 more characters" in text
    assert "1501 more files are not listed here" in text
    assert "The changes of 1701 more files are not shown here" in text
    assert "80000 more characters" in text
    assert "earlier characters" in text
    assert " last" in text


def test_numbers_that_no_agent_can_have_measured_do_no_harm(aideator: Shell, home: Path) -> None:
    odd = [
        {"type": "phase", "name": "work", "state": "begin", "time": "9999-12-31T23:59:59Z"},
        {"type": "call", "id": "a", "tool": "bash", "arguments": {"command": "x"}, "time": "no time"},
        {"type": "done", "id": "a", "seconds": 10**4000},
        {"type": "call", "id": "b", "tool": [], "arguments": []},
        {"type": "done", "id": "b", "seconds": float("nan"), "exit_code": 0},
    ]
    add_run(home, Told(change("a", "b", "c"), [check("pytest", seconds=float("inf"))], more=odd))
    assert page(aideator).all("svg")


def test_a_run_in_which_nothing_came_of_anything(aideator: Shell, home: Path) -> None:
    add_run(home, Told(outcome="failed", end={"fault": "infrastructure", "reason": "oom_killed"}))
    text = page(aideator).text
    for told in (
        "By the rule: none, because no variation succeeded.",
        "No variation changed a file.",
        "There are no patches.",
        "No checks",
    ):
        assert told in text


def test_it_is_written_beside_one_and_over_nothing(aideator: Shell, home: Path, here: Path) -> None:
    add_run(home, Told(change("a", "b", "c")))
    said = aideator("report", "k3v")
    assert (said.code, said.out) == (0, "")
    assert "wrote k3v9x2q.html: 1 variation" in said.err
    first = (here / "k3v9x2q.html").read_text()
    assert first.startswith("<!DOCTYPE html>")
    (here / "k3v9x2q.html").write_text("mine")
    refused = aideator("report", "k3v")
    assert refused.code == ExitCode.USAGE
    assert "hint: overwrite it with --force" in refused.err
    assert (here / "k3v9x2q.html").read_text() == "mine"
    assert aideator("report", "k3v", "--force").code == 0
    assert aideator("report", "k3v", "-o", "other.html").code == 0
    assert sorted(path.name for path in here.iterdir()) == ["k3v9x2q.html", "other.html"]


def test_a_place_that_can_not_be_written_leaves_nothing(aideator: Shell, home: Path, here: Path) -> None:
    add_run(home, Told(change("a", "b", "c")))
    said = aideator("report", "k3v", "-o", "nowhere/x.html")
    assert said.code == ExitCode.NOT_FOUND
    assert "nowhere/x.html can't be written: there is no folder nowhere" in said.err
    assert "hint: create the folder" in said.err
    assert aideator("report", "k3v", "-o", ".").code == ExitCode.USAGE
    assert list(here.iterdir()) == []


def test_a_file_that_is_written_anew_keeps_its_place_and_who_may_read_it(
    aideator: Shell, home: Path, here: Path
) -> None:
    add_run(home, Told())
    kept = here / "kept.html"
    kept.touch(mode=0o600)
    (here / "link.html").symlink_to(kept)
    assert aideator("report", "k3v", "-o", "link.html", "--force").code == 0
    assert (here / "link.html").is_symlink()
    assert kept.read_text().startswith("<!DOCTYPE html>")
    assert kept.stat().st_mode & 0o777 == 0o600
