"""An apply that SIGKILL ends between its steps: what it writes, and every git that it starts."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.errors import AideatorError
from tests.fixtures.repositories import git
from tests.workspace.scenes import Scene, Work, folders, tree
from tests.workspace.test_configurations import every_kind

STEPS = frozenset({
    "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate", "os.utime", "subprocess.Popen",
})  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR
MOST = 400
EVERY = 9  # all of them take minutes


def killed_before(step: int, act: Callable[[], object]) -> bool:
    """Acts in a process of its own, which is killed before the step of this number. Returns False if there are not so many."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    left = step

    def count(event: str, given: tuple[Any, ...]) -> None:
        nonlocal left
        if event in STEPS or (event == "open" and isinstance(given[2], int) and given[2] & WRITING):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    with suppress(BaseException):
        act()
    os._exit(0)


def kills(act: Callable[[], object], after: Callable[[], object]) -> int:
    """Kills it before one in `EVERY` of its steps, and looks at what is there then. Returns how many steps there were."""
    for step in range(0, MOST, EVERY):
        if not killed_before(step, act):
            return step
        after()
    raise AssertionError("it does not end")


def state(scene: Scene) -> tuple[object, ...]:
    return tree(scene.top), scene.index(), folders(scene.top)


def refused(scene: Scene, work: Work, **way: Any) -> AideatorError | None:
    """Applies it. Returns why it does not apply; None: it does."""
    try:
        scene.apply(work.result, **way)
    except AideatorError as error:
        return error
    return None


@pytest.fixture
def work(scene: Scene) -> Iterator[Work]:
    """What is to be applied; when all is over, nothing is left of those that were killed."""
    yield scene.agent(every_kind)
    assert list((scene.top / ".git" / "aideator").glob("scratch-*")) == []


@pytest.mark.parametrize("way", [{}, {"three_way": True}])
def test_the_next_one_goes_on_or_says_how_all_is_taken_back(scene: Scene, work: Work, way: dict[str, Any]) -> None:
    before, told = state(scene), 0

    def after() -> None:
        nonlocal told
        if error := refused(scene, work, **way):
            told += 1
            assert "was interrupted" in error.message
            assert "undo" in str(error.hint)
            scene.undo()
            assert state(scene) == before
            scene.apply(work.result, **way)
        assert tree(scene.top) == tree(work.folder)
        assert scene.apply(work.result, **way).already
        scene.undo()
        assert state(scene) == before

    assert kills(lambda: scene.apply(work.result, **way), after) > 50
    assert told
    assert not killed_before(MOST, lambda: scene.apply(work.result, **way))


def test_undo_goes_on_where_it_was_killed(scene: Scene, work: Work) -> None:
    before = state(scene)
    scene.apply(work.result)

    def after() -> None:
        with suppress(AideatorError):  # it was over, and only its journal is left, or not even that
            scene.undo()
        assert state(scene) == before
        scene.apply(work.result)

    assert kills(scene.undo, after) > 20


def test_a_branch_is_there_with_all_of_the_patch_or_not_at_all(scene: Scene, work: Work) -> None:
    before = state(scene)

    def after() -> None:
        assert state(scene) == before
        with suppress(AideatorError):  # the branch is there
            scene.apply(work.result, branch="fix")
        place = scene.folder / "look"
        git(scene.top, "worktree", "add", "--quiet", str(place), "fix")
        assert {path: file for path, file in tree(place).items() if path != ".git"} == tree(work.folder)
        git(scene.top, "worktree", "remove", "--force", str(place))
        git(scene.top, "branch", "--quiet", "-D", "fix")

    assert kills(lambda: scene.apply(work.result, branch="fix"), after) > 10


def test_a_working_tree_of_its_own_is_whole_or_can_be_made_again(scene: Scene, work: Work, tmp_path: Path) -> None:
    before, place = state(scene), tmp_path / "other"

    def after() -> None:
        assert state(scene) == before
        if place.exists():
            with pytest.raises(AideatorError, match="already exists") as told:
                scene.apply(work.result, worktree=place)
            _, remove, named = str(told.value.hint).partition(f"git -C {scene.top} worktree remove ")
            assert (bool(remove), named) == (True, str(place))
            git(scene.top, "worktree", "remove", "--force", named)
        scene.apply(work.result, worktree=place)
        assert {path: file for path, file in tree(place).items() if path != ".git"} == tree(work.folder)
        git(scene.top, "worktree", "remove", "--force", str(place))
        shutil.rmtree(place, ignore_errors=True)

    assert kills(lambda: scene.apply(work.result, worktree=place), after) > 10
