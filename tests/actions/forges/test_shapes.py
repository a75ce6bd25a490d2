"""Pull requests as GitHub and GitLab have them in their published descriptions: what is asked, and what is read of the answers."""

import os
from typing import Any

import pytest

from aideator_cli.actions.forges.base import Address, Draft, Exists, Forge
from aideator_cli.actions.forges.finding import forge_at
from aideator_cli.errors import AideatorError, ExitCode
from tests.actions.forges.conftest import Near, Start
from tests.actions.forges.stand_in import Answers, Asked, Reply

DRAFT = Draft("main", "aideator/k/1", "T", "Text", True)
HUB: dict[str, Any] = {
    "number": 3, "title": "T", "state": "open", "base": {"ref": "main"}, "head": {"ref": "aideator/k/1", "sha": "c" * 40}, "body": "Text",
}  # fmt: skip
LAB: dict[str, Any] = {
    "iid": 3, "id": 900, "title": "T", "state": "opened", "target_branch": "main", "source_branch": "aideator/k/1", "sha": "c" * 40,
    "source_project_id": 5, "target_project_id": 5,
}  # fmt: skip


def forge(start: Start, kind: str, answers: Answers) -> tuple[Forge, Near]:
    near = start(kind, answers)
    path = "you/project" if kind == "github" else "a/b/c"
    return forge_at(Address(near.host, path), os.environ, None, kind), near  # type: ignore[arg-type]


def always(data: Any, status: int = 200) -> Answers:
    return lambda _: (status, data)


@pytest.mark.parametrize(
    ("kind", "shape", "path", "body"),
    [
        (
            "github", HUB, "repos/you/project/pulls",
            {"title": "T", "head": "aideator/k/1", "base": "main", "body": "Text", "draft": True, "maintainer_can_modify": True},
        ),
        (
            "gitlab", LAB, "projects/a%2Fb%2Fc/merge_requests",
            {"title": "Draft: T", "source_branch": "aideator/k/1", "target_branch": "main", "description": "Text"},
        ),
    ],
)  # fmt: skip
def test_one_is_opened(start: Start, kind: str, shape: dict[str, Any], path: str, body: dict[str, Any]) -> None:
    host, near = forge(start, kind, always(shape, 201))
    pull = host.open(DRAFT)
    assert near.server.wrong == []
    (asked,) = near.server.asked
    assert (asked.method, asked.path, asked.body) == ("POST", path, body)
    assert (pull.number, pull.base, pull.head, pull.commit, pull.open) == (3, "main", "aideator/k/1", "c" * 40, True)
    assert pull.url.startswith(f"https://{near.host}/")


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        (
            "github",
            (
                422,
                {"message": "Validation Failed", "errors": [{"message": "A pull request already exists for you:x."}]},
            ),
        ),
        ("gitlab", (409, {"message": ["Another open merge request already exists for this source branch: !3"]})),
    ],
)
def test_one_that_is_there_already_is_known(start: Start, kind: str, reply: Reply) -> None:
    host, _ = forge(start, kind, lambda _: reply)
    with pytest.raises(Exists):
        host.open(DRAFT)


def test_the_one_of_a_branch_is_found_and_no_one_of_a_fork(start: Start) -> None:
    fork = {**LAB, "iid": 2, "source_project_id": 6}
    hub, near = forge(start, "github", always([{**HUB, "number": 2, "head": {"ref": "other"}}, HUB]))
    lab, _ = forge(start, "gitlab", always([fork, LAB]))
    for each in (hub, lab):
        pull = each.find("aideator/k/1")
        assert pull is not None
        assert pull.number == 3
    assert near.server.asked[0].path.endswith("head=you%3Aaideator%2Fk%2F1")
    assert forge(start, "gitlab", always([fork]))[0].find("aideator/k/1") is None


def test_it_is_updated_and_commented_on(start: Start) -> None:
    hub, at_hub = forge(start, "github", always({**HUB, "html_url": ""}))
    lab, at_lab = forge(start, "gitlab", always(LAB))
    for each in (hub, lab):
        each.update(3, title=None, text="New")
        each.update(3, title="N", text="New")
    assert [asked.body for asked in at_hub.server.asked] == [{"body": "New"}, {"body": "New", "title": "N"}]
    assert [(asked.method, asked.body) for asked in at_lab.server.asked] == [
        ("PUT", {"description": "New"}),
        ("PUT", {"description": "New", "title": "N"}),
    ]
    assert hub.comment(3, "See.") == at_hub.url("you/project/pull/3")
    assert lab.comment(3, "See.") == at_lab.url("a/b/c/-/merge_requests/3#note_900")
    assert at_hub.server.wrong == at_lab.server.wrong == []


def test_a_merge_request_is_read_with_its_comments(start: Start) -> None:
    said = [{"author": {"username": "eve"}, "body": "No.", "system": False}]
    data = {**LAB, "description": "Text", "author": {"username": "ada"}, "user_notes_count": 1}

    def answers(asked: Asked) -> Reply:
        return 200, said if "/notes" in asked.path else data

    lab, near = forge(start, "gitlab", answers)
    thread = lab.thread(3, pull=True)
    assert near.server.wrong == []
    assert (thread.title, thread.body.author, thread.comments[0].text) == ("T", "ada", "No.")
    assert lab.pull(3).head == "aideator/k/1"
    assert lab.head_ref(3) == "refs/merge-requests/3/head"


@pytest.mark.parametrize(
    ("kind", "reply", "words"),
    [
        (
            "github",
            (422, {"message": "Validation Failed", "errors": [{"field": "base", "message": "base is invalid"}]}),
            "base is invalid",
        ),
        ("gitlab", (400, {"message": {"target_branch": ["does not exist"]}}), "target_branch does not exist"),
        ("gitlab", (400, {"error": "title is missing"}), "title is missing"),
    ],
)
def test_a_refusal_has_the_forges_own_words(start: Start, kind: str, reply: Reply, words: str) -> None:
    host, _ = forge(start, kind, lambda _: reply)
    with pytest.raises(AideatorError, match=words) as caught:
        host.open(DRAFT)
    assert caught.value.code is ExitCode.REFUSED
