"""`run --push` and `push`, on this machine: each patch becomes a branch, and each result is told."""

import json
from pathlib import Path

import pytest

from aideator_cli.errors import ExitCode
from tests.cli.conftest import Said, Shell
from tests.fixtures.repositories import LocalRepository, git, git_environment

CHANGE = "- calls: [{tool: write_file, arguments: {path: new.txt, content: n}}]\n"
NOTHING = "- say: Nothing to do.\n"


@pytest.fixture
def server(repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in git_environment().items():
        monkeypatch.setenv(name, value)
    repository.commit({"a.txt": "a\n"})
    bare = tmp_path / "server.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(repository.path), str(bare))
    repository.git("remote", "add", "origin", str(bare))
    return bare


@pytest.fixture
def run(aideator: Shell, repository: LocalRepository, tmp_path: Path) -> Shell:
    for name, script in (("change", CHANGE), ("nothing", NOTHING)):
        (tmp_path / f"{name}.yaml").write_text(script)

    def call(models: str, *words: str) -> Said:
        names = [f"--model=scripted/{tmp_path}/{name}.yaml" for name in models.split()]
        return aideator("run", str(repository.path), "fix", "--backend", "local", *names, *words)

    return call


def branches(server: Path) -> list[str]:
    return git(server, "for-each-ref", "--format=%(refname:short)", "refs/heads").splitlines()


def test_each_result_with_a_patch_becomes_a_branch(run: Shell, aideator: Shell, server: Path) -> None:
    said = run("change nothing change", "--push", "origin:fix", "--json")
    assert said.code == ExitCode.OK, said.err
    assert branches(server) == ["fix/1", "fix/3", "main"]
    told = [line for line in map(json.loads, said.out.splitlines()) if line["kind"] == "pushed"]
    assert [(line["variation"], line["branch"], line["error"]) for line in told] == [
        (1, "fix/1", None),
        (3, "fix/3", None),
    ]
    assert git(server, "rev-parse", "fix/3") == told[1]["commit"]
    again = aideator("push", "@last", "origin:later", "--json")
    assert (again.code, len(again.out.splitlines())) == (ExitCode.OK, 2)
    one = aideator("push", "@last/3")
    assert one.code == ExitCode.OK
    assert f"to origin, branch aideator/{told[0]['run']}/3: 1 file, +1 −0" in one.err


def test_one_that_is_refused_is_told_and_the_others_are_pushed(run: Shell, server: Path) -> None:
    other = git(server, "commit-tree", "-m", "other", "main^{tree}")
    git(server, "update-ref", "refs/heads/fix/1", other)
    said = run("change change", "--push", "origin:fix")
    assert said.code == ExitCode.REFUSED
    assert "/1 was not pushed: origin has a branch fix/1 already" in said.err
    assert branches(server) == ["fix/1", "fix/2", "main"]
    assert git(server, "rev-parse", "fix/1") == other


def test_what_was_pushed_already_is_told_so_and_the_rest_is_pushed(
    run: Shell, aideator: Shell, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("change change", "--push", "origin:fix").code == ExitCode.OK
    first = git(server, "rev-parse", "fix/1")
    git(server, "update-ref", "-d", "refs/heads/fix/2")
    for date in ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", "2021-01-01T00:00:00Z"):
        monkeypatch.setenv("GIT_COMMITTER_DATE", date)
        said = aideator("push", "@last", "origin:fix", "--json")
        assert said.code == ExitCode.OK, said.err
        assert "/1 is already there: origin, branch fix/1" in said.err
    one, two = map(json.loads, said.out.splitlines())
    assert (one["existed"], one["commit"], one["error"]) == (True, first, None)
    assert (two["existed"], branches(server)) == (True, ["fix/1", "fix/2", "main"])
    assert git(server, "rev-parse", "fix/1") == first


def test_what_was_pushed_from_another_clone_is_already_there(
    run: Shell, aideator: Shell, server: Path, repository: LocalRepository
) -> None:
    assert run("change", "--push", "origin:fix").code == ExitCode.OK
    again = git(server, "commit-tree", "-p", "main", "-m", "its other name", "fix/1^{tree}")
    git(server, "update-ref", "refs/heads/fix/1", again)
    refs = repository.git("for-each-ref")
    said = aideator("push", "@last/1", "origin:fix", "--json")
    assert (said.code, json.loads(said.out)["commit"]) == (ExitCode.OK, again), said.err
    assert repository.git("for-each-ref") == refs
    assert not (repository.path / ".git" / "FETCH_HEAD").exists()


def test_without_a_patch_nothing_is_pushed(run: Shell, aideator: Shell, server: Path) -> None:
    said = run("nothing", "--push", "origin")
    assert "no variation has a patch, so nothing was pushed" in said.err
    assert said.code == ExitCode.FAILED
    assert branches(server) == ["main"]
    named = aideator("push", "@last/1", "origin")
    assert named.code == ExitCode.USAGE
    assert "there is nothing to" in named.err


@pytest.mark.parametrize(
    ("words", "message", "code"),
    [
        (["--push", "nowhere"], "has no remote nowhere", ExitCode.NOT_FOUND),
        (["--push", "--force"], "is not REMOTE[:PREFIX]", ExitCode.USAGE),
        (["--push", "origin", "--detach"], "--push needs to wait for the agents", ExitCode.USAGE),
    ],
)
@pytest.mark.usefixtures("server")
def test_what_is_wrong_is_told_before_anything_starts(
    run: Shell, home: Path, words: list[str], message: str, code: ExitCode
) -> None:
    said = run("change", *words)
    assert (said.code, said.out) == (code, "")
    assert message in said.err
    assert not (home / "runs").exists()
