"""The git host of the tests, through the real git client."""

import os
import subprocess
from pathlib import Path

from tests.fixtures.repositories import Files, git, git_environment
from tests.fixtures.servers import GitServers, LocalRepository, Login

FILES: Files = {
    "a.txt": "eins\r\nzwei\n",
    "bin/run": b"#!/bin/sh\n",
    "Ä ö/mit Leerzeichen.dat": bytes(range(256)),
    'q"\\.txt': "",
}


def run_git(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=git_environment(), capture_output=True, text=True, check=False
    )


def test_what_was_added_is_cloned_byte_for_byte(git_server: GitServers, tmp_path: Path) -> None:
    server = git_server()
    commit = server.add("todo", FILES, modes={"bin/run": "100755"})
    assert run_git("clone", server.url("todo"), "copy", folder=tmp_path).returncode == 0
    copy = tmp_path / "copy"
    assert git(copy, "rev-parse", "HEAD") == commit
    assert {name: (copy / name).read_bytes() for name in FILES} == {
        name: content.encode() if isinstance(content, str) else content for name, content in FILES.items()
    }
    assert os.access(copy / "bin/run", os.X_OK)
    assert not os.access(copy / "a.txt", os.X_OK)


def test_a_further_commit_keeps_changes_and_removes(git_server: GitServers, tmp_path: Path) -> None:
    server = git_server()
    first = server.add("todo", {"kept": "1", "changed": "1", "gone": "1"})
    second = server.add(
        "todo", {"changed": "2", "gone": None, "link": "kept"}, modes={"link": "120000"}, message="next"
    )
    run_git("clone", server.url("todo"), "copy", folder=tmp_path)
    copy = tmp_path / "copy"
    assert git(copy, "log", "--format=%H %s") == f"{second} next\n{first} a change"
    assert {p.name: p.read_text() for p in copy.iterdir() if p.is_file()} == {"kept": "1", "changed": "2", "link": "1"}
    assert (copy / "link").is_symlink()


def test_equal_content_makes_equal_commits(git_server: GitServers) -> None:
    server = git_server()
    assert server.add("one", FILES) == server.add("two", FILES)


def test_branches_and_tags_are_seen_from_outside(git_server: GitServers, tmp_path: Path) -> None:
    server = git_server()
    main = server.add("todo", {"a": "1"})
    other = server.add("todo", {"b": "2"}, branch="other")
    server.git("todo", "tag", "v1", main)
    listed = run_git("ls-remote", server.url("todo"), folder=tmp_path).stdout
    assert f"{main}\tHEAD" in listed
    assert f"{other}\trefs/heads/other" in listed
    assert f"{main}\trefs/tags/v1" in listed


def test_a_repository_that_does_not_exist_is_not_found(git_server: GitServers, tmp_path: Path) -> None:
    done = run_git("clone", git_server().url("nothing"), folder=tmp_path)
    assert done.returncode != 0
    assert "not found" in done.stderr


def test_one_commit_can_be_cloned_alone_unless_the_host_only_serves_files(
    git_server: GitServers, tmp_path: Path
) -> None:
    smart, plain = git_server(), git_server(smart=False)
    for server in (smart, plain):
        server.add("todo", {"a": "1"})
        server.add("todo", {"a": "2"})
    assert run_git("clone", "--depth", "1", smart.url("todo"), "smart", folder=tmp_path).returncode == 0
    assert git(tmp_path / "smart", "rev-list", "--count", "HEAD") == "1"
    refused = run_git("clone", "--depth", "1", plain.url("todo"), "plain", folder=tmp_path)
    assert "dumb http transport does not support shallow" in refused.stderr
    assert run_git("clone", plain.url("todo"), "whole", folder=tmp_path).returncode == 0


def test_with_a_login_only_that_user_clones_and_pushes(git_server: GitServers, tmp_path: Path) -> None:
    server = git_server(login=Login("ada", "s3cret"))
    server.add("todo", {"a": "1"})
    assert run_git("clone", server.url("todo"), folder=tmp_path).returncode != 0
    wrong = server.url("todo").replace("http://", "http://ada:wrong@")
    assert "Authentication failed" in run_git("clone", wrong, folder=tmp_path).stderr
    right = server.url("todo").replace("http://", "http://ada:s3cret@")
    assert run_git("clone", right, "copy", folder=tmp_path).returncode == 0
    copy = LocalRepository(tmp_path / "copy")
    pushed = copy.commit({"big": os.urandom(2_000_000)})  # more than git sends in one piece
    assert run_git("push", folder=copy.path).returncode == 0
    assert server.git("todo", "rev-parse", "main") == pushed


def test_without_a_login_nobody_pushes(git_server: GitServers, tmp_path: Path) -> None:
    server = git_server()
    server.add("todo", {"a": "1"})
    run_git("clone", server.url("todo"), "copy", folder=tmp_path)
    LocalRepository(tmp_path / "copy").commit({"a": "2"})
    assert run_git("push", folder=tmp_path / "copy").returncode != 0


def test_many_clone_at_the_same_time(git_server: GitServers, tmp_path: Path) -> None:
    server = git_server()
    server.add("todo", {"big": os.urandom(300_000)})
    clones = [
        subprocess.Popen(
            ["git", "clone", "--quiet", server.url("todo"), str(tmp_path / str(n))],
            env=git_environment(),
            stderr=subprocess.PIPE,
        )
        for n in range(8)
    ]
    assert [clone.communicate(timeout=60)[1] for clone in clones] == [b""] * 8
    assert all(clone.returncode == 0 for clone in clones)
    assert any(request.startswith("POST /todo.git/git-upload-pack") for request in server.requests)


def test_a_local_repository_is_made_of_commits(repository: LocalRepository) -> None:
    first = repository.commit({"a.py": "x = 1\n", "run": "#!/bin/sh\n"}, executable=("run",))
    repository.write({"a.py": "x = 2\n"})
    assert repository.git("status", "--short") == " M a.py"
    second = repository.commit({"run": None}, "less")
    assert repository.git("log", "--format=%H") == f"{second}\n{first}"
    assert repository.git("ls-tree", "--name-only", "HEAD") == "a.py"
