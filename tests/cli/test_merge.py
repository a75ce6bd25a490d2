"""`merge`: one patch out of several, checked as a new run before anybody applies it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_agent.spec import Repository
from aideator_cli.errors import ExitCode
from tests.cli.conftest import Shell
from tests.cli.test_continue import script
from tests.fixtures.repositories import LocalRepository
from tests.fixtures.stored_runs import BASE, Told, add_run, change


def test_two_halves_become_a_whole_that_is_checked_and_applied(
    aideator: Shell, repository: LocalRepository, tmp_path: Path
) -> None:
    repository.commit({"a.txt": "a\n", "b.txt": "b\n"})
    top = str(repository.path)
    one, two = script(tmp_path, "one", "echo A > a.txt"), script(tmp_path, "two", "echo B > b.txt; echo x > extra.txt")
    check = ["--verify", "both=grep -q A a.txt && grep -q B b.txt"]
    assert aideator("run", top, "Mend it.", "--model", f"{one},{two}", "--backend", "local", *check).code == 7
    run = json.loads(aideator("show", "--json").out)["run"]

    dry = aideator("merge", f"{run}/1", f"{run}/2", "--only", "2:b.txt", "--diff")
    assert (dry.code, "+A" in dry.out, "+B" in dry.out, "extra" in dry.out) == (0, True, True, False)
    assert json.loads(aideator("show", "--json").out)["run"] == run

    done = aideator("merge", f"{run}/1", f"{run}/2", "--only", "2:b.txt")
    assert done.code == 0, done.err
    shown = json.loads(aideator("show", "--json").out)
    assert shown["origin"] == {"kind": "merged", "variations": [f"{run}/1", f"{run}/2"]}
    (variation,) = shown["variations"]
    assert (variation["status"], variation["model"]) == ("succeeded", "merge")
    assert f"merged from {run}/1 and {run}/2\nMend it.\n" in aideator("show", shown["run"]).out
    assert f"merges {run}/1, {run}/2: Mend it." in aideator("list").out
    assert "merge" not in aideator("stats").out

    assert aideator("apply", f"{run}/1", "-C", top).code == 0  # what it holds may be there already
    assert aideator("apply", f"{shown['run']}/1", "-C", top).code == 0
    assert [(repository.path / name).read_text() for name in ("a.txt", "b.txt")] == ["A\n", "B\n"]
    assert not (repository.path / "extra.txt").exists()


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (["k3v9x2q/1"], "merge takes two variations or more", ExitCode.USAGE),
        (["k3v9x2q/1", "k3v9x2q/1"], "merge takes two variations or more", ExitCode.USAGE),
        (["k3v9x2q/1", "k3v9x2q/2"], "a.txt (hunk 1 of k3v9x2q/1 and hunk 1 of k3v9x2q/2, line 1)", 8),
        (["k3v9x2q/1", "k3v9x2q/3"], "k3v9x2q/3 changed nothing, so there is nothing to merge", ExitCode.NOT_FOUND),
        (["k3v9x2q/1", "k3v9x2q/4"], "that is the patch of k3v9x2q/1", ExitCode.USAGE),
        (["k3v9x2q/1", "m2v9x2q/1"], "m2v9x2q/1 began with 1111111", ExitCode.USAGE),
        (["k3v9x2q/1", "n2v9x2q/1"], "was asked for an answer", ExitCode.USAGE),
        (["k3v9x2q/1", "k3v9x2q/2", "--take", "1:b.txt"], "no variation changes b.txt", ExitCode.USAGE),
        (["k3v9x2q/1", "k3v9x2q/2", "--take", "a.txt"], "--take takes N:PATH, not 'a.txt'", ExitCode.USAGE),
    ],
)
def test_what_cannot_be_merged_is_said_and_nothing_starts(
    aideator: Shell, home: Path, repository: LocalRepository, words: list[str], said: str, code: int
) -> None:
    one, two = Told(change("a.txt", "a", "A")), Told(change("a.txt", "a", "B"))
    where = Repository(str(repository.path), None, BASE)
    add_run(home, one, two, Told(outcome="no_changes"), one, repository=where)
    cloned = {"type": "phase", "name": "clone", "state": "end", "seconds": 1.0, "base": "1" * 40}
    add_run(home, replace(one, more=[cloned]), run="m2v9x2q", repository=where)
    add_run(home, Told(answer="Yes."), run="n2v9x2q")
    before = aideator("list").out
    done = aideator("merge", *words)
    assert said in done.err
    assert done.code == code
    assert aideator("list").out == before
