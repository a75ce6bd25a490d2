"""--3way: HEAD has moved on, and what both sides did is merged, or told file by file."""

from pathlib import Path

import pytest

from aideator_cli.cli.taken import lines
from aideator_cli.errors import AideatorError, ExitCode
from tests.workspace.scenes import Scene, Work, tree


def edit(folder: Path) -> None:
    tokens = folder / "src/tokens.py"
    tokens.write_text(tokens.read_text().replace("two", "TWO"))
    (folder / "new.py").write_text("new\n")


@pytest.fixture
def work(scene: Scene) -> Work:
    return scene.agent(edit)


def theirs(scene: Scene, old: str, new: str) -> None:
    text = (scene.top / "src/tokens.py").read_text()
    scene.repository.commit({"src/tokens.py": text.replace(old, new)})


def test_changes_at_different_places_are_merged_into_the_files_alone(scene: Scene, work: Work) -> None:
    theirs(scene, "seven", "SEVEN")
    before, index = tree(scene.top), scene.index()
    assert scene.apply(work.result, three_way=True).code == 0
    merged = b"one\nTWO\nthree\nfour\nfive\nsix\nSEVEN\neight\n"
    assert tree(scene.top) == before | {"src/tokens.py": ("file", merged), "new.py": ("file", b"new\n")}
    assert scene.index() == index
    scene.undo()
    assert (tree(scene.top), scene.index()) == (before, index)


def test_a_folder_in_the_place_of_a_file_and_the_reverse(scene: Scene) -> None:
    scene.repository.commit({"odd": "file\n", "pack/inner": "inner\n"})

    def swap(folder: Path) -> None:
        edit(folder)
        (folder / "odd").unlink()
        (folder / "odd").mkdir()
        (folder / "odd/inner").write_text("new\n")
        (folder / "pack/inner").unlink()
        (folder / "pack").rmdir()
        (folder / "pack").symlink_to("new.py")

    work = scene.agent(swap)
    theirs(scene, "two", "zwei")
    before, index = tree(scene.top), scene.index()
    done = scene.apply(work.result, three_way=True)
    assert (done.code, done.conflicts) == (ExitCode.DOES_NOT_APPLY, ["src/tokens.py"])
    assert (scene.top / "odd/inner").read_text() == "new\n"
    assert (scene.top / "pack").is_symlink()
    scene.undo()
    assert (tree(scene.top), scene.index()) == (before, index)


def test_a_conflict_is_told_and_stands_in_file_and_index_as_git_leaves_it(scene: Scene, work: Work) -> None:
    theirs(scene, "two", "zwei")
    before, index = tree(scene.top), scene.index()

    checked = scene.apply(work.result, three_way=True, check=True)
    assert (checked.code, checked.conflicts, tree(scene.top), scene.index()) == (8, ["src/tokens.py"], before, index)

    done = scene.apply(work.result, three_way=True)
    assert (done.code, done.conflicts) == (ExitCode.DOES_NOT_APPLY, ["src/tokens.py"])
    assert lines(done)[0] == "conflict in src/tokens.py"
    text = (scene.top / "src/tokens.py").read_text()
    assert text.startswith("one\n<<<<<<< ours\nzwei\n=======\nTWO\n>>>>>>> theirs\nthree\n")
    assert (scene.top / "new.py").read_text() == "new\n"
    assert scene.repository.git("status", "--porcelain") == "UU src/tokens.py\n?? new.py"

    scene.undo()
    assert (tree(scene.top), scene.index()) == (before, index)


def test_an_index_that_another_git_holds_is_told_with_the_way_out(scene: Scene, work: Work) -> None:
    theirs(scene, "two", "zwei")
    before, index = tree(scene.top), scene.index()
    lock = scene.top / ".git/index.lock"
    lock.touch()
    with pytest.raises(AideatorError, match=r"index\.lock.*The files are unchanged") as raised:
        scene.apply(work.result, three_way=True)
    assert "undo" in (raised.value.hint or "")
    lock.unlink()
    assert (tree(scene.top), scene.index()) == (before, index)
    scene.undo()
    assert scene.apply(work.result, three_way=True).conflicts == ["src/tokens.py"]


def test_a_conflict_that_was_mended_is_undone_by_force(scene: Scene, work: Work) -> None:
    theirs(scene, "two", "zwei")
    before, index = tree(scene.top), scene.index()
    scene.apply(work.result, three_way=True)
    scene.repository.write({"src/tokens.py": "mended\n"})
    scene.repository.git("add", "src/tokens.py")
    with pytest.raises(AideatorError, match="has changed since"):
        scene.undo()
    scene.undo(force=True)
    assert (tree(scene.top), scene.index()) == (before, index)


def test_both_made_the_same_file(scene: Scene, work: Work) -> None:
    scene.repository.commit({"new.py": "theirs\n"})
    done = scene.apply(work.result, three_way=True)
    assert done.conflicts == ["new.py"]
    assert "<<<<<<<" in (scene.top / "new.py").read_text()
    assert "TWO" in (scene.top / "src/tokens.py").read_text()


def test_what_head_has_already_is_left_alone(scene: Scene, work: Work) -> None:
    scene.repository.commit({"new.py": "new\n"})
    assert scene.apply(work.result, three_way=True).code == 0
    assert scene.repository.git("status", "--porcelain") == " M src/tokens.py"


def test_what_even_a_merge_cannot_do_changes_nothing(scene: Scene, work: Work) -> None:
    scene.repository.commit({"src/tokens.py": None})
    before = tree(scene.top), scene.index()
    with pytest.raises(AideatorError, match="even with --3way") as caught:
        scene.apply(work.result, three_way=True)
    assert (caught.value.code, tree(scene.top), scene.index()) == (8, *before)


def test_a_dirty_file_is_refused_all_the_same(scene: Scene, work: Work) -> None:
    theirs(scene, "seven", "SEVEN")
    scene.repository.write({"src/tokens.py": "mine\n"})
    with pytest.raises(AideatorError, match="uncommitted changes"):
        scene.apply(work.result, three_way=True)


def test_binary_files_conflict_and_yours_stays(scene: Scene) -> None:
    work = scene.agent(lambda folder: (folder / "old.bin").write_bytes(b"\0theirs"))
    scene.repository.commit({"old.bin": b"\0mine"})
    done = scene.apply(work.result, three_way=True)
    assert done.conflicts == ["old.bin"]
    assert (scene.top / "old.bin").read_bytes() == b"\0mine"
    assert scene.repository.git("status", "--porcelain") == "UU old.bin"
