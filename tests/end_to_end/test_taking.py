"""From a prompt to a commit whose tests pass, as a CI script asks for it: one right agent, one that breaks a test, one that deletes it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.end_to_end.conftest import Place
from tests.end_to_end.user import Done
from tests.fixtures.repositories import git, git_environment
from tests.fixtures.script_player import Element

WRONG = 'def words(text):\n    """The words of a text, in lower case."""\n    return text.split(" ")\n'
RIGHT = WRONG.replace('text.split(" ")', "text.lower().split()")
BROKEN = WRONG.replace('text.split(" ")', 'text.lower().split(" ")')
TESTS = """import unittest

from words import words


class TestWords(unittest.TestCase):
    def test_lower_case(self):
        self.assertEqual(words("A Bee"), ["a", "bee"])

    def test_blanks(self):
        self.assertEqual(words("a  b"), ["a", "b"])
"""
FEWER = TESTS[: TESTS.index("    def test_blanks")].rstrip() + "\n"
VERIFY = "python3 -m unittest -q"


def editing(summary: str, **files: str) -> list[Element]:
    calls = [
        {"tool": "write_file", "arguments": {"path": f"{name}.py", "content": text}} for name, text in files.items()
    ]
    return [
        {"say": "I see.", "calls": calls},
        {"say": "Done.", "calls": [{"tool": "submit", "arguments": {"summary": summary}}]},
    ]


AGENTS = {
    "cheat": editing("All tests pass.", words=BROKEN, test_words=FEWER),
    "breaks": editing("Lower case.", words=BROKEN),
    "right": editing("Words are lower case, however many blanks part them.", words=RIGHT),
}


@pytest.fixture
def clone(place: Place, tmp_path: Path) -> Path:
    place.git.add("words", {"words.py": WRONG, "test_words.py": TESTS})
    git(tmp_path, "clone", "--quiet", place.git.url("words"), "clone")
    git(tmp_path / "clone", "config", "user.name", "Ada")
    git(tmp_path / "clone", "config", "user.email", "ada@example.org")
    return tmp_path / "clone"


def run_there(place: Place, clone: Path, agents: tuple[str, ...], *words: str) -> Done:
    models = [word for name in agents for word in ("--model", scripted(place.user.folder / f"{name}.yaml", name))]
    user = replace(place.user, folder=clone)
    return user.run(place.git.url("words"), "Make the tests pass.", *models, "--verify", VERIFY, *words)


def scripted(path: Path, name: str) -> str:
    path.write_text(yaml.safe_dump(AGENTS[name]))
    return f"scripted/{path}"


def test_one_command_line_makes_a_commit_whose_tests_pass(place: Place, clone: Path) -> None:
    before = git(clone, "rev-parse", "HEAD")

    done = run_there(place, clone, tuple(AGENTS), "--select", "auto", "--apply", "--branch", "fix", "--json")

    assert done.code == 0, done.err
    assert [record["variation"] for record in done.of("selection")] == [3]
    (applied,) = done.of("applied")
    assert (applied["branch"], applied["variation"]) == ("fix", 3)
    assert git(clone, "rev-parse", "fix") == applied["commit"]
    assert git(clone, "rev-parse", "HEAD", "fix^") == f"{before}\n{before}"
    assert git(clone, "status", "--porcelain") == ""
    git(clone, "switch", "--quiet", "fix")
    assert (
        subprocess.run(
            [sys.executable, "-m", "unittest", "-q"], cwd=clone, env=git_environment(), check=False
        ).returncode
        == 0
    )
    message = git(clone, "log", "-1", "--format=%B")
    assert message.startswith("Words are lower case, however many blanks part them\n\n")
    assert f"AIdeator-Run: {applied['run']}/3" in message
    shown = place.user.call("show", applied["run"]).out.decode()
    assert f"check unittest: {VERIFY}" in shown
    assert f"selected {applied['run']}/3: the only one that passes unittest" in shown


def test_where_none_passes_nothing_is_taken_and_the_cheat_is_named(place: Place, clone: Path) -> None:
    done = run_there(place, clone, ("cheat", "breaks"), "--select", "auto", "--apply", "--branch", "fix")

    assert done.code == 7
    assert "suspected" in done.err.splitlines()[-2] + done.err.splitlines()[-1]
    assert git(clone, "branch", "--list", "fix") == ""
    assert git(clone, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--apply"], "--apply needs --select auto"),
        (["--branch", "fix"], "--branch needs --apply"),
        (["--select", "best"], "--select takes auto, not best"),
        (["--select", "auto", "--detach"], "--select needs to wait for the agents"),
        (["--select", "auto", "--apply", "--branch", "main"], "main"),
    ],
)
def test_what_can_not_be_done_is_said_before_an_agent_starts(
    local_place: Place, tmp_path: Path, words: list[str], problem: str
) -> None:
    folder = tmp_path / "here"
    local_place.git.add("words", {"words.py": WRONG})
    git(tmp_path, "clone", "--quiet", local_place.git.url("words"), str(folder))
    done = run_there(local_place, folder, ("right",), *words)
    assert done.code == 2
    assert problem in done.err
    assert local_place.user.call("list").out.splitlines()[1:] == []


def test_without_a_working_tree_no_agent_starts_for_it(local_place: Place, tmp_path: Path) -> None:
    local_place.git.add("words", {"words.py": WRONG})
    outside = tmp_path / "outside"
    outside.mkdir()
    done = run_there(local_place, outside, ("right",), "--select", "auto", "--apply")
    assert done.code == 3
    assert "is not in a git working tree" in done.err
