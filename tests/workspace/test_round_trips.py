"""Random trees, random changes: what an agent made is what the user gets, and undo gives back what was there.

AIDEATOR_ROUND_TRIPS=N draws N examples of each.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from aideator_cli.domain.result import Result
from aideator_cli.errors import AideatorError
from aideator_cli.workspace import moving
from tests.fixtures.repositories import LocalRepository
from tests.workspace.scenes import Scene, Tree, folders, tree

EXAMPLES = int(os.environ.get("AIDEATOR_ROUND_TRIPS", "15"))
PHASES = [phase for phase in Phase if phase != Phase.explain]
ROUND = settings(max_examples=EXAMPLES, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck))

PARTS = (
    "a",
    "b",
    "ä",
    'quo"te',
    "new\nline",
    "tab\there",
    " space ",
    "-dash",
    "back\\slash",
    "a.py",
    "c:",
    "latin\udce4",
    "*",
    "[x]",
)
PATHS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map("/".join)
LINES = st.lists(
    st.sampled_from((b"one", b"two", b"", b"\tthree ", "vier-ü".encode(), b"-- x", b"\xff\xfe", b"@@ -1 +1 @@")),
    max_size=12,
)
ENDS = st.sampled_from((b"\n", b"\r\n"))
TEXTS = st.builds(lambda lines, end, last: end.join(lines) + (end if last else b""), LINES, ENDS, st.booleans())
BINARIES = st.binary(max_size=300).map(lambda data: b"\0" + data)
CONTENTS = st.tuples(st.sampled_from(("file", "run")), st.one_of(TEXTS, BINARIES))
LINKS = st.tuples(st.just("link"), st.sampled_from((b"a", b"../outside", b"nowhere/\xc3\xa4", b"/etc/passwd")))
FILES = st.dictionaries(PATHS, st.one_of(CONTENTS, CONTENTS, LINKS), max_size=7)


def fitting(files: Tree) -> Tree:
    """Without those that would need a file to be a folder."""
    return {p: f for p, f in files.items() if not any(q != p and p.startswith(f"{q}/") for q in files)}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Tree, Tree]:
    """A tree and what becomes of it: some files stay, some move, some change, some go, some come."""
    before = fitting(draw(FILES))
    after: Tree = {}
    for path, (kind, content) in before.items():
        fate = draw(st.sampled_from(("stay", "go", "move", "mode", "edit", "other")))
        if fate == "move":
            after[draw(PATHS)] = (kind, content)
        elif fate == "mode" and kind != "link":
            after[path] = ("run" if kind == "file" else "file", content)
        elif fate == "edit" and kind != "link":
            after[path] = (kind, content + draw(TEXTS))
        elif fate == "other":
            after[path] = draw(st.one_of(CONTENTS, LINKS))
        elif fate != "go":
            after[path] = (kind, content)
    return before, fitting({**after, **draw(FILES)})


def write(folder: Path, files: Tree) -> None:
    for path in folder.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for name, (kind, content) in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "link":
            path.symlink_to(os.fsdecode(content))
            continue
        path.write_bytes(content)
        path.chmod(0o755 if kind == "run" else 0o644)


@contextmanager
def scenes(before: Tree) -> Iterator[Scene]:
    with tempfile.TemporaryDirectory() as name:
        repository = LocalRepository(Path(name) / "todo")
        write(repository.path, before)
        repository.commit({})
        yield Scene(Path(name), repository)


def works(scene: Scene, after: Tree) -> Any:
    work = scene.agent(lambda folder: write(folder, after))
    return work if work.result.patch else None


@ROUND
@given(pairs())
@example(({"a/a": ("link", b"a")}, {"a": ("link", b"a")}))
@example(({"a": ("link", b"a")}, {"a/a": ("link", b"a")}))
@example(({}, {" space /a": ("file", b"\0")}))
def test_the_user_gets_the_agent_s_tree_and_has_the_old_one_back_after_undo(pair: tuple[Tree, Tree]) -> None:
    with scenes(pair[0]) as scene:
        if not (work := works(scene, pair[1])):
            return
        before, index, places = tree(scene.top), scene.index(), folders(scene.top)
        scene.apply(work.result)
        assert tree(scene.top) == tree(work.folder) == pair[1]
        assert scene.index() == index
        assert scene.apply(work.result).already
        scene.undo()
        assert (tree(scene.top), scene.index(), folders(scene.top)) == (before, index, places)


@ROUND
@given(pairs())
def test_a_new_branch_holds_the_agent_s_tree(pair: tuple[Tree, Tree]) -> None:
    with scenes(pair[0]) as scene:
        if not (work := works(scene, pair[1])):
            return
        before, index = tree(scene.top), scene.index()
        scene.apply(work.result, branch="fix")
        assert (tree(scene.top), scene.index()) == (before, index)
        scene.repository.git("switch", "--quiet", "fix")
        assert tree(scene.top) == tree(work.folder)
        assert not scene.repository.git("status", "--porcelain")


def broken_after(steps: int, fault: Callable[[], object]) -> Callable[[Path, Path], None]:
    """Moves so many files, and then the fault comes, once."""
    left, move = [steps], moving._move

    def moving_until_then(source: Path, target: Path) -> None:
        left[0] -= 1
        if left[0] == -1:
            fault()
        move(source, target)

    return moving_until_then


def raising(error: BaseException) -> Callable[[], object]:
    def fault() -> None:
        raise error

    return fault


def killed_after(steps: int, scene: Scene, result: Result) -> bool:
    """An apply in a process of its own, which SIGKILL ends between two renames; whether it has, or there were no more of them."""
    child = os.fork()
    if child == 0:
        moving._move = broken_after(steps, lambda: os.kill(os.getpid(), signal.SIGKILL))
        try:
            scene.apply(result)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@ROUND
@given(pairs(), st.integers(0, 14), st.sampled_from((OSError(28, "No space left on device"), KeyboardInterrupt())))
def test_a_failure_in_the_middle_leaves_the_tree_as_it_was(
    pair: tuple[Tree, Tree], steps: int, error: BaseException
) -> None:
    with scenes(pair[0]) as scene, pytest.MonkeyPatch.context() as patch:
        if not (work := works(scene, pair[1])):
            return
        before, index, places = tree(scene.top), scene.index(), folders(scene.top)
        patch.setattr(moving, "_move", broken_after(steps, raising(error)))
        try:
            scene.apply(work.result)
        except (AideatorError, KeyboardInterrupt):
            assert (tree(scene.top), scene.index(), folders(scene.top)) == (before, index, places)
            patch.undo()
            scene.apply(work.result)
        assert tree(scene.top) == tree(work.folder)


@ROUND
@given(pairs(), st.integers(0, 14))
def test_a_killed_apply_is_taken_back_by_undo(pair: tuple[Tree, Tree], steps: int) -> None:
    with scenes(pair[0]) as scene:
        if not (work := works(scene, pair[1])):
            return
        before, index, places = tree(scene.top), scene.index(), folders(scene.top)
        if killed_after(steps, scene, work.result):
            with pytest.raises(AideatorError, match="was interrupted"):
                scene.apply(work.result)
        scene.undo()
        assert (tree(scene.top), scene.index(), folders(scene.top)) == (before, index, places)
