"""A patch as a branch on a server: what is pushed where, what the server says, and that nothing here changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.workspace.pick import Pick, pick_of
from aideator_cli.workspace.pushing import Destination, Pushed, destination, link_in, place_to_push, push
from tests.fixtures.repositories import git
from tests.fixtures.servers import GitServers, Login
from tests.fixtures.tls import Authority
from tests.workspace.scenes import SPEC, Scene, tree

HOOK = """#!/bin/sh
echo "Create a new pull request for 'x':" >&2
echo "  https://git.example/ada/todo/compare/main...x" >&2
"""


@pytest.fixture
def pick(scene: Scene) -> Pick:
    return pick_of(SPEC, scene.agent(lambda folder: (folder / "a.py").write_text("x = 2\n")).result)


@pytest.fixture
def server(scene: Scene, tmp_path: Path) -> Path:
    """The repository that `origin` is, with the run's base."""
    bare = tmp_path / "server.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(scene.top), str(bare))
    scene.repository.git("remote", "add", "origin", str(bare))
    hook = bare / "hooks" / "post-receive"
    hook.write_text(HOOK)
    hook.chmod(0o755)
    return bare


def pushed(scene: Scene, pick: Pick, to: str = "origin", folder: Path | None = None) -> Pushed:
    where = destination(to)
    with place_to_push(SPEC, pick.base, where, folder=folder or scene.top, origin=None) as (target, remote):
        return push(pick, target, remote, where)


@pytest.mark.parametrize(
    ("text", "remote", "prefix"),
    [
        ("origin", "origin", None),
        ("origin:fix/comments", "origin", "fix/comments"),
        ("my-fork.2:x/", "my-fork.2", "x"),
        ("https://git.example:8443/a/b.git", "https://git.example:8443/a/b.git", None),
        ("https://git.example/a/b.git:fix", "https://git.example/a/b.git", "fix"),
        ("ssh://git@git.example:22/a.git:fix/it", "ssh://git@git.example:22/a.git", "fix/it"),
        ("git@git.example:a/b.git", "git@git.example:a/b.git", None),
        ("git@git.example:a/b.git:fix", "git@git.example:a/b.git", "fix"),
        ("file:///tmp/a.git:fix", "file:///tmp/a.git", "fix"),
    ],
)
def test_where_to_is_a_remote_or_a_url_and_perhaps_a_prefix(text: str, remote: str, prefix: str | None) -> None:
    assert destination(text) == Destination(remote, prefix)
    assert destination(text).branch("k3v9x2q", 2) == f"{prefix or 'aideator/k3v9x2q'}/2"


@pytest.mark.parametrize(
    "text",
    ["", "-o", "--force", ":x", "origin:", "origin:-x", "origin:a..b", "origin:a b", "origin:/", "ext::sh -c x", "../x",
     "/tmp/x", "ftp://x/y", "https://ada:word@git.example/x", "https://git.example", "origin\n"],
)  # fmt: skip
def test_what_is_no_destination_is_wrong_usage(text: str) -> None:
    with pytest.raises(AideatorError) as caught:
        destination(text)
    assert caught.value.code is ExitCode.USAGE


def test_a_base_that_reads_as_an_option_of_git_runs_nothing(
    server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent says what its patch was made on, and so does a server."""
    away = tmp_path / "away"
    away.mkdir()
    monkeypatch.chdir(away)
    spec = replace(SPEC, repository=replace(SPEC.repository, url=f"file://{server}"))
    base = f"--upload-pack=touch {away / 'ran'}; git-upload-pack"
    with (
        pytest.raises(AideatorError, match="no commit"),
        place_to_push(spec, base, destination("origin"), folder=None, origin=None),
    ):
        pass
    assert not (away / "ran").exists()


def test_the_commit_is_on_the_base_and_only_the_server_gets_a_branch(scene: Scene, pick: Pick, server: Path) -> None:
    scene.repository.write({"a.py": "mine\n"})
    scene.repository.git("add", "a.py")
    before, index = tree(scene.top), scene.index()
    told = pushed(scene, pick)
    assert told.error is None
    assert (told.branch, told.link) == ("aideator/k3v9x2q/1", "https://git.example/ada/todo/compare/main...x")
    assert git(server, "rev-parse", told.branch) == told.commit
    assert git(server, "log", "-1", "--format=%P %an", told.branch) == f"{pick.base} Ada"
    assert git(server, "show", f"{told.branch}:a.py") == "x = 2"
    assert "AIdeator-Run: k3v9x2q/1" in git(server, "log", "-1", "--format=%B", told.branch)
    assert (tree(scene.top), scene.index()) == (before, index)
    assert scene.repository.git("branch", "--format=%(refname:short)") == "main"


def test_a_branch_that_is_there_is_never_overwritten(scene: Scene, pick: Pick, server: Path) -> None:
    git(server, "branch", "fix/1", "main")
    git(server, "update-ref", "refs/heads/fix/1", git(server, "commit-tree", "-m", "other", "main^{tree}"))
    before = git(server, "rev-parse", "fix/1")
    told = pushed(scene, pick, "origin:fix")
    assert told.error is not None
    assert told.error.message == "origin has a branch fix/1 already, with another commit"
    assert told.error.code is ExitCode.REFUSED
    assert git(server, "rev-parse", "fix/1") == before


def test_what_a_hook_of_the_server_says_is_told(scene: Scene, pick: Pick, server: Path) -> None:
    hook = server / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'Names must begin with a ticket' >&2\nexit 1\n")
    hook.chmod(0o755)
    told = pushed(scene, pick)
    assert told.error is not None
    assert "refused the branch aideator/k3v9x2q/1" in told.error.message
    assert "Names must begin with a ticket" in told.error.message


def test_no_hook_of_the_users_runs_and_no_branch_follows(scene: Scene, pick: Pick, server: Path) -> None:
    hook = scene.top / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\ntouch sprung\nexit 1\n")
    hook.chmod(0o755)
    for name, value in (("push.followTags", "true"), ("push.default", "matching"), ("remote.origin.mirror", "false")):
        scene.repository.git("config", name, value)
    scene.repository.git("tag", "--annotate", "-m", "t", "v1", str(pick.base))
    assert pushed(scene, pick).error is None
    assert not (scene.top / "sprung").exists()
    assert git(server, "for-each-ref", "--format=%(refname:short)") == "aideator/k3v9x2q/1\nmain"


def test_a_remote_that_is_not_there_is_named_with_those_that_are(scene: Scene, pick: Pick, server: Path) -> None:
    assert server.exists()
    with pytest.raises(AideatorError) as caught:
        pushed(scene, pick, "upstream")
    assert caught.value.message == f"{scene.top} has no remote upstream"
    assert "origin" in (caught.value.hint or "")
    scene.repository.git("remote", "remove", "origin")
    with pytest.raises(AideatorError) as caught:
        pushed(scene, pick)
    assert caught.value.hint == "git remote add origin URL, or give the URL itself"


def test_a_server_that_wants_credentials_is_said_to_want_them(
    scene: Scene, pick: Pick, git_server: GitServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GIT_ASKPASS", raising=False)
    server = git_server(login=Login("ada", "words"))
    server.add("todo", {"a": "b"})
    told = pushed(scene, pick, server.url("todo"))
    assert told.error is not None
    assert told.error.code is ExitCode.REFUSED
    assert "you may not push to" in told.error.message
    gone = pushed(scene, pick, "http://127.0.0.1:1/x.git").error
    assert gone is not None
    assert gone.code is ExitCode.UNAVAILABLE


def test_without_a_clone_the_base_comes_from_the_runs_repository(
    pick: Pick, server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    git(server, "config", "uploadpack.allowAnySHA1InWant", "true")
    spec = replace(SPEC, repository=replace(SPEC.repository, url=f"file://{server}"))
    where = destination("origin")
    with place_to_push(spec, pick.base, where, folder=None, origin=None) as (target, remote):
        told = push(pick, target, remote, where)
    assert told.error is None
    assert git(server, "show", f"{told.branch}:a.py") == "x = 2"
    assert not target.top.exists()


def test_the_runs_authorities_are_trusted_when_the_base_is_fetched_and_when_it_is_pushed(
    scene: Scene, pick: Pick, git_server: GitServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("GIT_TOKEN", "words")
    host = git_server(login=Login("x-access-token", "words"))
    git(tmp_path, "clone", "--quiet", "--bare", str(scene.top), str(host.path("todo")))
    authority = Authority(tmp_path)
    with authority.before(host.url("todo")) as url:
        spec = replace(SPEC, repository=replace(SPEC.repository, url=url))
        where = destination("origin")
        with (
            pytest.raises(AideatorError, match="git can't fetch the base"),
            place_to_push(spec, pick.base, where, folder=None, origin=None),
        ):
            pass
        spec = replace(spec, ca=authority.certificate.read_text())
        with place_to_push(spec, pick.base, where, folder=None, origin=None) as (target, remote):
            told = push(pick, target, remote, where, spec.ca)
            assert push(pick, target, remote, Destination("origin", "other")).error is not None
    assert told.error is None
    assert host.git("todo", "show", f"{told.branch}:a.py") == "x = 2"


@pytest.mark.parametrize(
    ("said", "link"),
    [
        ("remote: Create a pull request for 'x' on GitHub by visiting:\nremote:      https://github.com/a/b/pull/new/x", "https://github.com/a/b/pull/new/x"),
        ("remote: To create a merge request for x, visit:\nremote:   https://gitlab.com/a/-/merge_requests/new?a%5Bb%5D=x", "https://gitlab.com/a/-/merge_requests/new?a%5Bb%5D=x"),
        ("remote: \nremote: Create a new pull request for 'x':\nremote:   https://h/a/compare/main...x", "https://h/a/compare/main...x"),
        ("remote: 3 vulnerabilities: https://h/security\nremote: pull request:\nremote: https://h/pr", "https://h/pr"),
        ("remote: see https://h/news", None),
        ("remote: pull request: javascript:alert(1)", None),
        ("remote: pull request: https://user:word@h/x", None),
        ("remote: pull request: https://\x1b[31mh/x", None),
        ("pull request: https://h/not-from-the-server", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_servers_link_is_found_and_only_a_link(said: str, link: str | None) -> None:
    assert link_in(said) == link
