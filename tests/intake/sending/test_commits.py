"""A local repository on a cluster: which commits are sent, and in what form."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from aideator_agent.sent import BASE
from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.repository import locate
from aideator_cli.intake.sending import overlay, packing, remotes
from aideator_cli.system.git import Git
from tests.fixtures.repositories import LocalRepository, git
from tests.fixtures.servers import GitServers
from tests.intake.sending.packed import everything, packed, received


def test_without_a_remote_the_whole_history_is_sent_with_its_tags(todo: LocalRepository, tmp_path: Path) -> None:
    todo.git("tag", "--annotate", "--message", "one", "v1")
    base = todo.commit({"a.py": "x = 2\n"})
    before = everything(todo.path)
    made = packed(todo.path)
    assert made.sent is not None
    assert not made.sent.builds_on_url
    assert made.repository.base == base
    got = received(made, tmp_path / "got")
    assert git(got, "log", "--format=%s") == "a change\na change"
    assert git(got, "describe").startswith("v1-1-")
    assert everything(todo.path) == before


def test_what_is_packed_is_removed_when_it_is_released(todo: LocalRepository) -> None:
    made = packed(todo.path)
    folder = made.folder
    assert folder.is_dir()
    made.release()
    assert not folder.exists()


def test_a_remote_that_has_the_commit_is_used_instead(
    todo: LocalRepository, git_server: GitServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remotes, "may_reach", lambda _: True)  # the server is on this machine
    server = git_server()
    base = server.add("todo", {"a.py": "x\n"})
    clone = todo.path.parent / "clone"
    git(todo.path, "clone", "--quiet", server.url("todo"), str(clone))
    made = packed(clone)
    assert made.sent is None
    assert (made.repository.url, made.repository.base) == (server.url("todo"), base)


def test_commits_that_the_remote_lacks_are_sent_on_top_of_it(
    todo: LocalRepository, git_server: GitServers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(remotes, "may_reach", lambda _: True)
    server = git_server()
    server.add("todo", {"a.py": "x\n", "large": os.urandom(200_000)})
    clone = LocalRepository(tmp_path / "clone")
    clone.git("remote", "add", "origin", server.url("todo"))
    clone.git("pull", "--quiet", "origin", "main")
    base = clone.commit({"b.py": "new\n"})
    made = packed(clone.path)
    assert made.sent is not None
    assert made.sent.builds_on_url
    assert made.repository.url == server.url("todo")
    assert made.sent.commits is not None
    assert made.sent.commits.bytes < 2000
    got = received(made, tmp_path / "got", source=server.path("todo"))
    assert git(got, "rev-parse", "HEAD") == base
    assert todo


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://git.example/todo.git", True),
        ("http://10.0.0.7/todo.git", True),
        ("git@git.example:todo.git", False),  # a pod has no key of this machine
        ("ssh://git.example/todo.git", False),
        ("https://ada:token@git.example/todo.git", False),
        ("http://localhost:3000/todo.git", False),
        ("http://127.0.0.1/todo.git", False),
        ("http://[::1]/todo.git", False),
        ("http://box.local/todo.git", False),
        ("file:///srv/todo.git", False),
        ("/srv/todo.git", False),
        ("ext::sh -c x", False),
        ("https://[broken", False),
    ],
)
def test_a_pod_reaches_what_is_on_the_network_and_wants_no_login(url: str, may: bool) -> None:
    assert remotes.may_reach(url) is may


def test_a_remote_that_does_not_answer_is_no_remote(todo: LocalRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remotes, "may_reach", lambda _: True)
    todo.git("remote", "add", "origin", "http://127.0.0.1:1/todo.git")
    made = packed(todo.path)
    assert made.sent is not None
    assert made.repository.url == str(todo.path)


def test_a_history_over_the_limit_stays_here_and_that_is_said(
    todo: LocalRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(packing, "CLUSTER_BYTES", 100_000)
    todo.commit({"large": os.urandom(200_000)})
    base = todo.commit({"large": None})
    made = packed(todo.path)
    assert made.sent is not None
    assert made.sent.shallow
    assert any("without its history" in remark for remark in made.remarks)
    got = received(made, tmp_path / "got")
    assert git(got, "log", "--format=%H") == base
    assert (got / "a.py").read_text() == "x = 1\n"


def test_a_commit_over_the_limit_goes_through_a_connection_and_over_the_next_is_an_error_that_names_the_ways_out(
    todo: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "CLUSTER_BYTES", 100_000)
    todo.commit({"large": os.urandom(200_000)})
    made = packed(todo.path)
    assert made.sent is not None
    assert made.sent.by_connection
    assert any("through a connection" in remark for remark in made.remarks)
    monkeypatch.setattr(packing, "CONNECTION_BYTES", 150_000)
    with pytest.raises(AideatorError) as caught:
        packed(todo.path)
    assert caught.value.code == ExitCode.USAGE
    assert "146 KiB" in caught.value.message
    assert "push" in str(caught.value.hint)
    assert "--backend local" in str(caught.value.hint)


def test_large_files_travel_as_they_are_because_comparing_them_would_take_minutes(
    todo: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay, "BIG", 100_000)
    large = os.urandom(150_000)
    todo.commit({"large": large})
    todo.commit({"large": large + b"more"})
    made = packed(todo.path)
    assert made.files["commits"].stat().st_size > 2 * len(large)


def test_a_line_of_a_large_file_that_the_receiver_has_travels_alone(
    todo: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlay, "BIG", 100_000)
    large = os.urandom(150_000)
    pushed = todo.commit({"large": large})
    base = todo.commit({"large": large + b"more"})
    made = overlay.Overlay.make(tmp_path, todo.path, base)
    made.name(base)
    made.bundle(tmp_path / "commits", [BASE], [pushed], 1_000_000)
    assert (tmp_path / "commits").stat().st_size < 10_000


def test_a_signal_does_not_wait_until_git_has_packed(
    todo: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = todo.git("rev-parse", "HEAD")
    made = overlay.Overlay.make(tmp_path, todo.path, base)
    made.name(base)
    children = []

    def interrupted(child: subprocess.Popen[bytes], *_: object) -> bool:
        children.append(child)
        raise KeyboardInterrupt

    monkeypatch.setattr(Git, "words", lambda *_: ["sleep", "600"])
    monkeypatch.setattr(overlay, "_copied", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made.bundle(tmp_path / "commits", ["HEAD"], [], 1000)
    assert [child.returncode for child in children] == [-signal.SIGKILL]


def test_a_shallow_clone_sends_its_commit_without_history(todo: LocalRepository, tmp_path: Path) -> None:
    base = todo.commit({"a.py": "x = 2\n"})
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{todo.path}", str(shallow))
    made = packed(shallow)
    assert made.sent is not None
    assert made.sent.shallow
    assert git(received(made, tmp_path / "got"), "log", "--format=%H") == base


@pytest.mark.parametrize("ref", ["HEAD~1", "main@{1}", "main^", ":/a change", "v1"])
def test_any_revision_names_a_commit_of_a_local_repository(todo: LocalRepository, ref: str) -> None:
    first = todo.git("rev-parse", "HEAD")
    todo.git("tag", "v1")
    todo.commit({"a.py": "x = 2\n"}, "another")
    assert locate(str(todo.path), ref, from_pods=False).base == first


def test_a_log_that_does_not_go_back_so_far_is_told(todo: LocalRepository) -> None:
    (remark,) = locate(str(todo.path), "main@{20 years ago}", from_pods=False).remarks
    assert "only goes back to" in remark


def test_a_revision_of_a_url_is_told_to_need_a_local_repository() -> None:
    with pytest.raises(AideatorError) as caught:
        locate("https://git.example/todo.git", "HEAD~1", from_pods=True)
    assert caught.value.code == ExitCode.USAGE
    assert "local repository" in str(caught.value.hint)


@pytest.mark.parametrize("ref", ["--upload-pack=x", "", "a\nb", "main..HEAD", "HEAD~99", "HEAD:a.py"])
def test_what_is_no_commit_is_refused(todo: LocalRepository, ref: str) -> None:
    with pytest.raises(AideatorError):
        locate(str(todo.path), ref, from_pods=False)


def test_a_bare_repository_is_one_too(todo: LocalRepository, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(todo.path), str(bare))
    made = packed(bare)
    assert made.sent is not None
    assert received(made, tmp_path / "got").joinpath("a.py").read_text() == "x = 1\n"
    local = packed(bare, to_cluster=False)
    assert (local.sent, local.repository.url) == (None, str(bare))
    with pytest.raises(AideatorError, match="--dirty needs a working tree"):
        packed(bare, dirty=True)


def test_on_this_machine_nothing_is_sent_that_a_clone_has(todo: LocalRepository) -> None:
    todo.commit({"a.py": "x = 2\n"})
    assert packed(todo.path, ref="HEAD~1", to_cluster=False).sent is None


def test_on_this_machine_a_commit_that_no_branch_has_is_sent(todo: LocalRepository, tmp_path: Path) -> None:
    lost = todo.commit({"a.py": "lost\n"})
    todo.git("reset", "--quiet", "--hard", "HEAD~1")
    made = packed(todo.path, ref="main@{1}", to_cluster=False)
    assert made.sent is not None
    assert made.repository.base == lost
    assert received(made, tmp_path / "got", source=todo.path).joinpath("a.py").read_text() == "lost\n"


def test_a_repository_that_borrows_objects_and_one_with_sha256_are_sent_too(
    todo: LocalRepository, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    git(tmp_path, "clone", "--quiet", "--shared", str(todo.path), str(shared))
    assert received(packed(shared), tmp_path / "one").joinpath("a.py").is_file()
    other = tmp_path / "other"
    git(tmp_path, "init", "--quiet", "--object-format=sha256", str(other))
    git(other, "commit", "--quiet", "--allow-empty", "--message", "x")
    made = packed(other)
    assert made.repository.base is not None
    assert len(made.repository.base) == 64
    shutil.rmtree(other)
