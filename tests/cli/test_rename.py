"""`rename`: a user calls a run by a name of their own, wherever an id stands."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from aideator_cli.errors import ExitCode
from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run, change

PATCH = change("a.py", "x = 1", "x = 2")


@pytest.fixture(autouse=True)
def runs(aideator: Shell, home: Path) -> None:  # noqa: ARG001 -- it comes first, in an empty folder
    add_run(home, Told(PATCH), Told(PATCH), run="k3v9x2q", created="2026-01-01T00:00:00Z")
    add_run(home, Told(PATCH), run="m2c8wq1", created="2026-01-02T00:00:00Z")


def test_a_name_stands_wherever_an_id_does(aideator: Shell) -> None:
    said = aideator("rename", "k3v", "Fix.lexer")
    assert (said.code, said.out, said.err) == (0, "", "k3v9x2q is called Fix.lexer\n")
    for words in (["show"], ["compare"], ["watch"], ["logs"], ["tag"], ["note"], ["wait"]):
        assert "there is no run" not in aideator(words[0], "Fix.lexer", *words[1:]).err
    assert aideator("diff", "Fix.lexer/2").out.encode() == PATCH
    assert aideator("select", "Fix.lexer", "2").code == 0
    assert json.loads(aideator("show", "Fix.lexer", "--json").out)["run"] == "k3v9x2q"
    assert aideator("show", "Fix.lexer").out.startswith("k3v9x2q  Fix.lexer  ended  on")
    assert aideator("__complete", "show", "Fix").out.split("\t")[0] == "Fix.lexer"
    assert [line.split("\t")[0] for line in aideator("__complete", "diff", "Fix.lexer/").out.splitlines()] == [
        "Fix.lexer/1", "Fix.lexer/2",
    ]  # fmt: skip


def test_lists_have_the_name_and_search_finds_it(aideator: Shell) -> None:
    assert "name" not in aideator("list").out.splitlines()[0]
    aideator("rename", "k3v9x2q", "Fix.lexer")
    title, first, second = aideator("list").out.splitlines()
    assert title.split()[:2] == ["run", "name"]
    assert first.split()[0] == "m2c8wq1"
    assert second.split()[:2] == ["k3v9x2q", "Fix.lexer"]
    assert [json.loads(line)["name"] for line in aideator("list", "--json").out.splitlines()] == [None, "Fix.lexer"]
    assert aideator("list", "--search", "fix.LEXER", "--columns", "run").out == "run\nk3v9x2q\n"


def test_a_name_is_printed_and_taken_away(aideator: Shell) -> None:
    assert aideator("rename", "k3v9x2q").err == "k3v9x2q has no name\n"
    aideator("rename", "k3v9x2q", "one-more")
    assert aideator("rename", "one-more").out == "one-more\n"
    assert aideator("rename", "one-more", "another-one").code == 0
    assert aideator("show", "one-more").code == ExitCode.NOT_FOUND
    assert json.loads(aideator("rename", "another-one", "--remove", "--json").out) == {
        "kind": "name", "run": "k3v9x2q", "name": None,
    }  # fmt: skip
    assert aideator("show", "another-one").code == ExitCode.NOT_FOUND


def test_a_name_is_one_runs_alone_and_is_free_when_the_run_is_gone(aideator: Shell) -> None:
    aideator("rename", "k3v9x2q", "the-one")
    said = aideator("rename", "m2c8wq1", "the-one")
    assert said.code == ExitCode.USAGE
    assert said.err == "error: run k3v9x2q is called the-one\n hint: aideator rename k3v9x2q --remove frees the name\n"
    assert aideator("rename", "k3v9x2q", "the-one").code == 0, "it has it already"
    aideator("delete", "the-one", "--yes")
    assert aideator("rename", "m2c8wq1", "the-one").code == 0


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("m2c8wq1", "m2c8wq1 could be the id of a run, or the beginning of one"),
        ("lexer", "lexer could be the id of a run, or the beginning of one"),
        ("x", "'x' is no name"),
        ("a/b", "'a/b' is no name"),
        ("@last", "'@last' is no name"),
        ("-rf", "'-rf' is no name"),
        ("a b", "'a b' is no name"),
        ("", "'' is no name"),
        ("N" * 51, f"'{'N' * 51}' is no name"),
        ("größe-1", "'größe-1' is no name"),
        ("\x1b[31m", "'\\x1b[31m' is no name"),
    ],
)
def test_what_could_be_taken_for_something_else_is_no_name(aideator: Shell, name: str, error: str) -> None:
    said = aideator("rename", "k3v9x2q", "--", name)
    assert (said.code, said.err.splitlines()[0]) == (ExitCode.USAGE, f"error: {error}")
    assert aideator("rename", "k3v9x2q").err == "k3v9x2q has no name\n"


@pytest.mark.parametrize("words", [("rename", "nope", "x"), ("tag", "nope", "-"), ("tag", "nope", "-", "--remove")])
def test_a_run_that_is_not_there_is_said_before_what_its_name_or_tag_lacks(
    aideator: Shell, words: Sequence[str]
) -> None:
    assert "no run" in aideator(*words).err.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("run,repo", "m2c8wq1  https://git.example/todo.git"),
        ("owner, run", "you    m2c8wq1"),
        ("prompt", "Make the parser accept comments"),
        ("Run,REPO", "m2c8wq1  https://git.example/todo.git"),
    ],
)
def test_columns_are_those_that_are_asked_for(aideator: Shell, words: str, first: str) -> None:
    title, line, _ = aideator("list", "--columns", words).out.splitlines()
    assert title.split() == words.lower().replace(",", " ").split()
    assert line == first


def test_an_unknown_column_is_told(aideator: Shell) -> None:
    said = aideator("list", "--columns", "run,promt")
    assert (said.code, said.err.splitlines()[0]) == (ExitCode.USAGE, "error: there is no column 'promt'")
    assert said.err.splitlines()[1].startswith(" hint: did you mean prompt? columns: run, name, created")
    assert aideator("list", "--columns", "run", "--json").code == ExitCode.USAGE
