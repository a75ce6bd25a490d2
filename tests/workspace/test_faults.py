"""What goes wrong in the middle: a folder that can't be written to, a full disk, another disk, another apply at once, a kill."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aideator_cli.cli.taken import lines
from aideator_cli.errors import AideatorError
from aideator_cli.workspace import journal, moving, working
from aideator_cli.workspace.applying import apply_result
from aideator_cli.workspace.pick import Way
from tests.fixtures.repositories import LocalRepository
from tests.workspace.scenes import SPEC, Scene, Work, folders, tree
from tests.workspace.test_configurations import every_kind

KIB = 1024


def state(scene: Scene) -> tuple[object, ...]:
    return tree(scene.top), scene.index(), folders(scene.top)


@contextmanager
def closed(folder: Path) -> Iterator[None]:
    """Nobody may change what the folder holds, not even root."""
    words = ["chattr", "+i", str(folder)] if os.getuid() == 0 else ["chmod", "a-w", str(folder)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("this file system can't close a folder to root")
    try:
        yield
    finally:
        subprocess.run([words[0], "-i" if words[1] == "+i" else "u+w", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A MiB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={1024 * KIB}", "none", str(place)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("folder", ["docs", "src"])
def test_a_folder_that_cannot_be_written_to_leaves_the_tree_as_it_was(scene: Scene, folder: str) -> None:
    work = scene.agent(every_kind)
    before = state(scene)
    with (
        closed(scene.top / folder),
        pytest.raises(AideatorError, match="the working tree is unchanged") as caught,
    ):
        scene.apply(work.result)
    assert (state(scene), caught.value.code) == (before, 8)
    scene.apply(work.result)
    assert tree(scene.top) == tree(work.folder)


def test_git_s_folder_cannot_be_written_to(scene: Scene) -> None:
    work = scene.agent(every_kind)
    before = state(scene)
    with closed(scene.top / ".git"):
        assert scene.apply(work.result, check=True).code == 0
        with pytest.raises(AideatorError) as caught:
            scene.apply(work.result)
    assert (state(scene), caught.value.code) == (before, 8)


def large(folder: Path) -> None:
    every_kind(folder)
    (folder / "large.bin").write_bytes(os.urandom(90 * KIB))


@pytest.mark.parametrize(("left", "enough"), [(4, False), (60, False), (100, False), (150, False), (400, True)])
def test_a_full_disk_leaves_the_tree_as_it_was(scene: Scene, small_disk: Path, left: int, enough: bool) -> None:
    """The patch takes room for its blob and for its file."""
    work = scene.agent(large)
    subprocess.run(["cp", "-a", str(scene.top), str(small_disk / "todo")], check=True)
    there = Scene(scene.folder, LocalRepository.__new__(LocalRepository))
    there.repository.path = small_disk / "todo"
    (small_disk / "filler").write_bytes(bytes(max(0, shutil.disk_usage(small_disk).free - left * KIB)))
    before = state(there)
    if enough:
        there.apply(work.result)
    else:
        with pytest.raises(AideatorError):
            there.apply(work.result)
        assert state(there) == before
        (small_disk / "filler").unlink()
        there.apply(work.result)
    assert tree(there.top) == tree(work.folder)
    there.undo()
    assert state(there) == before


@pytest.mark.parametrize("filled", [False, True])
def test_git_s_folder_on_another_disk(scene: Scene, small_disk: Path, filled: bool) -> None:
    work = scene.agent(large)
    there = Scene(scene.folder, LocalRepository.__new__(LocalRepository))
    there.repository.path = small_disk / "todo"
    there.repository.path.mkdir()
    scene.repository.git("worktree", "add", "--quiet", "--force", str(there.top), "-b", "other")
    before = state(there)
    if filled:
        (small_disk / "filler").write_bytes(bytes(shutil.disk_usage(small_disk).free - 40 * KIB))
        with pytest.raises(AideatorError, match="No space left"):
            there.apply(work.result)
        assert state(there) == before
        (small_disk / "filler").unlink()
    there.apply(work.result)
    assert {p: f for p, f in tree(there.top).items() if p != ".git"} == tree(work.folder)
    there.undo()
    assert state(there) == before


def test_what_cannot_even_be_rolled_back_is_taken_back_by_undo_later(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = scene.agent(every_kind)
    before = state(scene)

    def broken(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(moving, "_put", broken)
        with pytest.raises(AideatorError, match="only in part") as caught:
            scene.apply(work.result)
    assert caught.value.code == 8
    assert state(scene) != before
    with pytest.raises(AideatorError, match="was interrupted"):
        scene.apply(work.result)
    scene.undo()
    assert state(scene) == before


def test_an_undo_that_fails_in_the_middle_leaves_the_patch_applied(scene: Scene) -> None:
    work = scene.agent(every_kind)
    before = state(scene)
    scene.apply(work.result)
    after = state(scene)
    (scene.top / "src").mkdir()
    with closed(scene.top / "src"), pytest.raises(AideatorError, match="k3v9x2q/1 can't be undone"):
        scene.undo()
    (scene.top / "src").rmdir()
    assert state(scene) == after
    scene.undo()
    assert state(scene) == before


def test_two_at_once_do_not_mix(scene: Scene) -> None:
    work = scene.agent(every_kind)
    room = scene.top / ".git/aideator"
    room.mkdir()
    before = state(scene)
    with (room / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(AideatorError, match="another aideator"):
            scene.apply(work.result)
    assert state(scene) == before


def test_a_file_that_is_made_while_apply_is_at_work_is_never_overwritten(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    work: Work = scene.agent(every_kind)
    before = tree(scene.top)

    def late(top: Path, written: object) -> None:
        (top / "empty").write_text("mine\n")
        moving.install(top, written)  # type: ignore[arg-type]

    monkeypatch.setattr(working, "install", late)
    with pytest.raises(AideatorError, match="empty"):
        scene.apply(work.result)
    assert tree(scene.top) == before | {"empty": ("file", b"mine\n")}


def test_little_is_kept_for_undo(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEPT", 3)
    for number in range(6):
        scene.apply(scene.agent(lambda f, n=number: (f / f"new-{n}").touch(), f"agent-{number}").result)  # type: ignore[misc]
    assert len(list((scene.top / ".git/aideator/applied").iterdir())) == 4
    assert not list((scene.top / ".git/aideator").glob("scratch-*"))


def test_from_nowhere_the_run_s_own_repository_is_the_target(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    work = scene.agent(every_kind)
    (tmp_path / "nowhere").mkdir()
    monkeypatch.chdir(tmp_path / "nowhere")
    done = apply_result(SPEC, work.result, Way(), folder=None, origin=scene.top)
    assert done.folder == scene.top
    assert f"undo -C {scene.top}" in lines(done)[0]
