"""A run that began with uncommitted changes: its patch goes onto those changes, and onto nothing else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from aideator_agent.spec import Repository, Sent
from aideator_cli.domain.result import Result
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.repository import locate
from aideator_cli.intake.request import Sending
from aideator_cli.intake.sending.pack import pack
from aideator_cli.workspace.applying import apply_result
from aideator_cli.workspace.pick import Applied, Way
from tests.workspace.scenes import SPEC, Scene, tree


@pytest.fixture
def dirty(scene: Scene) -> Scene:
    """A changed file, a staged one, a new one and a deleted one."""
    scene.repository.write({"a.py": "x = 2\n", "new.txt": "new\n", "docs/read me.txt": "Hi\n", "crlf.txt": None})
    scene.repository.git("add", "docs")
    return scene


def worked(scene: Scene, change: Callable[[Path], object]) -> Result:
    made = pack(locate(str(scene.top), None, from_pods=False), Sending(dirty=True), to_cluster=False)
    scene.repository.git("bundle", "unbundle", str(made.files["snapshot"]))
    return scene.agent(change, base=made.repository.base).result


def apply(scene: Scene, made: Result, way: Way = Way()) -> Applied:  # noqa: B008 -- frozen
    spec = replace(SPEC, repository=Repository(str(scene.top), base=made.base), sent=Sent(snapshot=True))
    return apply_result(spec, made, way, folder=scene.top, origin=None)


def change(folder: Path) -> None:
    (folder / "a.py").write_text("x = 3\n")
    (folder / "docs" / "read me.txt").write_text("Hi there\n")
    (folder / "new.txt").unlink()
    (folder / "crlf.txt").write_text("again\n")


def test_the_patch_goes_onto_the_changes_and_undo_brings_them_back(dirty: Scene) -> None:
    before, index = tree(dirty.top), dirty.index()
    made = worked(dirty, change)
    assert (tree(dirty.top), dirty.index()) == (before, index)
    apply(dirty, made)
    got = tree(dirty.top)
    assert (got["a.py"][1], got["docs/read me.txt"][1], got["crlf.txt"][1]) == (b"x = 3\n", b"Hi there\n", b"again\n")
    assert "new.txt" not in got
    assert dirty.index() == index
    dirty.undo()
    assert (tree(dirty.top), dirty.index()) == (before, index)


def test_what_was_changed_since_is_not_overwritten(dirty: Scene) -> None:
    made = worked(dirty, change)
    dirty.repository.write({"a.py": "x = mine\n"})
    before = tree(dirty.top)
    with pytest.raises(AideatorError, match=r"began with uncommitted changes, and .*a.py") as caught:
        apply(dirty, made)
    assert caught.value.code == ExitCode.DOES_NOT_APPLY
    assert tree(dirty.top) == before


def test_changes_in_other_files_do_not_matter(dirty: Scene) -> None:
    made = worked(dirty, lambda folder: (folder / "a.py").write_text("x = 3\n"))
    dirty.repository.write({"tool.sh": "mine\n"})
    apply(dirty, made)
    assert tree(dirty.top)["a.py"][1] == b"x = 3\n"
    assert tree(dirty.top)["tool.sh"][1] == b"mine\n"


def test_it_goes_onto_the_changes_when_they_are_committed_too(dirty: Scene) -> None:
    made = worked(dirty, change)
    dirty.repository.git("add", "--all")
    dirty.repository.git("commit", "--quiet", "--message", "mine")
    apply(dirty, made)
    assert tree(dirty.top)["a.py"][1] == b"x = 3\n"


def test_a_branch_begins_with_a_commit_of_the_changes(dirty: Scene) -> None:
    head = dirty.repository.git("rev-parse", "HEAD")
    before, index = tree(dirty.top), dirty.index()
    apply(dirty, worked(dirty, change), Way(branch="fix"))
    assert dirty.repository.git("log", "--format=%s", f"{head}..fix") == "Made it right\nUncommitted changes"
    assert dirty.repository.git("rev-parse", "fix~2") == head
    assert (tree(dirty.top), dirty.index()) == (before, index)
