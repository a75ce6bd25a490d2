"""What apply refuses, in words and with exit code 8, and what it does not mind."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_cli.cli.taken import lines
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.workspace.applying import apply_result
from aideator_cli.workspace.pick import Way
from tests.fixtures.repositories import LocalRepository
from tests.workspace.scenes import SPEC, Scene, Work, folders, result, tree


def edit(folder: Path) -> None:
    (folder / "a.py").write_text("x = 2\n")
    (folder / "new.py").write_text("new\n")


@pytest.fixture
def work(scene: Scene) -> Work:
    return scene.agent(edit)


def refused(scene: Scene, work: Work, **way: object) -> AideatorError:
    """The refusal, after which everything is as it was."""
    before = tree(scene.top), scene.index(), folders(scene.top), scene.repository.git("for-each-ref")
    with pytest.raises(AideatorError) as caught:
        scene.apply(work.result, **way)
    assert (tree(scene.top), scene.index(), folders(scene.top), scene.repository.git("for-each-ref")) == before
    assert caught.value.code == ExitCode.DOES_NOT_APPLY
    return caught.value


@pytest.mark.parametrize("staged", [False, True])
def test_a_file_that_it_would_touch_is_dirty(scene: Scene, work: Work, staged: bool) -> None:
    scene.repository.write({"a.py": "mine\n"})
    if staged:
        scene.repository.git("add", "a.py")
    error = refused(scene, work)
    assert error.message == "a.py has uncommitted changes, and the patch changes it too"
    assert error.hint == "commit or stash them first; other files may keep their changes"


def test_a_change_that_was_staged_and_undone_in_the_file_is_one_still(scene: Scene, work: Work) -> None:
    scene.repository.write({"a.py": "mine\n"})
    scene.repository.git("add", "a.py")
    scene.repository.write({"a.py": "x = 1\n"})
    assert "a.py" in refused(scene, work).message


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_change_that_git_was_told_to_overlook_is_seen(scene: Scene, work: Work, flag: str) -> None:
    scene.repository.git("update-index", flag, "a.py")
    scene.repository.write({"a.py": "mine\n"})
    assert "a.py" in refused(scene, work).message


def test_a_deleted_file_is_a_change_of_the_user_s(scene: Scene, work: Work) -> None:
    (scene.top / "a.py").unlink()
    assert "a.py" in refused(scene, work).message


@pytest.mark.parametrize("what", ["file", "ignored", "folder", "link", "pipe"])
def test_something_that_git_does_not_keep_is_in_the_way(scene: Scene, work: Work, what: str) -> None:
    place = scene.top / "new.py"
    if what == "folder":
        scene.repository.write({"new.py/kept": "mine\n"})
    elif what == "link":
        place.symlink_to("nowhere")
    elif what == "pipe":
        os.mkfifo(place)
    else:
        place.write_text("mine\n")
        (scene.top / ".git/info/exclude").write_text("new.py\n" if what == "ignored" else "")
    with pytest.raises(AideatorError, match=r"new\.py") as caught:
        scene.apply(work.result)
    assert (caught.value.code, caught.value.hint) == (8, "move them away first")
    assert (scene.top / "a.py").read_text() == "x = 1\n"


def test_other_dirty_files_are_fine_and_stay(scene: Scene, work: Work) -> None:
    scene.repository.write({"docs/read me.txt": "mine\n", "tool.sh": "staged\n", "untracked": "mine\n"})
    scene.repository.git("add", "tool.sh")
    before, index = tree(scene.top), scene.index()
    scene.apply(work.result)
    assert tree(scene.top) == before | {"a.py": ("file", b"x = 2\n"), "new.py": ("file", b"new\n")}
    assert scene.index() == index
    scene.undo()
    assert (tree(scene.top), scene.index()) == (before, index)


def test_another_base_is_told_and_what_to_do(scene: Scene, work: Work) -> None:
    base = scene.repository.git("rev-parse", "HEAD")[:7]
    head = scene.repository.commit({"a.py": "x = 3\n"})[:7]
    error = refused(scene, work)
    assert error.message == f"the patch of k3v9x2q/1 was made on {base}; HEAD is {head}, where a.py differs"
    assert error.hint
    assert error.hint.endswith(f"apply k3v9x2q/1 --3way, or --branch NAME to work from {base}")


def test_a_head_that_differs_elsewhere_does_not_matter(scene: Scene, work: Work) -> None:
    scene.repository.commit({"docs/read me.txt": "Hello again\n"})
    scene.apply(work.result)
    assert (scene.top / "a.py").read_text() == "x = 2\n"


def test_it_is_another_repository(work: Work, tmp_path: Path) -> None:
    other = LocalRepository(tmp_path / "other")
    other.commit({"a.py": "x = 1\n"})
    with pytest.raises(AideatorError, match="does not have commit") as caught:
        apply_result(SPEC, work.result, Way(), folder=other.path, origin=None)
    assert (caught.value.code, caught.value.hint) == (8, "is it a clone of the run's repository? git fetch")


def test_there_is_no_repository(work: Work, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "nowhere"):
        with pytest.raises(AideatorError) as caught:
            apply_result(SPEC, work.result, Way(), folder=folder, origin=None)
        assert caught.value.code == ExitCode.NOT_FOUND


@pytest.mark.parametrize("base", ["--upload-pack=touch x", "HEAD", "main", "0" * 40])
def test_a_base_is_a_commit_and_never_an_option_or_a_name(scene: Scene, work: Work, base: str) -> None:
    with pytest.raises(AideatorError, match="does not have commit"):
        scene.apply(result(work.result.patch or b"", base))


def test_applying_twice_is_told_and_no_error(scene: Scene, work: Work) -> None:
    scene.apply(work.result)
    after = tree(scene.top)
    again = scene.apply(work.result)
    assert lines(again) == [f"k3v9x2q/1 is already applied to {scene.top}"]
    assert (again.code, tree(scene.top)) == (0, after)
    scene.repository.git("add", "-A")
    scene.repository.git("commit", "-qm", "taken")
    assert scene.apply(work.result).already


def test_nothing_to_apply_is_wrong_usage(scene: Scene) -> None:
    for patch in (b"", None):
        with pytest.raises(AideatorError) as caught:
            scene.apply(replace(result(b"", None, outcome="no_changes"), patch=patch))
        assert caught.value.code == ExitCode.USAGE


def test_check_says_both_and_changes_nothing_not_even_in_git(scene: Scene, work: Work) -> None:
    def everything() -> list[tuple[str, int]]:
        found = subprocess.run(
            ["find", str(scene.top), "-newermt", "1970-01-01", "-printf", "%p %s\n"], capture_output=True, check=True
        )
        return sorted(found.stdout.decode().splitlines())  # type: ignore[arg-type]

    before = everything()
    assert lines(scene.apply(work.result, check=True))[0].startswith("k3v9x2q/1 applies to ")
    assert scene.apply(work.result, check=True, branch="fix").code == 0
    assert everything() == before
    scene.repository.write({"a.py": "mine\n"})
    refused(scene, work, check=True)


def test_undo_never_takes_later_changes_away(scene: Scene, work: Work) -> None:
    scene.apply(work.result)
    scene.repository.write({"new.py": "new and mine\n"})
    after = tree(scene.top)
    with pytest.raises(AideatorError, match=r"new\.py has changed since k3v9x2q/1 was applied") as caught:
        scene.undo()
    assert (caught.value.code, tree(scene.top)) == (8, after)
    scene.undo(force=True)
    assert "new.py" not in tree(scene.top)


def test_a_file_that_was_made_where_the_patch_removed_one_is_kept(scene: Scene) -> None:
    scene.apply(scene.agent(lambda folder: (folder / "a.py").unlink()).result)
    scene.repository.write({"a.py": "mine\n"})
    with pytest.raises(AideatorError, match="has changed since"):
        scene.undo()
    scene.undo(force=True)
    assert (scene.top / "a.py").read_text() == "x = 1\n"


def test_what_was_put_back_by_hand_stands_in_no_way_of_undo(scene: Scene) -> None:
    before = tree(scene.top)

    def change(folder: Path) -> None:
        (folder / "a.py").unlink()
        (folder / "new.py").write_text("new\n")

    scene.apply(scene.agent(change).result)
    scene.repository.git("checkout", "--", ".")
    (scene.top / "new.py").unlink()
    scene.undo()
    assert tree(scene.top) == before
    with pytest.raises(AideatorError, match="nothing was applied"):
        scene.undo()


def test_the_last_one_is_undone_first_and_any_by_name(scene: Scene, work: Work) -> None:
    before = tree(scene.top)
    scene.apply(work.result)
    other = scene.agent(lambda folder: (folder / "tool.sh").unlink(), "other").result
    scene.apply(result(other.patch or b"", other.base, variation=2))
    with pytest.raises(AideatorError) as caught:
        scene.undo("k3v9x2q/3")
    assert caught.value.code == ExitCode.NOT_FOUND
    assert scene.undo("k3v9/1") == "k3v9x2q/1"
    assert scene.undo() == "k3v9x2q/2"
    assert tree(scene.top) == before
    with pytest.raises(AideatorError, match="nothing was applied"):
        scene.undo()
