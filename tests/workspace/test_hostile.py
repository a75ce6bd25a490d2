"""A patch is foreign: whatever it names, nothing outside the working tree's files is read or written."""

import os
from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError
from tests.workspace.scenes import Scene, folders, result, tree


def new_file(name: str, content: str = "owned", mode: str = "100644") -> bytes:
    return (
        f"diff --git {name} {name}\nnew file mode {mode}\n--- /dev/null\n+++ {name.replace('a/', 'b/', 1)}\n"
        f"@@ -0,0 +1 @@\n+{content}\n\\ No newline at end of file\n"
    ).encode()


def everything(folder: Path) -> dict[str, bytes | None]:
    """Whatever lies there, git's own files too, but not what apply notes for itself."""
    return {
        os.fspath(p): p.read_bytes() if p.is_file() else None
        for p in folder.rglob("*")
        if "aideator" not in p.parts and "objects" not in p.parts
    }


def assert_refused(scene: Scene, patch: bytes) -> None:
    before = everything(scene.folder)
    for way in ({}, {"branch": "fix"}, {"three_way": True}):
        with pytest.raises(AideatorError) as caught:
            scene.apply(result(patch, scene.repository.git("rev-parse", "HEAD")), **way)
        assert caught.value.code == 8
    assert everything(scene.folder) == before


@pytest.mark.parametrize(
    "name",
    [
        "a/../owned", "a/src/../../owned", "a/OUTSIDE/owned", "a/.git/hooks/post-checkout", "a/.git/config",
        "a/.GIT/config", "a/.git", "a/src/.git/config", "a/.git /config", "a/git~1/config", "a/.g\u200cit/config", "a/./x/../../owned",
    ],
)  # fmt: skip
def test_a_path_out_of_the_tree_or_into_git(scene: Scene, name: str) -> None:
    assert_refused(scene, new_file(name.replace("OUTSIDE", str(scene.folder))))


def test_through_a_link_that_the_patch_brings_itself(scene: Scene) -> None:
    assert_refused(scene, new_file("a/way", str(scene.folder), "120000") + new_file("a/way/owned"))


def test_through_a_link_that_the_repository_has(scene: Scene) -> None:
    (scene.top / "out").symlink_to(scene.folder)
    scene.repository.commit({})
    assert_refused(scene, new_file("a/out/owned"))


@pytest.mark.parametrize("ignored", [False, True])
def test_through_a_link_that_lies_in_the_tree_and_git_does_not_keep(scene: Scene, ignored: bool) -> None:
    (scene.top / "out").symlink_to(scene.folder)
    if ignored:
        (scene.top / ".git/info/exclude").write_text("out\n")
    with pytest.raises(AideatorError, match="out"):
        scene.apply(result(new_file("a/out/owned") + new_file("a/fine"), scene.repository.git("rev-parse", "HEAD")))
    assert not (scene.folder / "owned").exists()
    assert not (scene.top / "fine").exists()


def test_a_link_in_the_place_of_a_changed_file_is_not_followed(scene: Scene) -> None:
    work = scene.agent(lambda folder: (folder / "src/tokens.py").write_text("changed\n"))
    outside = scene.folder / "outside"
    outside.mkdir()
    (outside / "tokens.py").write_bytes((scene.top / "src/tokens.py").read_bytes())
    (scene.top / "src/tokens.py").unlink()
    (scene.top / "src").rmdir()
    (scene.top / "src").symlink_to(outside)
    with pytest.raises(AideatorError):
        scene.apply(work.result)
    assert (outside / "tokens.py").read_text().startswith("one\n")


def test_half_of_it_is_fine_and_none_of_it_is_applied(scene: Scene) -> None:
    assert_refused(scene, new_file("a/fine") + new_file("a/.git/config"))


def test_a_link_to_anywhere_is_made_and_not_followed(scene: Scene) -> None:
    secret = scene.folder / "secret"
    secret.write_text("mine")
    secret.chmod(0o600)
    before = tree(scene.top), folders(scene.top)
    scene.apply(result(new_file("a/link2", str(secret), "120000"), scene.repository.git("rev-parse", "HEAD")))
    assert (scene.top / "link2").readlink() == secret
    scene.undo()
    assert (tree(scene.top), folders(scene.top), secret.read_text()) == (*before, "mine")


@pytest.mark.parametrize(
    "patch",
    [b"nonsense", b"\0\xff" * 50, b"diff --git a/x b/x\n", b"diff --git a/a.py b/a.py\n@@ -1 +1 @@\n-no\n+yes\n"],
)
def test_what_is_no_patch_of_this_tree_is_refused(scene: Scene, patch: bytes) -> None:
    assert_refused(scene, patch)


def test_attributes_and_filters_of_the_patch_run_nothing(scene: Scene) -> None:
    def change(folder: Path) -> None:
        (folder / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
        (folder / ".gitmodules").write_text(
            '[submodule "x"]\n\tpath = x\n\turl = ext::touch owned\n\tupdate = !touch owned\n'
        )
        (folder / ".gitconfig").write_text('[filter "evil"]\n\tsmudge = touch owned\n')

    work = scene.agent(change)
    scene.apply(work.result)
    assert tree(scene.top) == tree(work.folder)
    assert not list(scene.folder.rglob("owned"))


def test_undo_goes_through_no_link_that_stands_where_a_folder_was(scene: Scene) -> None:
    def change(folder: Path) -> None:
        (folder / "src/tokens.py").unlink()
        (folder / "src").rmdir()

    scene.apply(scene.agent(change).result)
    outside = scene.folder / "outside"
    outside.mkdir()
    (outside / "tokens.py").write_text("mine\n")
    (scene.top / "src").symlink_to(outside)
    for force in (False, True):
        with pytest.raises(AideatorError, match="src"):
            scene.undo(force=force)
        assert (outside / "tokens.py").read_text() == "mine\n"
    (scene.top / "src").unlink()
    scene.undo()
    assert (scene.top / "src/tokens.py").read_text().startswith("one\n")
