"""--dirty: the working tree as it is becomes a commit, and nothing of the user's changes by that."""

import os
from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from tests.fixtures.repositories import LocalRepository, git
from tests.intake.sending.packed import everything, packed, received


def test_changed_staged_new_and_deleted_files_are_in_it_and_ignored_ones_are_not(
    todo: LocalRepository, tmp_path: Path
) -> None:
    head = todo.commit({"gone.txt": "g\n", "staged.txt": "1\n", "tool.sh": "echo\n"})
    todo.write({"a.py": "x = 2\n", "new/näme.txt": "n\n", ".env": "A=1\n", "staged.txt": "2\n", "gone.txt": None})
    todo.git("add", "staged.txt")
    (todo.path / "tool.sh").chmod(0o755)
    before = everything(todo.path)
    made = packed(todo.path, dirty=True)
    assert made.sent is not None
    assert made.sent.snapshot
    got = received(made, tmp_path / "got")
    assert git(got, "rev-parse", "HEAD~1") == head
    assert git(got, "diff", "--name-status", "HEAD~1").splitlines() == [
        "M\ta.py", "D\tgone.txt", 'A\t"new/n\\303\\244me.txt"', "M\tstaged.txt", "M\ttool.sh",
    ]  # fmt: skip
    assert (got / "tool.sh").stat().st_mode & 0o100
    assert everything(todo.path) == before


def test_on_this_machine_the_snapshot_comes_on_top_of_a_clone(todo: LocalRepository, tmp_path: Path) -> None:
    todo.write({"a.py": "x = 2\n"})
    made = packed(todo.path, dirty=True, to_cluster=False)
    assert made.sent is not None
    assert made.sent.builds_on_url
    assert received(made, tmp_path / "got", source=todo.path).joinpath("a.py").read_text() == "x = 2\n"


def test_a_clean_working_tree_is_head(todo: LocalRepository) -> None:
    made = packed(todo.path, dirty=True, to_cluster=False)
    assert made.sent is None
    assert made.repository.base == todo.git("rev-parse", "HEAD")
    assert any("no uncommitted changes" in remark for remark in made.remarks)


def test_without_dirty_uncommitted_changes_are_named(todo: LocalRepository) -> None:
    todo.write({"a.py": "x = 2\n"})
    assert any("--dirty" in remark for remark in packed(todo.path).remarks)


def test_a_repository_inside_is_left_out_and_named(todo: LocalRepository, tmp_path: Path) -> None:
    LocalRepository(todo.path / "inner").commit({"i.py": "i\n"})
    git(tmp_path, "init", "--quiet", str(todo.path / "empty"))
    todo.write({"a.py": "x = 2\n"})
    made = packed(todo.path, dirty=True)
    got = received(made, tmp_path / "got")
    assert git(got, "diff", "--name-only", "HEAD~1") == "a.py"
    assert any("empty, inner" in remark for remark in made.remarks)


def test_what_a_sparse_checkout_leaves_out_is_not_deleted(todo: LocalRepository, tmp_path: Path) -> None:
    todo.commit({"in/a": "a\n", "out/b": "b\n"})
    todo.git("sparse-checkout", "set", "in")
    todo.write({"in/a": "changed\n"})
    assert not (todo.path / "out").exists()
    got = received(packed(todo.path, dirty=True), tmp_path / "got")
    assert git(got, "diff", "--name-only", "HEAD~1") == "in/a"


def test_a_change_in_the_same_moment_as_the_last_commit_is_seen(todo: LocalRepository, tmp_path: Path) -> None:
    todo.git("config", "core.trustCTime", "false")
    moment = 1_700_000_000_000_000_000
    os.utime(todo.path / "a.py", ns=(moment, moment))
    todo.git("update-index", "--refresh")
    todo.write({"a.py": "x = 2\n"})  # as long as it was
    for file in ("a.py", ".git/index"):
        os.utime(todo.path / file, ns=(moment, moment))
    assert received(packed(todo.path, dirty=True), tmp_path / "got").joinpath("a.py").read_text() == "x = 2\n"


def test_conflicts_and_a_ref_are_refused(todo: LocalRepository) -> None:
    todo.git("checkout", "--quiet", "-b", "side")
    todo.commit({"a.py": "side\n"})
    todo.git("checkout", "--quiet", "main")
    todo.commit({"a.py": "main\n"})
    with pytest.raises(AideatorError, match="--dirty starts from the working tree") as caught:
        packed(todo.path, ref="side", dirty=True)
    assert caught.value.code == ExitCode.USAGE
    with pytest.raises(Exception, match="non-zero"):
        todo.git("merge", "side")
    with pytest.raises(AideatorError, match="conflicts"):
        packed(todo.path, dirty=True)


def test_a_subfolder_names_the_whole_working_tree(todo: LocalRepository, tmp_path: Path) -> None:
    todo.write({"sub/new.txt": "n\n", "top.txt": "t\n"})
    got = received(packed(todo.path / "sub", dirty=True), tmp_path / "got")
    assert (got / "sub" / "new.txt").is_file()
    assert (got / "top.txt").is_file()


def test_filters_and_line_ends_are_the_users(todo: LocalRepository, tmp_path: Path) -> None:
    todo.git("config", "core.autocrlf", "true")
    todo.write({"dos.txt": "a\r\nb\r\n"})
    assert received(packed(todo.path, dirty=True), tmp_path / "got").joinpath("dos.txt").read_bytes() == b"a\nb\n"


def test_a_secret_in_the_working_tree_is_named(todo: LocalRepository) -> None:
    todo.write({"key.txt": "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n", "plain.txt": "p\n"})
    assert [suspect.path for suspect in packed(todo.path, dirty=True).suspects] == ["key.txt"]
