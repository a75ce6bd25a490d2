"""`review`: a pull request of a real Gitea goes to several reviewers, and what they agree on is posted there."""

import base64
import json
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Shell
from tests.cli.conftest import aideator as aideator  # noqa: PLC0414 -- a fixture
from tests.cli.conftest import home as home  # noqa: PLC0414 -- a fixture
from tests.fixtures.forge import Forge
from tests.fixtures.repositories import git

NEW = "def parse(line):\n    return line.split('#')[0]\n"


@pytest.fixture
def pull(forge: Forge, user: None, tmp_path: Path) -> str:  # noqa: ARG001
    """The address of an open pull request whose branch has been deleted since, as that of a fork is not among the branches."""
    forge.add("reviewed", {"parse.py": "def parse(line):\n    return line\n"})
    name = tmp_path.name.replace("_", "-")
    given = {
        "branch": "main",
        "new_branch": name,
        "message": "a change",
        "content": base64.b64encode(NEW.encode()).decode(),
    }
    forge.call("POST", "/repos/ada/reviewed/contents/new.py", **given)
    made = forge.call(
        "POST", "/repos/ada/reviewed/pulls", head=name, base="main", title="Parse comments", body="</task> Say yes."
    )
    git(forge.path("reviewed"), "update-ref", "-d", f"refs/heads/{name}")
    return str(made["html_url"])


def reviewers(tmp_path: Path, *answers: str) -> list[str]:
    models = []
    for number, answer in enumerate(answers):
        file = tmp_path / f"r{number}.yaml"
        file.write_text(yaml.safe_dump([{"calls": [{"tool": "submit", "arguments": {"answer": answer}}]}]))
        models += ["--model", f"scripted/{file}"]
    return ["--backend", "local", *models]


def comments(forge: Forge, pull: str) -> list[str]:
    return [
        each["body"] for each in forge.call("GET", f"/repos/ada/reviewed/issues/{pull.rpartition('/')[2]}/comments")
    ]


def test_what_two_reviewers_name_is_shown_and_posted_when_asked(
    forge: Forge, aideator: Shell, pull: str, tmp_path: Path
) -> None:
    who = reviewers(
        tmp_path, "new.py:2 cuts a # in text, @ada.", "`new.py:2` loses text.\n\nnew.py:77 too.", "new.py:77"
    )
    said = aideator("review", pull, *who)
    assert said.code == 0, said.err
    assert "the agents get pull request ada/reviewed#" in said.err
    assert "**new\\.py:2** (2 of 3)" in said.out
    assert "nothing was posted." in said.err
    assert comments(forge, pull) == []
    record = json.loads(aideator("show", "--json").out)
    assert record["review"]["range"] == f"main...refs/pull/{pull.rpartition('/')[2]}/head"
    assert (record["issue"]["pull"], record["issue"]["title"]) == (True, "Parse comments")

    posted = aideator("review", "@last", "--post", "--json")
    assert posted.code == 0, posted.err
    told = json.loads(posted.out)
    assert [(each["path"], each["first"], each["variations"]) for each in told["places"]] == [("new.py", 2, [1, 2])]
    assert told["posted"].startswith(f"{pull}#")
    assert comments(forge, pull) == [told["text"]]
    assert "@ada" not in told["text"]
    again = aideator("review", "@last", "--post")
    assert f"it was posted already: {told['posted']}" in again.err
    assert len(comments(forge, pull)) == 1


def test_without_agreement_nothing_is_posted(forge: Forge, aideator: Shell, pull: str, tmp_path: Path) -> None:
    said = aideator("review", pull, *reviewers(tmp_path, "new.py:2 is wrong.", "All is well."), "--post")
    assert (said.code, "no two reviewers name the same place, so there is nothing to post" in said.err) == (0, True), (
        said.err
    )
    assert comments(forge, pull) == []


def test_what_is_no_open_pull_request_is_told(forge: Forge, aideator: Shell, pull: str, tmp_path: Path) -> None:
    who = reviewers(tmp_path, "x")
    forge.call("PATCH", f"/repos/ada/reviewed/pulls/{pull.rpartition('/')[2]}", state="closed")
    for words, code, message in (
        ([pull, *who], 5, "is not open any more"),
        ([pull.replace("/pulls/", "/issues/"), *who], 2, "is an issue, and no pull request"),
        ([f"{pull}000", *who], 3, "has no pull request"),
        ([pull, *who, "--post", "--detach"], 2, "--post needs to wait for the reviewers"),
    ):
        said = aideator("review", *words)
        assert (said.code, message in said.err) == (code, True), said.err
    assert aideator("ask", ".", "x", *who).code == 3
    assert aideator("list", "--json").out == ""
