"""`note` and `tag`: what a user says of a run stays with it."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.fixtures.stored_runs import Told, add_run

HOSTILE = "Keeps the API.\x1b[31m\nSee \u202eticket 7."


@pytest.fixture
def run(aideator: Shell, home: Path) -> str:  # noqa: ARG001 -- it comes first, in an empty folder
    add_run(home, Told(), run="other11", prompt="Fix the lexer")
    return add_run(home, Told()).id


def test_a_note_is_shown_with_the_run_and_found_again(aideator: Shell, run: str) -> None:
    said = aideator("note", run, HOSTILE)
    assert (said.code, said.out, said.err) == (0, "", f"{run} has a note\n")
    assert aideator("note", run).out == "Keeps the API.␛[31m\nSee �ticket 7.\n"
    assert json.loads(aideator("note", run, "--json").out) == {"kind": "note", "run": run, "note": HOSTILE}
    assert "\nnote: Keeps the API.␛[31m See �ticket 7.\n" in aideator("show", run).out
    assert json.loads(aideator("show", run, "--json").out)["note"] == HOSTILE
    (title, line) = aideator("list", "--search", "TICKET").out.splitlines()
    assert title.endswith("  note")
    assert line.endswith("  Keeps the API.␛[31m See �ticket 7.")
    assert "\x1b" not in aideator("list", "--json").out


def test_a_note_can_come_from_a_file_and_be_replaced_and_removed(aideator: Shell, run: str, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("From a file.\n")
    aideator("note", run, f"@{tmp_path}/note.txt")
    assert aideator("note", run).out == "From a file.\n"
    aideator("note", run, "Another one.")
    assert aideator("note", run).out == "Another one.\n"
    assert aideator("note", run, "--remove").err == f"{run} has no note\n"
    said = aideator("note", run)
    assert (said.code, said.out, said.err) == (0, "", f"{run} has no note\n")
    assert "note" not in aideator("list").out


def test_tags_are_shown_with_the_run_and_found_again(aideator: Shell, run: str) -> None:
    assert aideator("tag", run, "keep", "release-2", "keep").err == f"{run}: keep, release-2\n"
    assert aideator("tag", "other11", "keep").code == 0
    assert aideator("tag", run).out == "keep\nrelease-2\n"
    assert "\ntags: keep, release-2\n" in aideator("show", run).out
    assert "  keep, release-2  " in aideator("list").out
    listed = [json.loads(line) for line in aideator("list", "--json", "--tag", "keep").out.splitlines()]
    assert [(each["run"], each["tags"]) for each in listed] == [(run, ["keep", "release-2"]), ("other11", ["keep"])]
    only = aideator("list", "--tag", "keep", "--tag", "release-2").out.splitlines()
    assert [line.split()[0] for line in only] == ["run", run]
    assert aideator("list", "--tag", "kee").err == "no run matches\n"
    assert json.loads(aideator("tag", run, "--remove", "keep", "--json").out) == {
        "kind": "tags", "run": run, "tags": ["release-2"]
    }  # fmt: skip


def test_a_tag_is_found_however_its_letters_were_typed(aideator: Shell, run: str) -> None:
    aideator("tag", run, "größe")
    assert aideator("list", "--tag", "gro\u0308ße").out.count(run) == 1
    assert aideator("tag", run, "--remove", "gro\u0308ße").err == f"{run}: no tags\n"


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["note", "nosuchrun", "x"], 3, "there is no run nosuchrun"),
        (["note", "k3v9x2q/1", "x"], 2, "k3v9x2q/1 is a variation; this command takes a whole run"),
        (["note", "k3v9x2q", "x", "--remove"], 2, "TEXT and --remove can't be combined"),
        (["note", "k3v9x2q", "x" * 4001], 2, "the note has 4001 characters; 4000 is the most"),
        (["note", "k3v9x2q", os.fsdecode(b"\xff")], 2, "the note is not UTF-8 text"),
        (["note", "k3v9x2q", "@nofile"], 3, "the note's file nofile can't be read: No such file or directory"),
        (["tag", "nosuchrun", "x"], 3, "there is no run nosuchrun"),
        (["tag", "k3v9x2q", "good", "not good"], 2, "'not good' is no tag"),
        (["tag", "k3v9x2q", "\x1b[31m"], 2, "'\\x1b[31m' is no tag"),
        (["tag", "k3v9x2q", "x" * 41], 2, f"'{'x' * 41}' is no tag"),
        (["tag", "k3v9x2q", "--remove"], 2, "--remove needs the names of tags"),
        (["tag", "k3v9x2q", "--remove", "nix"], 3, "run k3v9x2q has no tag nix"),
    ],
)
@pytest.mark.usefixtures("run")
def test_what_is_no_note_and_no_tag_is_refused_and_changes_nothing(
    aideator: Shell, words: list[str], code: int, error: str
) -> None:
    said = aideator(*words)
    assert (said.code, said.out, said.err.splitlines()[0]) == (code, "", f"error: {error}")
    shown = json.loads(aideator("show", "k3v9x2q", "--json").out)
    assert (shown["note"], shown["tags"]) == (None, [])


def test_a_deleted_run_takes_its_tags_along(aideator: Shell, run: str) -> None:
    aideator("tag", run, "keep")
    assert aideator("delete", run, "--yes").code == 0
    assert aideator("list", "--tag", "keep").err == "no run matches\n"
