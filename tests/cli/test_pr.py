"""`pr`: a patch becomes a pull request, and what fails half way is told and goes on with the second try."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aideator_cli.errors import ExitCode
from tests.actions.forges.conftest import Near, Start
from tests.actions.forges.conftest import authority as authority  # noqa: PLC0414 -- a fixture
from tests.actions.forges.conftest import start as start  # noqa: PLC0414 -- a fixture
from tests.actions.forges.stand_in import Asked, Reply
from tests.cli.conftest import Said, Shell
from tests.fixtures.repositories import LocalRepository, git, git_environment

TOKEN = "tok-0123456789"


class Hub:
    """A GitHub that knows one pull request at most. `refuses` is what it answers to the next one that is opened."""

    def __init__(self) -> None:
        self.pull: dict[str, Any] | None = None
        self.refuses: Reply | None = None

    def __call__(self, asked: Asked) -> Reply:
        path = asked.path.partition("?")[0].removeprefix("repos/you/project")
        if path == "":
            return 200, {"default_branch": "main"}
        if path == "/pulls" and asked.method == "GET":
            return 200, [self.pull] if self.pull else []
        if path == "/pulls":
            if (refusal := self.refuses) is not None:
                self.refuses = None
                return refusal
            if self.pull:
                return 422, {
                    "message": "Validation Failed",
                    "errors": [{"message": "A pull request already exists for x."}],
                }
            head, base = {"ref": asked.body["head"], "sha": ""}, {"ref": asked.body["base"]}
            self.pull = {**asked.body, "number": 7, "state": "open", "head": head, "base": base}
            return 201, self.pull
        assert self.pull is not None
        self.pull.update(asked.body or {})
        return 200, self.pull


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def near(start: Start, hub: Hub, repository: LocalRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Near:
    """A clone of you/project, whose repository is a folder on this machine for git."""
    for name, value in git_environment().items():
        monkeypatch.setenv(name, value)
    repository.commit({"a.txt": "a\n"})
    git(tmp_path, "clone", "--quiet", "--bare", str(repository.path), "server.git")
    near = start("github", hub)
    repository.git("config", f"url.{tmp_path}/server.git.insteadOf", near.url("you/project.git"))
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(
            f"- calls: [{{tool: write_file, arguments: {{path: {name}.txt, content: n}}}}]\n"
            f"- calls: [{{tool: submit, arguments: {{summary: 'Add {name}. See @you and #5.'}}}}]\n"
        )
    monkeypatch.setenv("GIT_TOKEN", TOKEN)
    monkeypatch.chdir(repository.path)
    return near


@pytest.fixture
def pr(aideator: Shell, near: Near) -> Callable[..., Said]:
    return lambda *words: aideator("pr", *words, "--remote", near.url("you/project.git"))


@pytest.fixture
def run(aideator: Shell, near: Near, tmp_path: Path) -> str:
    words = ["--backend", "local", "--model", f"scripted/{tmp_path}/a.yaml,scripted/{tmp_path}/b.yaml"]
    assert near
    return aideator("run", ".", "fix", *words).err.split()[0]


def branch(tmp_path: Path, name: str) -> str:
    return git(tmp_path / "server.git", "rev-parse", f"refs/heads/{name}")


def test_a_patch_becomes_a_pull_request(
    pr: Callable[..., Said], run: str, hub: Hub, near: Near, tmp_path: Path
) -> None:
    said = pr(f"{run}/1", "--draft", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told == {
        "kind": "pull", "run": run, "variation": 1, "became": "opened", "url": near.url("you/project/pull/7"), "number": 7,
        "branch": f"aideator/{run}/1", "commit": branch(tmp_path, f"aideator/{run}/1"),
    }  # fmt: skip
    assert hub.pull is not None
    assert (hub.pull["title"], hub.pull["draft"], hub.pull["base"]["ref"]) == ("Add a. See @you and #5", True, "main")
    assert "Add a\\. See @<!-- -->you and #<!-- -->5\\." in hub.pull["body"]
    assert "| 2 | scripted/" in hub.pull["body"]
    assert near.server.wrong == []
    assert TOKEN not in said.out + said.err

    again = pr(f"{run}/1")
    assert (again.code, again.out) == (0, f"{told['url']}\n")
    assert "has this pull request already; --update brings it up to date" in again.err


def test_what_it_would_do_is_shown_and_nothing_is_pushed(
    pr: Callable[..., Said], run: str, hub: Hub, near: Near, tmp_path: Path
) -> None:
    before = git(tmp_path / "server.git", "for-each-ref")
    said = pr(f"{run}/1", "--draft", "--dry-run")
    assert said.code == 0, said.err
    first, second, third, blank, *text = said.out.splitlines()
    assert (first, blank) == (f"opens a draft in: {near.url('you/project')}", "")
    assert (second, third) == (
        f"branch: aideator/{run}/1, to be merged into main",
        "title: Add a. See @you and #5",
    )
    assert "Add a\\. See @<!-- -->you and #<!-- -->5\\." in text[0]
    assert "nothing was pushed" in said.err
    plan = json.loads(pr(f"{run}/1", "--dry-run", "--json").out)
    assert (plan["kind"], plan["branch"], plan["base"], plan["updates"]) == (
        "pull_plan", f"aideator/{run}/1", "main", None,
    )  # fmt: skip
    assert plan["text"].splitlines() == text
    assert (hub.pull, git(tmp_path / "server.git", "for-each-ref")) == (None, before)

    pr(f"{run}/1")
    assert "has this pull request already" in pr(f"{run}/1", "--dry-run").err
    renewed = pr(f"{run}/1", "--update", "--dry-run")
    assert renewed.out.splitlines()[:2] == [f"updates: {near.url('you/project/pull/7')}", f"branch: aideator/{run}/1"]
    plan = json.loads(pr(f"{run}/1", "--update", "--dry-run", "--json").out)
    assert (plan["title"], plan["base"], plan["updates"]) == (None, None, near.url("you/project/pull/7"))
    plan = json.loads(pr(f"{run}/1", "--update", "--title", "Add b", "--dry-run", "--json").out)
    assert plan["title"] == "Add b"


def test_a_second_try_goes_on_where_the_first_one_ended(
    pr: Callable[..., Said], run: str, hub: Hub, tmp_path: Path
) -> None:
    hub.refuses = (403, {"message": "Resource not accessible"})
    said = pr(f"{run}/1")
    assert said.code == ExitCode.REFUSED
    assert (
        f"the branch aideator/{run}/1 is pushed, but the pull request was refused: GIT_TOKEN may not open" in said.err
    )
    assert "Resource not accessible" in said.err
    assert f"aideator pr {run}/1 goes on from there" in said.err
    pushed = branch(tmp_path, f"aideator/{run}/1")
    assert pr(f"{run}/1").code == 0
    assert branch(tmp_path, f"aideator/{run}/1") == pushed


def test_a_branch_that_push_has_pushed_becomes_the_pull_requests(
    pr: Callable[..., Said], aideator: Shell, run: str, near: Near, tmp_path: Path
) -> None:
    assert aideator("push", f"{run}/1", near.url("you/project.git")).code == 0
    git(tmp_path / "server.git", "update-ref", f"refs/heads/aideator/{run}/1", _as_if_later(tmp_path, run))
    pushed = branch(tmp_path, f"aideator/{run}/1")
    said = pr(f"{run}/1", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert (told["became"], told["commit"]) == ("opened", pushed)
    assert branch(tmp_path, f"aideator/{run}/1") == pushed


def _as_if_later(tmp_path: Path, run: str) -> str:
    """Returns a commit of the same work, which no clone here has."""
    name = f"aideator/{run}/1"
    return git(tmp_path / "server.git", "commit-tree", "-p", f"{name}^", "-m", "later", f"{name}^{{tree}}")


def test_one_that_the_forge_has_already_is_told(pr: Callable[..., Said], run: str, hub: Hub, near: Near) -> None:
    hub.pull = {
        "number": 7,
        "state": "open",
        "head": {"ref": f"aideator/{run}/1"},
        "base": {"ref": "main"},
        "title": "Mine",
    }
    said = pr(f"{run}/1")
    assert (said.code, said.out) == (0, near.url("you/project/pull/7\n"))
    assert hub.pull["title"] == "Mine"


def test_what_goes_on_from_it_updates_it_and_nobody_elses_commits_are_overwritten(
    pr: Callable[..., Said], aideator: Shell, run: str, hub: Hub, tmp_path: Path
) -> None:
    assert pr(f"{run}/1", "--title", "Mine").code == 0
    first = branch(tmp_path, f"aideator/{run}/1")
    words = ["--model", f"scripted/{tmp_path}/b.yaml", "-n", "1"]
    assert aideator("continue", f"{run}/1", "More.", *words).code == 0
    said = pr("@last/1", "--update")
    assert (said.code, "updated the pull request" in said.err) == (0, True), said.err
    second = branch(tmp_path, f"aideator/{run}/1")
    assert second != first
    assert git(tmp_path / "server.git", "diff", "--name-only", "main", second).split() == ["a.txt", "b.txt"]
    assert hub.pull is not None
    assert (hub.pull["title"], "goes on from" in hub.pull["body"]) == ("Mine", True)

    theirs = git(tmp_path / "server.git", "commit-tree", "-p", second, "-m", "theirs", f"{second}^{{tree}}")
    git(tmp_path / "server.git", "update-ref", f"refs/heads/aideator/{run}/1", theirs)
    refused = pr("@last/1", "--update")
    assert (refused.code, "with commits that are not AIdeator's" in refused.err) == (ExitCode.REFUSED, True)
    assert branch(tmp_path, f"aideator/{run}/1") == theirs
    hub.pull["state"] = "closed"
    closed = pr("@last/1", "--update")
    assert (closed.code, "is not open any more" in closed.err) == (ExitCode.REFUSED, True)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--base", "nowhere"], ExitCode.NOT_FOUND, "you/project has no branch nowhere"),
        (["--branch", "main"], ExitCode.USAGE, "main is the branch to merge into"),
        (["--branch", "-x"], ExitCode.USAGE, "'-x' is no name of a branch"),
        (["--update"], ExitCode.NOT_FOUND, "has a pull request that was opened from here"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_pushed(
    pr: Callable[..., Said], run: str, tmp_path: Path, words: list[str], code: ExitCode, message: str
) -> None:
    said = pr(f"{run}/1", *words)
    assert (said.code, message in said.err) == (code, True), said.err
    assert git(tmp_path / "server.git", "for-each-ref", "--format=%(refname:short)", "refs/heads") == "main"


def test_a_wrong_token_is_told_before_anything_is_pushed(
    pr: Callable[..., Said], run: str, hub: Hub, near: Near, tmp_path: Path
) -> None:
    near.server.answers = lambda _: (401, {"message": "Bad credentials"})
    said = pr(f"{run}/1")
    assert (said.code, "does not accept GIT_TOKEN" in said.err) == (ExitCode.REFUSED, True), said.err
    assert git(tmp_path / "server.git", "for-each-ref", "--format=%(refname:short)", "refs/heads") == "main"
    assert hub.pull is None


def test_a_remote_whose_forge_has_another_address_is_told(aideator: Shell, run: str) -> None:
    said = aideator("pr", f"{run}/1", "--remote", "ssh://git@127.0.0.1:2222/you/project.git")
    assert said.code == ExitCode.UNAVAILABLE
    assert "error: 127.0.0.1 does not answer: " in said.err
    assert "--remote https://HOST:PORT/OWNER/NAME.git" in said.err
    none = aideator("pr", f"{run}/1", "--remote", "file:///srv/project.git")
    assert (none.code, "is on no forge" in none.err) == (ExitCode.USAGE, True)


def test_a_long_comparison_is_cut_to_what_the_forge_takes(
    pr: Callable[..., Said], run: str, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aideator_cli.views.text.pull_request.show_markdown", lambda screen, *_: [
        screen.line(line) for line in ["<details><summary>x</summary>", "", "````markdown", *["y" * 99] * 1000, "````", "", "</details>"]
    ])  # fmt: skip
    assert pr(f"{run}/1").code == 0
    assert hub.pull is not None
    body = hub.pull["body"]
    assert 64_000 < len(body) <= 65_536
    assert body.endswith("\n\n````\n\n</details>\n\n*The rest did not fit.*")
