"""A patch that goes on from another one: it holds that one too, and applies whether or not that one has been applied."""

from pathlib import Path

import pytest

from aideator_cli.domain.result import Result
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.workspace.applying import apply_result
from aideator_cli.workspace.pick import Applied, Way
from tests.workspace.scenes import SPEC, Scene, tree


def first(clone: Path) -> None:
    (clone / "a.txt").write_text("one\n2\nthree\n")
    (clone / "new.txt").write_text("new\n")
    (clone / "gone.txt").unlink()


def second(clone: Path) -> None:
    """Everything that the first did, and more: it changes one of its files, and takes its new one away again."""
    first(clone)
    (clone / "a.txt").write_text("one\n2\n3\n")
    (clone / "new.txt").unlink()
    (clone / "more.txt").write_text("more\n")


@pytest.fixture
def patches(scene: Scene) -> tuple[Result, Result]:
    scene.repository.commit({"a.txt": "one\ntwo\nthree\n", "gone.txt": "gone\n", "other.txt": "other\n"})
    return scene.agent(first, "first").result, scene.agent(second, "second").result


def apply(scene: Scene, whole: Result, earlier: Result) -> Applied:
    return apply_result(SPEC, whole, Way(), folder=scene.top, origin=None, begun=[earlier.patch or b""])


def test_it_applies_everything_at_once(scene: Scene, patches: tuple[Result, Result]) -> None:
    earlier, whole = patches
    apply(scene, whole, earlier)
    assert tree(scene.top) == tree(scene.folder / "second")


def test_it_applies_the_rest_where_the_earlier_one_was_applied(scene: Scene, patches: tuple[Result, Result]) -> None:
    earlier, whole = patches
    scene.apply(earlier)
    before = tree(scene.top)
    apply(scene, whole, earlier)
    assert tree(scene.top) == tree(scene.folder / "second")
    scene.undo()
    assert tree(scene.top) == before


def test_a_change_of_the_users_own_on_top_of_the_earlier_one_is_kept(
    scene: Scene, patches: tuple[Result, Result]
) -> None:
    earlier, whole = patches
    scene.apply(earlier)
    (scene.top / "new.txt").write_text("mine\n")
    before = tree(scene.top)
    with pytest.raises(AideatorError) as raised:
        apply(scene, whole, earlier)
    assert raised.value.code == ExitCode.DOES_NOT_APPLY
    assert tree(scene.top) == before


def test_it_applies_where_the_earlier_one_has_been_committed(scene: Scene, patches: tuple[Result, Result]) -> None:
    earlier, whole = patches
    scene.apply(earlier)
    scene.repository.git("add", "--all")
    scene.repository.git("commit", "--quiet", "--message", "The first part")
    apply(scene, whole, earlier)
    assert tree(scene.top) == tree(scene.folder / "second")
