"""Submodules and Git LFS of a local repository on a cluster: what no server has is sent, and what one has is not."""

import hashlib
import os

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.intake.repository import locate
from aideator_cli.intake.request import Sending
from aideator_cli.intake.sending import packing, remotes
from aideator_cli.intake.sending.pack import pack
from aideator_cli.intake.sending.packed import Packed
from tests.fixtures.repositories import LocalRepository, git
from tests.fixtures.servers import GitServers
from tests.intake.sending.packed import names_in, packed

URL = "https://git.example/lib.git"


@pytest.fixture
def library(todo: LocalRepository) -> LocalRepository:
    """The clone of the submodule `lib` of the repository `todo`, which has been pushed."""
    library = LocalRepository(todo.path / "lib")
    library.commit({"lib.py": "lib = 1\n"})
    pushed(library)
    record(todo, URL)
    return library


def pushed(library: LocalRepository) -> None:
    library.git("update-ref", "refs/remotes/origin/main", "HEAD")


def record(todo: LocalRepository, url: str) -> None:
    todo.commit({".gitmodules": f'[submodule "lib"]\n\tpath = lib\n\turl = {url}\n'})


def test_a_commit_of_a_submodule_that_is_pushed_is_not_sent(todo: LocalRepository, library: LocalRepository) -> None:
    assert names_in(packed(todo.path)) == []
    assert library


def test_one_that_is_not_pushed_is_sent_and_told(todo: LocalRepository, library: LocalRepository) -> None:
    commit = library.commit({"lib.py": "lib = 2\n"})
    todo.commit({})
    made = packed(todo.path)
    assert names_in(made) == [f"commit-{commit}"]
    assert any(f"the cluster gets commit {commit[:7]} of the submodule lib (" in remark for remark in made.remarks)
    assert made.sent is not None
    assert set(made.files) == {"commits", "objects"}
    assert names_in(without_submodules(todo)) == []


def test_one_of_a_submodule_in_a_submodule_is_sent(todo: LocalRepository, library: LocalRepository) -> None:
    deep = LocalRepository(library.path / "deep")
    commit = deep.commit({"deep.py": "deep = 1\n"})
    library.commit({".gitmodules": '[submodule "x"]\n\tpath = deep\n\turl = https://git.example/deep.git\n'})
    pushed(library)
    todo.commit({})
    made = packed(todo.path)
    assert names_in(made) == [f"commit-{commit}"]
    assert any("of the submodule lib/deep (" in remark for remark in made.remarks)


@pytest.mark.parametrize("url", ["../lib.git", "/srv/lib.git", "file:///srv/lib.git"])
def test_one_whose_url_leads_to_this_machine_is_sent(todo: LocalRepository, library: LocalRepository, url: str) -> None:
    record(todo, url)
    assert names_in(packed(todo.path)) == [f"commit-{library.git('rev-parse', 'HEAD')}"]


def test_a_relative_url_counts_from_the_remote_that_the_agents_clone(
    todo: LocalRepository, library: LocalRepository, git_server: GitServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remotes, "may_reach", lambda _: True)  # the server is on this machine
    record(todo, "../lib.git")
    server = git_server()
    git(todo.path, "clone", "--quiet", "--bare", str(todo.path), str(server.path("todo")))
    todo.git("remote", "add", "origin", server.url("todo"))
    assert packed(todo.path).sent is None
    commit = library.commit({"lib.py": "lib = 2\n"})
    todo.commit({})
    assert names_in(packed(todo.path)) == [f"commit-{commit}"]


def test_a_history_that_is_too_large_stays_here_and_a_commit_that_is_is_an_error(
    todo: LocalRepository, library: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "CLUSTER_BYTES", 100_000)
    library.commit({"large": os.urandom(200_000)})
    commit = library.commit({"large": None})
    todo.commit({})
    assert names_in(packed(todo.path)) == [f"shallow-{commit}"]
    library.commit({"large": os.urandom(200_000)})
    todo.commit({})
    with pytest.raises(AideatorError, match="of the submodule lib, which no server has, does not fit into") as caught:
        packed(todo.path)
    assert caught.value.code == ExitCode.USAGE
    assert "git -C lib push" in str(caught.value.hint)


def test_files_in_git_lfs_are_sent_if_no_server_has_them(
    todo: LocalRepository, git_server: GitServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = put(todo, "a.bin", b"first" * 100)
    made = packed(todo.path)
    assert names_in(made) == [f"large-{first}"]
    assert any("the cluster gets the content of 1 file in Git LFS (" in remark for remark in made.remarks)

    monkeypatch.setattr(remotes, "may_reach", lambda _: True)
    server = git_server()
    git(todo.path, "clone", "--quiet", "--bare", str(todo.path), str(server.path("todo")))
    todo.git("remote", "add", "origin", server.url("todo"))
    assert packed(todo.path).sent is None
    second = put(todo, "b.bin", b"second" * 100)
    assert names_in(packed(todo.path)) == [f"large-{second}"]


def test_too_much_in_git_lfs_stays_here_and_that_is_told(
    todo: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "CLUSTER_BYTES", 100_000)
    put(todo, "a.bin", os.urandom(200_000))
    made = packed(todo.path)
    assert names_in(made) == []
    assert any("is not sent, because it is larger than" in remark for remark in made.remarks)


def put(repository: LocalRepository, path: str, content: bytes) -> str:
    """Commits a pointer, and keeps the content where git lfs does. Returns the object's name."""
    oid = hashlib.sha256(content).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"
    place = repository.path / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    repository.write({path: pointer})
    repository.git("add", path)
    repository.git("commit", "--quiet", "--message", "a pointer")
    repository.commit({".gitattributes": "*.bin filter=lfs -text\n"})
    return oid


def without_submodules(todo: LocalRepository) -> Packed:
    located = locate(str(todo.path), None, from_pods=True)
    return pack(located, Sending(), to_cluster=True, submodules=False)
