"""What is said of taking a patch, and of taking it back, names what can work, and where."""

from pathlib import Path

import pytest

from aideator_cli.errors import ExitCode
from tests.cli.conftest import Shell
from tests.fixtures.repositories import LocalRepository, git_environment
from tests.fixtures.stored_runs import Told, add_run


@pytest.fixture
def run(aideator: Shell, repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two variations that change the same file. The user stands in another folder afterwards."""
    for name, value in git_environment().items():
        monkeypatch.setenv(name, value)
    repository.commit({"a.txt": "a\n"})
    for name in "bc":
        (tmp_path / f"{name}.yaml").write_text(
            f"- calls: [{{tool: write_file, arguments: {{path: a.txt, content: '{name}'}}}}]\n"
        )
    models = f"scripted/{tmp_path}/b.yaml,scripted/{tmp_path}/c.yaml"
    found = aideator("run", str(repository.path), "fix", "--backend", "local", "--model", models).err.split()[0]
    away = tmp_path / "away"
    away.mkdir()
    monkeypatch.chdir(away)
    return found


def test_a_run_without_a_patch_is_not_advised_to_be_selected(aideator: Shell, home: Path) -> None:
    add_run(home, Told(outcome="no_changes"), Told(outcome="no_changes"))
    best = aideator("select", "--auto", "--no-cross-tests")
    assert "changed nothing" in best.err
    assert "aideator select" not in best.err
    named = aideator("select", "@last", "1")
    assert "it has no patch (no changes)" in named.err
    applied = aideator("apply", "@last")
    assert (applied.code, "has no patch to apply" in applied.err) == (ExitCode.USAGE, True)
    assert "aideator select" not in applied.err
    assert "no_changes" not in aideator("apply", "k3v9x2q/1").err


def test_diff_and_select_alone_mean_the_newest_run(aideator: Shell, run: str) -> None:
    assert f"selected {run}/" in aideator("select", "--auto", "--no-cross-tests").err
    assert "a.txt" in aideator("diff", "--name-only").out


def test_a_branch_in_another_repository_is_told_with_its_place(
    aideator: Shell, run: str, repository: LocalRepository
) -> None:
    said = aideator("apply", f"{run}/1", "--branch", "fix")
    assert f"on the new branch fix of {repository.path}" in said.err
    assert f"git -C {repository.path} switch fix" in said.err


def test_an_applied_patch_that_is_in_the_way_is_named(aideator: Shell, run: str, repository: LocalRepository) -> None:
    assert aideator("apply", f"{run}/1").code == 0
    said = aideator("apply", f"{run}/2")
    assert said.code == ExitCode.DOES_NOT_APPLY
    assert f"{run}/1 is applied, and the patch changes a.txt too" in said.err
    assert f"aideator undo {run}/1 -C {repository.path} takes it back" in said.err
    (repository.path / "a.txt").write_text("mine\n")
    assert "a.txt has uncommitted changes" in aideator("apply", f"{run}/2").err


def test_what_is_applied_is_not_advised_to_be_applied_again(aideator: Shell, run: str) -> None:
    assert "aideator apply" in aideator().out
    assert aideator("apply", f"{run}/1").code == 0
    assert "aideator apply" not in aideator().out
    assert aideator("undo", "-C", aideator("undo").err.partition("-C ")[2].split()[0]).code == 0
    assert "aideator apply" in aideator().out


@pytest.mark.parametrize("inside", [False, True])
def test_undo_says_where_the_last_patch_is(
    aideator: Shell,
    run: str,
    repository: LocalRepository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    inside: bool,
) -> None:
    assert aideator("apply", f"{run}/1").code == 0
    if inside:
        other = LocalRepository(tmp_path / "other")
        other.commit({"z.txt": "z\n"})
        monkeypatch.chdir(other.path)
    said = aideator("undo")
    assert said.code == ExitCode.NOT_FOUND
    assert f"aideator undo -C {repository.path} undoes what was applied there" in said.err
    assert aideator("undo", "-C", str(repository.path)).code == 0
    assert (repository.path / "a.txt").read_text() == "a\n"
    assert "undoes what was applied there" not in aideator("undo").err
