"""`--only` and `--tidy`: a part of a patch is applied, and `undo` takes that part back."""

from pathlib import Path

import pytest

from aideator_cli.cli.taken import lines
from aideator_cli.errors import AideatorError
from tests.workspace.scenes import Scene, Work, tree


def changed(folder: Path) -> None:
    (folder / "a.py").write_text("x = 2\n")
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "new.py").write_text("new\n")
    (folder / "src" / "new.txt").write_text("text\n")
    for path in ("debug.log", "build/out.txt", "src/new.py~"):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text("untidy\n")
    (folder / "long.txt").rename(folder / "src" / "moved.txt")


@pytest.fixture
def work(scene: Scene) -> Work:
    scene.repository.commit({"long.txt": "".join(f"line {n}\n" for n in range(40))})
    return scene.agent(changed)


ALL = {"a.py", "src/new.py", "src/new.txt", "src/moved.txt", "debug.log", "build/out.txt", "src/new.py~"}


@pytest.mark.parametrize(
    ("only", "there"),
    [
        (("a.py",), {"a.py"}),
        (("src",), {"src/new.py", "src/new.txt", "src/moved.txt", "src/new.py~"}),
        (("*.py",), {"a.py", "src/new.py"}),
        (("a.py", "src/new.txt"), {"a.py", "src/new.txt"}),
        (("src", ":!*.txt"), {"src/new.py", "src/new.py~"}),
    ],
)
def test_only_these_paths_are_applied_and_undone(
    scene: Scene, work: Work, only: tuple[str, ...], there: set[str]
) -> None:
    before = tree(scene.top)
    done = scene.apply(work.result, only=only)
    after = tree(scene.top)
    assert {path for path in ALL if after.get(path) != before.get(path)} == there
    assert set(done.pick.left_out) >= ALL - there
    assert "without" in lines(done)[0]
    scene.undo()
    assert tree(scene.top) == before


@pytest.mark.parametrize("path", ["long.txt", "src/moved.txt"])
def test_of_a_renamed_file_both_names_are_taken(scene: Scene, work: Work, path: str) -> None:
    scene.apply(work.result, only=(path,))
    assert "src/moved.txt" in tree(scene.top)
    assert "long.txt" not in tree(scene.top)


def test_what_is_untidy_is_left_out_and_named(scene: Scene, work: Work) -> None:
    done = scene.apply(work.result, tidy=True)
    assert set(done.pick.left_out) == {"debug.log", "build/out.txt", "src/new.py~"}
    assert not {"debug.log", "build/out.txt", "src/new.py~"} & set(tree(scene.top))
    assert lines(done)[0].startswith("applied k3v9x2q/1 to ")
    assert "5 files" in lines(done)[0]
    assert "without build/out.txt, debug.log, src/new.py~" in lines(done)[0]


def test_a_build_folder_of_the_repositorys_own_is_not_untidy(scene: Scene) -> None:
    scene.repository.commit({"build/rules.txt": "own\n"})
    work = scene.agent(changed_build, "builder")
    done = scene.apply(work.result, tidy=True)
    assert done.pick.left_out == ("build/x.tmp",)


def changed_build(folder: Path) -> None:
    (folder / "build" / "more.txt").write_text("more\n")
    (folder / "build" / "x.tmp").write_text("object\n")


def test_a_branch_gets_the_part_alone(scene: Scene, work: Work) -> None:
    scene.apply(work.result, branch="part", only=("src",), tidy=True)
    names = scene.repository.git("diff", "--name-only", "--no-renames", "main", "part").split()
    assert set(names) == {"long.txt", "src/moved.txt", "src/new.py", "src/new.txt"}


@pytest.mark.parametrize(
    ("way", "message", "hint"),
    [
        ({"only": ("src/nwe.py",)}, "the patch of k3v9x2q/1 has no src/nwe.py", "did you mean src/new.py?"),
        ({"only": ("b.py", "zzz")}, "has no", None),
        ({"only": ("../a.py",)}, "--only ../a.py is no pathspec of git", None),
        ({"only": ("debug.log",), "tidy": True}, "nothing of k3v9x2q/1 is left to apply", "leave out --tidy"),
    ],
)
def test_a_path_that_the_patch_does_not_have_is_told(
    scene: Scene, work: Work, way: dict[str, object], message: str, hint: str | None
) -> None:
    before = tree(scene.top)
    with pytest.raises(AideatorError) as told:
        scene.apply(work.result, **way)
    assert message in told.value.message
    assert hint is None or hint in str(told.value.hint)
    assert tree(scene.top) == before
