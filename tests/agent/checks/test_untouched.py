"""What a tree for checks takes over from the working tree on this machine: only what nothing has touched since the checkout."""

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from aideator_agent.checkout import Checkout
from aideator_agent.checks.trees import Trees
from aideator_agent.checks.untouched import Untouched
from aideator_agent.keys import Redactor
from aideator_agent.patch import Cutter
from tests.fixtures.repositories import LocalRepository, git, git_environment

FILES = {f"{folder}/{name}.py": f"{folder} {name}\n" for folder in ("a", "a/in", "b", "b/deep/er") for name in "xyz"}


class Attempt:
    """A checkout like an attempt's on this machine. `edit` is what the model's commands do to it."""

    def __init__(self, folder: Path, source: LocalRepository) -> None:
        self.tree, self._room = folder / "tree", folder / "checks"
        git(folder, "clone", "--quiet", str(source.path), str(self.tree))
        shutil.copytree(self.tree / ".git", folder / "private")
        git(
            self.tree,
            "--git-dir",
            str(folder / "private"),
            "--work-tree",
            str(self.tree),
            "update-index",
            "-q",
            "--refresh",
        )
        self.checkout = Checkout(self.tree, folder / "private", git(self.tree, "rev-parse", "HEAD").strip())
        (folder / "home").mkdir()
        self.inodes = inodes(self.tree)
        self.untouched = Untouched.of(self.checkout, lambda: None)
        self._cutter = Cutter(self.checkout, folder / "home", Redactor(()), lambda: None, lambda _: None)

    def patched(self) -> tuple[Path, Path]:
        """The tree that takes over what it can, and one of the same patch that git has written as a whole."""
        (self.tree / "new.py").write_text("new\n")  # a patch has something in it
        patch = self._cutter.cut().data
        made = Trees(self.checkout, self._room / "taken", lambda: None, untouched=self.untouched).make("patch", patch)
        whole = Trees(self.checkout, self._room / "written", lambda: None).make("patch", patch)
        places = {"GIT_DIR": made.parts[0].git_dir, "GIT_INDEX_FILE": made.parts[0].index, "GIT_WORK_TREE": made.files}
        environment = git_environment() | {name: str(place) for name, place in places.items()}
        for look in ("diff-files --name-status", "ls-files --others"):
            command = ["git", *look.split()]
            assert subprocess.check_output(command, env=environment, cwd=made.files) == b"", look
        return made.files, whole.files


def inodes(tree: Path) -> dict[str, int]:
    return {str(path.relative_to(tree)): path.stat().st_ino for path in tree.rglob("*.py")}


def seen(tree: Path) -> dict[str, tuple[int, str, int]]:
    """Mode, content and number of names of everything in a tree."""

    def one(path: Path) -> tuple[int, str, int]:
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode):
            return found.st_mode, "", 0
        return found.st_mode, str(path.readlink()) if path.is_symlink() else path.read_text(), found.st_nlink

    return {str(path.relative_to(tree)): one(path) for path in tree.rglob("*")}


def taken(attempt: Attempt, tree: Path) -> set[str]:
    """The files that are the working tree's own."""
    return {path for path, inode in inodes(tree).items() if attempt.inodes.get(path) == inode}


@pytest.fixture
def attempt(tmp_path: Path) -> Attempt:
    source = LocalRepository(tmp_path / "source")
    source.commit(FILES)
    return Attempt(tmp_path, source)


def test_what_nothing_touched_is_taken_over_and_the_rest_written_anew(attempt: Attempt) -> None:
    with (attempt.tree / "a/x.py").open("a") as file:
        file.write("more\n")
    made, whole = attempt.patched()
    assert seen(made) == seen(whole)
    assert taken(attempt, made) == set(FILES) - {"a/x.py"}


def edit_and_hide_it(tree: Path) -> None:
    """The size and the time of the last change are as before."""
    path = tree / "b/x.py"
    before = path.stat()
    path.write_text(path.read_text().swapcase())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def lend(tree: Path) -> None:
    (tree / "other name").hardlink_to(tree / "b/x.py")
    (tree / "other name").rename(tree.parent / "elsewhere")


def replace(tree: Path) -> None:
    shutil.copy2(tree / "b/x.py", tree / "copy")
    (tree / "copy").rename(tree / "b/x.py")


def swap_folders(tree: Path) -> None:
    (tree / "a").rename(tree / "c")
    (tree / "b").rename(tree / "a")
    (tree / "c").rename(tree / "b")


def link_a_folder(tree: Path) -> None:
    (tree / "b/deep").rename(tree.parent / "away")
    (tree / "b/deep").symlink_to(tree.parent / "away")


def leave_things(tree: Path) -> None:
    for folder in ("a/__pycache__", "b/deep/er/node_modules/inner", "a/in/empty"):
        (tree / folder).mkdir(parents=True)
    (tree / "a/__pycache__/x.pyc").write_text("code")
    (tree / "b/deep/er/node_modules/inner/.git").write_text("gitdir: /")


def empty_folders(tree: Path) -> None:
    shutil.rmtree(tree / "a/in")
    (tree / "a/in").mkdir()
    for path in (tree / "b/deep/er").iterdir():
        path.unlink()


TOUCHES: list[Callable[[Path], object]] = [
    edit_and_hide_it,
    lend,
    replace,
    swap_folders,
    link_a_folder,
    leave_things,
    empty_folders,
    lambda tree: (tree / "b/x.py").chmod(0o600),
    lambda tree: (tree / "b/deep").chmod(0o777),
    lambda tree: (tree / "b/deep").chmod(0),
    lambda tree: (tree / "b/x.py").write_bytes((tree / "b/x.py").read_bytes()),
    lambda tree: shutil.rmtree(tree / "b"),
    lambda tree: [(tree / "b/x.py").unlink(), (tree / "b/x.py").mkdir(), (tree / "b/x.py/y.py").write_text("in\n")],
    lambda tree: [shutil.rmtree(tree / "a/in"), (tree / "a/in").write_text("a file\n")],
]


@pytest.mark.parametrize("touch", TOUCHES)
def test_whatever_commands_did_the_tree_is_as_git_writes_it(attempt: Attempt, touch: Callable[[Path], object]) -> None:
    touch(attempt.tree)
    made, whole = attempt.patched()
    assert seen(made) == seen(whole)
    assert taken(attempt, made) >= {"a/y.py"} - ({"a/y.py"} if touch is swap_folders else set())


def test_the_restored_tree_takes_over_what_the_checks_left_alone(tmp_path: Path, attempt: Attempt) -> None:
    (attempt.tree / "a/x.py").write_text("changed\n")
    made, _ = attempt.patched()
    edit_and_hide_it(made)
    (made / "junk").write_text("of a check\n")
    patch = b"diff --git a/new.py b/new.py\nnew file mode 100644\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+new\n"
    trees = Trees(attempt.checkout, tmp_path / "again", lambda: None, untouched=attempt.untouched)
    restored = trees.make("restored", patch).files
    assert {path: content for path, (_, content, _) in seen(restored).items() if content} == {
        **FILES,
        "new.py": "new\n",
    }
    assert "a/in/x.py" in taken(attempt, restored)
    assert not {"b/x.py", "a/x.py"} & taken(attempt, restored)


def test_files_that_the_users_own_git_may_write_otherwise_are_not_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = LocalRepository(tmp_path / "source")
    source.commit(FILES)
    configuration = tmp_path / "gitconfig"
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    configuration.write_text('[filter "lfs"]\n\tsmudge = git-lfs smudge -- %f\n')
    (tmp_path / "1").mkdir()
    assert Attempt(tmp_path / "1", source).untouched is not None
    configuration.write_text('[filter "crypt"]\n\tsmudge = decrypt\n')
    (tmp_path / "2").mkdir()
    attempt = Attempt(tmp_path / "2", source)
    assert attempt.untouched is None
    made, whole = attempt.patched()
    assert seen(made) == seen(whole)


def test_what_cannot_be_moved_is_written_by_git(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.rename

    def rename(source: str, target: str) -> None:
        if source.endswith("/b"):
            raise OSError(18, "Invalid cross-device link")
        real(source, target)

    monkeypatch.setattr("os.rename", rename)
    made, whole = attempt.patched()
    assert seen(made) == seen(whole)
    assert taken(attempt, made) == set()
