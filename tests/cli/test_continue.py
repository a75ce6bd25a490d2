"""`continue`: agents go on from a patch, and what they make holds it, too."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_agent.spec import Repository
from aideator_cli.errors import ExitCode
from tests.cli.conftest import Shell
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.stored_runs import BASE, Told, add_run, change


def script(folder: Path, name: str, *commands: str) -> str:
    turns = [{"calls": [{"tool": "bash", "arguments": {"command": command}}]} for command in commands]
    turns.append({"calls": [{"tool": "submit", "arguments": {"summary": f"Did {name}."}}]})
    (folder / f"{name}.yaml").write_text(json.dumps(turns))
    return f"scripted/{folder / name}.yaml"


def test_agents_go_on_from_a_patch_and_applying_theirs_applies_both(
    aideator: Shell, repository: LocalRepository, tmp_path: Path
) -> None:
    repository.commit({"a.txt": "a\n", "b.txt": "b\n"})
    top = str(repository.path)
    half = script(tmp_path, "half", "echo A > a.txt")
    rest = script(tmp_path, "rest", "grep -q A a.txt && git show --format=%s HEAD | grep -q k && echo B > b.txt")
    check = ["--verify", "both=grep -q A a.txt && grep -q B b.txt"]
    assert aideator("run", top, "Mend a.", "--model", half, "-n", "1", "--backend", "local", *check).code == 7
    first = json.loads(aideator("show", "--json").out)["run"]

    done = aideator("continue", f"{first}/1", "Mend b, too.", "--model", rest, "-n", "2", "--select", "auto")
    assert done.code == 0, done.err
    assert f"2 variations of {repository.path.name}@" in done.err
    assert f", goes on from {first}/1, " in done.err

    shown = json.loads(aideator("show", "--json").out)
    assert shown["origin"] == {"kind": "continued", "variations": [f"{first}/1"]}
    assert [each["status"] for each in shown["variations"]] == ["succeeded", "succeeded"]
    assert f"goes on from {first}/1\nMend b, too.\n" in aideator("show", shown["run"]).out
    assert f"from {first}/1: Mend b, too." in aideator("list").out
    more = aideator("diff", f"{first}/1", f"{shown['run']}/1", "-C", top).out
    assert ("b.txt" in more, "a.txt" in more) == (True, False)
    assert aideator("apply", shown["run"], "-C", top).code == 0
    assert [(repository.path / name).read_text() for name in ("a.txt", "b.txt")] == ["A\n", "B\n"]


@pytest.mark.parametrize(
    ("word", "said", "code"),
    [
        ("k3v9x2q/1", "k3v9x2q/1 changed nothing, so there is no work to go on from", ExitCode.NOT_FOUND),
        ("k3v9x2q/2", "k3v9x2q/2 has no patch: failed", ExitCode.NOT_FOUND),
        ("k3v9x2q/9", "run k3v9x2q has no variation 9", ExitCode.NOT_FOUND),
        ("k3v9x2q", "k3v9x2q has 4 variations; name one", ExitCode.USAGE),
        ("m2v9x2q/1", "run m2v9x2q was asked for an answer, so it has no patch", ExitCode.USAGE),
        ("z9v9x2q/1", "there is no run z9v9x2q", ExitCode.NOT_FOUND),
        (
            "k3v9x2q/3",
            "does not have commit 4f1c2aa00000 any more, on which k3v9x2q/3 was made",
            ExitCode.NOT_FOUND,
        ),
    ],
)
def test_what_nobody_can_go_on_from_is_said(
    aideator: Shell, home: Path, repository: LocalRepository, word: str, said: str, code: int
) -> None:
    kinds = (Told(outcome="no_changes"), Told(outcome="failed"), Told(change("a.txt", "a", "b")))
    told = [replace(each, model="scripted/a.yaml") for each in (*kinds, kinds[2])]
    add_run(home, *told, repository=Repository(str(repository.path), None, BASE))
    add_run(home, Told(answer="Yes."), run="m2v9x2q")
    before = aideator("list").out
    done = aideator("continue", word, "Go on.")
    assert said in done.err
    assert done.code == code
    assert aideator("list").out == before
