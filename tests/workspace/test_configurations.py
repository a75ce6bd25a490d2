"""Whatever the user has configured in git, the patch means the same."""

import os
from pathlib import Path

import pytest

from aideator_cli.workspace.target import working_tree
from tests.fixtures.repositories import LocalRepository, git
from tests.workspace.scenes import Scene, tree

AWKWARD = {
    "diff.noprefix": "true", "diff.mnemonicPrefix": "true", "diff.renames": "copies", "diff.external": "touch owned",
    "core.quotePath": "true", "color.ui": "always", "color.diff": "always", "apply.whitespace": "error-all",
    "apply.ignoreWhitespace": "change",
    "core.whitespace": "trailing-space,tab-in-indent,cr-at-eol", "core.fsmonitor": "touch owned; false", "core.hooksPath": "hooks",
    "core.splitIndex": "true", "core.untrackedCache": "true", "core.commitGraph": "false", "status.short": "true", "diff.submodule": "log",
    "diff.orderFile": "/nowhere", "diff.context": "0", "core.safecrlf": "true", "i18n.commitEncoding": "latin1", "index.threads": "1",
    "core.pager": "touch owned", "diff.ignoreSubmodules": "all", "core.bigFileThreshold": "10", "commit.template": "/nowhere",
    "commit.gpgSign": "false", "merge.conflictStyle": "diff3", "core.preloadIndex": "false", "index.version": "4",
    "feature.manyFiles": "true",
}  # fmt: skip


def every_kind(folder: Path) -> None:
    (folder / "a.py").write_text("x = 1 \n\ty = 2\n")
    (folder / "crlf.txt").write_bytes(b"one\r\nTWO\r\nthree")
    (folder / "old.bin").write_bytes(b"\0new")
    (folder / "tool.sh").chmod(0o644)
    (folder / "link").unlink()
    (folder / "link").symlink_to("tool.sh")
    (folder / "src/tokens.py").rename(folder / "tökens.py")
    (folder / "docs/read me.txt").unlink()
    (folder / "docs").rmdir()
    (folder / "docs").write_text("a file now\n")
    (folder / "empty").touch()
    (folder / 'quo"te').write_text("x\n")


def assert_round_trip(scene: Scene, make: object = every_kind) -> None:
    work = scene.agent(make)  # type: ignore[arg-type]
    before, index = tree(scene.top), scene.index()
    scene.apply(work.result)
    assert set(tree(scene.top)) - set(before) == set(tree(work.folder)) - set(before)
    assert scene.apply(work.result).already
    scene.undo()
    assert (tree(scene.top), scene.index()) == (before, index)
    scene.apply(work.result, branch="fix")
    tree_of = scene.repository.git("rev-parse", "fix^{tree}")
    theirs = ("--git-dir", f"{work.folder}.git", "--work-tree", str(work.folder))
    git(work.folder, *theirs, "add", "-A", ".")
    assert git(work.folder, *theirs, "write-tree") == tree_of


def test_an_awkward_configuration_changes_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = scene.top / "hooks"
    hooks.mkdir()
    for name in (
        "post-checkout",
        "post-index-change",
        "pre-commit",
        "reference-transaction",
        "applypatch-msg",
        "post-commit",
    ):
        (hooks / name).write_text("#!/bin/sh\ntouch owned; exit 1\n")
        (hooks / name).chmod(0o755)
    configuration = scene.folder / "gitconfig"
    for name, value in AWKWARD.items():
        scene.repository.git("config", "--file", str(configuration), name, value)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    assert_round_trip(scene)
    assert not list(scene.folder.rglob("owned"))


@pytest.mark.parametrize(
    "environment",
    [
        {"GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/nowhere"},
        {"GIT_INDEX_FILE": "/nowhere/index", "GIT_OBJECT_DIRECTORY": "/nowhere"},
        {
            "GIT_EXTERNAL_DIFF": "false",
            "GIT_PREFIX": "src/",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_CEILING_DIRECTORIES": "/tmp",
        },
        {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de", "GIT_TRACE": "1", "GIT_TRACE2": "1"},
    ],
)
def test_what_git_s_environment_tells_of_another_repository_is_not_believed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    work = scene.agent(every_kind)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    scene.apply(work.result)
    assert tree(scene.top) == tree(work.folder)


@pytest.mark.parametrize("autocrlf", ["true", "input"])
def test_line_ends_are_the_user_s_in_files_and_the_agent_s_in_the_commit(scene: Scene, autocrlf: str) -> None:
    scene.repository.git("config", "core.autocrlf", autocrlf)
    scene.repository.git("rm", "--cached", "-rq", ".")
    scene.repository.git("reset", "--hard", "-q")
    for path in scene.repository.git("ls-files", "-z").split("\0")[:-1]:
        (scene.top / path).unlink()
    scene.repository.git("checkout", "--", ".")
    assert_round_trip(scene)
    work = scene.agent(lambda folder: (folder / "src/tokens.py").write_text("one\ntwo\n"), "again")
    scene.apply(work.result)
    ends = b"\r\n" if autocrlf == "true" else b"\n"
    assert (scene.top / "src/tokens.py").read_bytes() == ends.join((b"one", b"two", b""))
    assert scene.repository.git("diff", "--stat").splitlines()[0].startswith(" src/tokens.py")


def test_a_file_whose_line_ends_git_would_change_comes_back_byte_for_byte(scene: Scene) -> None:
    scene.repository.git("config", "core.autocrlf", "true")
    mixed = b"one\ntwo\r\nthree\nfour\nfive\nsix\nseven\neight\n"
    (scene.top / "src/tokens.py").write_bytes(mixed)
    work = scene.agent(lambda folder: (folder / "src/tokens.py").write_text("new\n"))
    scene.apply(work.result)
    scene.undo()
    assert (scene.top / "src/tokens.py").read_bytes() == mixed


def test_attributes_that_the_patch_brings_hold_for_its_files(scene: Scene) -> None:
    def change(folder: Path) -> None:
        (folder / ".gitattributes").write_text("*.bat eol=crlf\n")
        (folder / "run.bat").write_bytes(b"one\ntwo\n")

    scene.apply(scene.agent(change).result)
    assert (scene.top / "run.bat").read_bytes() == b"one\r\ntwo\r\n"


def test_the_user_s_own_filter_is_passed_as_in_a_checkout(scene: Scene) -> None:
    scene.repository.git("config", "filter.shout.smudge", "tr a-z A-Z")
    scene.repository.git("config", "filter.shout.clean", "tr A-Z a-z")
    scene.repository.git("config", "filter.shout.required", "true")
    scene.repository.commit({".gitattributes": "*.loud filter=shout\n", "a.loud": "hello\n"})
    (scene.top / "a.loud").write_text("HELLO\n")
    work = scene.agent(lambda folder: (folder / "a.loud").write_text("hello there\n"))
    scene.apply(work.result)
    assert (scene.top / "a.loud").read_text() == "HELLO THERE\n"
    scene.undo()
    assert (scene.top / "a.loud").read_text() == "HELLO\n"


def test_a_filter_that_fails_leaves_the_tree_as_it_was(scene: Scene) -> None:
    work = scene.agent(lambda folder: (folder / "a.py").write_text("x = 2\n"))
    (scene.top / ".git/info/attributes").write_text("*.py filter=broken\n")
    scene.repository.git("config", "filter.broken.smudge", "false")
    scene.repository.git("config", "filter.broken.clean", "cat")
    scene.repository.git("config", "filter.broken.required", "true")
    before = tree(scene.top)
    with pytest.raises(Exception, match="filter"):
        scene.apply(work.result)
    assert tree(scene.top) == before


def test_modes_where_git_was_told_not_to_look_at_them(scene: Scene) -> None:
    scene.repository.git("config", "core.fileMode", "false")
    (scene.top / "a.py").chmod(0o755)
    work = scene.agent(every_kind)
    scene.apply(work.result)
    assert (scene.top / "a.py").read_text() == "x = 1 \n\ty = 2\n"


def test_a_sparse_checkout_gets_the_files_it_left_out(scene: Scene) -> None:
    scene.repository.git("sparse-checkout", "set", "docs")
    before, index = tree(scene.top), scene.index()
    assert "src/tokens.py" not in before
    work = scene.agent(lambda folder: (folder / "src/tokens.py").write_text("new\n"))
    scene.apply(work.result)
    assert (scene.top / "src/tokens.py").read_text() == "new\n"
    scene.undo()
    assert (tree(scene.top), scene.index()) == (before, index)


def test_a_linked_working_tree_is_one_of_its_own(scene: Scene) -> None:
    linked = scene.folder / "linked"
    scene.repository.git("worktree", "add", "-q", str(linked))
    work = scene.agent(every_kind)
    before = tree(scene.top)
    there = Scene(scene.folder, LocalRepository.__new__(LocalRepository))
    there.repository.path = linked
    there.apply(work.result)
    assert tree(scene.top) == before
    assert {p: f for p, f in tree(linked).items() if p != ".git"} == tree(work.folder)
    there.undo()
    assert git(linked, "status", "--porcelain") == ""


def test_from_a_folder_within_the_tree(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(scene.top / "docs")
    work = scene.agent(lambda folder: (folder / "a.py").write_text("x = 2\n"))
    assert working_tree(Path()).top == scene.top
    scene.apply(work.result)
    assert (scene.top / "a.py").read_text() == "x = 2\n"


def test_the_path_of_the_repository_may_be_odd(tmp_path: Path) -> None:
    place = tmp_path / 'a "b"\n:ü'
    repository = LocalRepository(place / "todo")
    repository.commit({"a.py": "x = 1\n"})
    scene = Scene(place, repository)
    work = scene.agent(lambda folder: (folder / "a.py").write_text("x = 2\n"))
    assert scene.apply(work.result, check=True).code == 0
    scene.apply(work.result)
    assert tree(scene.top) == tree(work.folder)


class TestSubmodules:
    @pytest.fixture
    def scene(self, scene: Scene) -> Scene:
        library = LocalRepository(scene.folder / "library")
        library.commit({"lib.py": "y = 1\n"})
        scene.repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library.path), "lib")
        scene.repository.commit({})
        return scene

    def test_a_repository_with_submodules(self, scene: Scene) -> None:
        work = scene.agent(lambda folder: (folder / "a.py").write_text("x = 2\n"))
        scene.apply(work.result)
        assert scene.repository.git("status", "--porcelain") == " M a.py"

    def test_a_submodule_s_commit_goes_into_a_branch_and_never_half_into_files(self, scene: Scene) -> None:
        old = scene.repository.git("rev-parse", "HEAD:lib")
        text = f"diff --git a/lib b/lib\nindex {old}..{'1' * 40} 160000\n--- a/lib\n+++ b/lib\n@@ -1 +1 @@\n"
        patch = f"{text}-Subproject commit {old}\n+Subproject commit {'1' * 40}\n".encode()
        work = scene.agent(lambda folder: (folder / "a.py").write_text("x = 2\n"))
        both = type(work)(
            work.folder, work.result.__class__(**{**vars(work.result), "patch": (work.result.patch or b"") + patch})
        )
        before = tree(scene.top), scene.index()
        with pytest.raises(Exception, match="changes the submodule lib") as caught:
            scene.apply(both.result)
        assert (tree(scene.top), scene.index(), caught.value.code) == (*before, 8)  # type: ignore[attr-defined]
        scene.apply(both.result, branch="fix")
        assert scene.repository.git("rev-parse", "fix:lib") == "1" * 40

    def test_a_file_within_a_submodule_is_not_the_patch_s(self, scene: Scene) -> None:
        patch = b"diff --git a/lib/lib.py b/lib/lib.py\nnew file mode 100644\n--- /dev/null\n+++ b/lib/lib.py\n@@ -0,0 +1 @@\n+y = 2\n"
        work = scene.agent(lambda folder: (folder / "a.py").write_text("x = 2\n"))
        hostile = work.result.__class__(**{**vars(work.result), "patch": patch})
        with pytest.raises(Exception, match="lib"):
            scene.apply(hostile)
        assert (scene.top / "lib/lib.py").read_text() == "y = 1\n"
        assert os.path.exists(scene.top / "lib/.git")  # noqa: PTH110
