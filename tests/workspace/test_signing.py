"""A commit is signed where the user's git is configured to; where git can't, nothing is done and the way out is named."""

import subprocess
from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from tests.workspace.scenes import Scene, Work, tree


@pytest.fixture
def work(scene: Scene) -> Work:
    return scene.agent(lambda folder: (folder / "a.py").write_text("x = 2\n"))


def sign_with(scene: Scene, **settings: str) -> None:
    scene.repository.git("config", "commit.gpgsign", "true")
    for name, value in settings.items():
        scene.repository.git("config", name.replace("_", "."), value)


def signed(scene: Scene, branch: str) -> bool:
    return "gpgsig" in scene.repository.git("cat-file", "commit", branch)


NO_KEY = [
    {"gpg_program": "/nowhere/gpg"},
    {"gpg_format": "ssh"},
    {"gpg_format": "ssh", "user_signingkey": "/nowhere/key"},
]


@pytest.mark.parametrize("settings", NO_KEY)
@pytest.mark.parametrize("worktree", [False, True])
def test_without_a_usable_key_nothing_is_done_and_no_sign_is_named(
    scene: Scene, work: Work, tmp_path: Path, settings: dict[str, str], worktree: bool
) -> None:
    sign_with(scene, **settings)
    place = tmp_path / "new" if worktree else None
    before, refs = tree(scene.top), scene.repository.git("for-each-ref")
    with pytest.raises(AideatorError) as caught:
        scene.apply(work.result, branch="fix", worktree=place)
    assert caught.value.code == ExitCode.DOES_NOT_APPLY
    assert caught.value.message.startswith("git can't sign the commit of k3v9x2q/1, which commit.gpgSign asks for: ")
    assert caught.value.hint == "aideator apply k3v9x2q/1 --branch fix --no-sign commits it without a signature"
    assert (tree(scene.top), scene.repository.git("for-each-ref")) == (before, refs)
    assert not (tmp_path / "new").exists()
    assert len(scene.repository.git("worktree", "list").splitlines()) == 1


def test_no_sign_commits_without_a_signature(scene: Scene, work: Work) -> None:
    sign_with(scene, gpg_program="/nowhere/gpg")
    scene.apply(work.result, branch="fix", sign=False)
    assert scene.repository.git("show", "fix:a.py") == "x = 2"
    assert not signed(scene, "fix")


def test_a_usable_key_signs_unless_told_not_to(scene: Scene, work: Work, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    sign_with(scene, gpg_format="ssh", user_signingkey=str(key))
    scene.apply(work.result, branch="signed")
    scene.apply(work.result, branch="plain", sign=False)
    assert signed(scene, "signed")
    assert not signed(scene, "plain")


def test_no_sign_is_for_a_commit(scene: Scene, work: Work) -> None:
    with pytest.raises(AideatorError, match="needs --branch, which makes a commit") as caught:
        scene.apply(work.result, sign=False)
    assert caught.value.code == ExitCode.USAGE
