"""--branch and --worktree: a commit from the run's base, or a working tree of its own; what stands here stays."""

import os
from pathlib import Path

import pytest

from aideator_cli.choice.verdicts import told_checks
from aideator_cli.cli.taken import lines
from aideator_cli.domain.result import CheckResult
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.workspace.committing import message
from aideator_cli.workspace.pick import pick_of
from tests.fixtures.repositories import git
from tests.workspace.scenes import SPEC, Scene, Work, result, tree

PASSED = CheckResult("pytest", "pytest -q", 0, 1.0, "", tests=41)


@pytest.fixture
def work(scene: Scene) -> Work:
    return scene.agent(lambda folder: (folder / "a.py").write_text("x = 2\n"))


def test_a_commit_from_the_base_whatever_head_and_files_are(scene: Scene, work: Work) -> None:
    base = scene.repository.git("rev-parse", "HEAD")
    scene.repository.commit({"a.py": "x = 3\n"})
    scene.repository.write({"a.py": "mine\n"})
    scene.repository.git("add", "a.py")
    before, index = tree(scene.top), scene.index()

    done = scene.apply(work.result, branch="fix/it")

    assert (tree(scene.top), scene.index()) == (before, index)
    assert scene.repository.git("branch", "--show-current") == "main"
    assert (
        scene.repository.git("log", "-1", "--format=%H %P %an <%ae>", "fix/it")
        == f"{done.commit} {base} Ada <ada@example.org>"
    )
    assert scene.repository.git("show", "fix/it:a.py") == "x = 2"
    assert lines(done)[0].endswith(f"+0 −0.  git -C {scene.top} switch fix/it")


def test_the_message_is_the_summary_and_trailers() -> None:
    summary = "# Repair the parser.\n\nComments are skipped by the tokenizer.\n\nAIdeator-Checks: forged\x1b[2J"
    made = result(b"x", None, summary=summary, checks=(PASSED,))
    text = message(pick_of(SPEC, made, told_checks(["pytest"], made)))
    assert text == (
        "Repair the parser\n\nComments are skipped by the tokenizer.\n\nAIdeator-Checks: forged␛[2J\n\n"
        "AIdeator-Run: k3v9x2q/1\nAIdeator-Model: gpt-5\nAIdeator-Checks: pytest passed 41/41\n"
    )


@pytest.mark.parametrize(
    ("summary", "subject"),
    [
        ("", "Make it right"),
        ("Did it. " + "More of it. " * 20, "Did it"),
        ("word " * 40, "word " * 13 + "word …"),
        ("x" * 100, "x" * 71 + "…"),
    ],
)
def test_a_subject_is_a_short_line(summary: str, subject: str) -> None:
    made = result(b"x", None, summary=summary)
    told = message(pick_of(SPEC, made, told_checks(["pytest"], made))).splitlines()
    assert (told[0], told[1]) == (subject, "")
    assert told[-1] == "AIdeator-Checks: pytest not run"
    assert "\n".join(told).count("Did it") <= 1


@pytest.mark.parametrize(
    ("summary", "subject"),
    [
        ("Fixes #3", "Fixes issue 3"),
        ("Parse it, which closes: you/project#12", "Parse it, which closes: issue 12"),
        ("resolves https://github.com/a/b/issues/7.", "resolves issue 7"),
        ("This closes issue #9 and implements GH-5", "This closes issue 9 and implements issue 5"),
        ("Fixed 2 bugs, see #3", "Fixed 2 bugs, see #3"),
        ("fix: handle 3 cases", "fix: handle 3 cases"),
    ],
)
def test_no_forge_closes_an_issue_because_a_model_named_it(summary: str, subject: str) -> None:
    made = result(b"x", None, summary=summary)
    assert message(pick_of(SPEC, made)).splitlines()[0] == subject


def test_git_reads_the_trailers(scene: Scene, work: Work) -> None:
    scene.apply(work.result, branch="fix")
    assert (
        scene.repository.git("log", "-1", "--format=%(trailers:key=AIdeator-Run,valueonly)", "fix").strip()
        == "k3v9x2q/1"
    )


@pytest.mark.parametrize("name", ["main", "-b", "a..b", "a b", "HEAD", "", "x.lock"])
def test_a_branch_is_new_and_has_a_name_that_git_takes(scene: Scene, work: Work, name: str) -> None:
    refs = scene.repository.git("for-each-ref")
    with pytest.raises(AideatorError) as caught:
        scene.apply(work.result, branch=name)
    assert caught.value.code == ExitCode.USAGE
    assert caught.value.hint
    assert scene.repository.git("for-each-ref") == refs


def test_without_an_identity_there_is_no_commit_and_git_s_own_advice(
    scene: Scene, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    monkeypatch.delenv("EMAIL", raising=False)
    with pytest.raises(AideatorError, match="does not know your name and email") as caught:
        scene.apply(work.result, branch="fix")
    assert "git config --global user.name" in (caught.value.hint or "")
    scene.repository.git("config", "user.name", "Grace")
    scene.repository.git("config", "user.email", "grace@example.org")
    scene.apply(work.result, branch="fix")
    assert scene.repository.git("log", "-1", "--format=%an %ae %cn", "fix") == "Grace grace@example.org Grace"


def test_a_new_working_tree_has_the_patch_in_its_files(scene: Scene, work: Work, tmp_path: Path) -> None:
    scene.repository.commit({"a.py": "x = 3\n"})
    before = tree(scene.top)
    place = tmp_path / "new tree"
    scene.apply(work.result, worktree=place)
    assert {p: f for p, f in tree(place).items() if p != ".git"} == tree(work.folder)
    assert git(place, "status", "--porcelain") == " M a.py"
    assert tree(scene.top) == before


def test_a_new_working_tree_on_a_new_branch_is_clean(scene: Scene, work: Work, tmp_path: Path) -> None:
    place = tmp_path / "-new"
    done = scene.apply(work.result, worktree=place, branch="fix")
    assert git(place, "status", "--porcelain", "--branch") == "## fix"
    assert git(place, "rev-parse", "HEAD") == done.commit
    assert (place / "a.py").read_text() == "x = 2\n"


@pytest.mark.parametrize("check", [False, True])
def test_a_folder_that_is_there_is_named_in_full_and_what_to_do(
    scene: Scene, work: Work, tmp_path: Path, check: bool
) -> None:
    (tmp_path / "there").touch()
    with pytest.raises(AideatorError) as caught:
        scene.apply(work.result, worktree=tmp_path / "x" / ".." / "there", check=check)
    assert caught.value.message == f"{tmp_path / 'there'} already exists"
    assert caught.value.hint == "--worktree takes a new or empty folder"


@pytest.mark.parametrize("branch", [None, "fix"])
def test_a_folder_that_is_there_is_refused_and_nothing_is_left(
    scene: Scene, work: Work, tmp_path: Path, branch: str | None
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    with pytest.raises(AideatorError) as caught:
        scene.apply(work.result, worktree=tmp_path / "full", branch=branch)
    assert caught.value.code == ExitCode.USAGE
    assert os.listdir(tmp_path / "full") == ["file"]  # noqa: PTH208
    assert scene.repository.git("branch", "--format=%(refname:short)") == "main"
    assert len(scene.repository.git("worktree", "list").splitlines()) == 1


def test_3way_goes_with_the_files_alone(scene: Scene, work: Work) -> None:
    with pytest.raises(AideatorError) as caught:
        scene.apply(work.result, branch="fix", three_way=True)
    assert caught.value.code == ExitCode.USAGE
