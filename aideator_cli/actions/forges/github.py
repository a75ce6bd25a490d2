"""GitHub's REST API, version 2022-11-28."""

from typing import Any, Final
from urllib.parse import quote

from aideator_agent.values import frozen
from aideator_cli.actions.forges.base import (
    MOST_PAGES,
    PAGE,
    Answer,
    Draft,
    Exists,
    Post,
    Pull,
    Thread,
    expected,
    items,
    link,
    number,
    text,
    told_reason,
)  # fmt: skip
from aideator_cli.actions.forges.rest import Rest

HEADERS: Final = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}


@frozen
class GitHub(Rest):
    most: int = 65_536

    def thread(self, number_: int, *, pull: bool) -> Thread:
        what = "pull request" if pull else "issue"
        found = self._get(
            f"issues/{number_}", to=f"read {what} {number_} of {self.address.path}", missing=self._no(what, number_)
        )
        if not pull and isinstance(found, dict) and found.get("pull_request"):
            expected(Answer(404, None), self.address, self.asking, to="", missing=self._no(what, number_))
        comments, missing = self._comments(number_, number(found, "comments"))
        path = f"{self.address.url}/{'pull' if pull else 'issues'}/{number_}"
        body = Post(text(found, "user", "login"), text(found, "body"))
        return Thread(self._link(found, path), number_, text(found, "title"), body, comments, missing)

    def _comments(self, number_: int, count: int) -> tuple[tuple[Post, ...], int]:
        """Returns the newest comments, the oldest first, and the number of those before them."""
        last = max(1, -(-count // PAGE))
        begin = max(1, last - MOST_PAGES + 1)
        found = [
            each
            for page in range(begin, last + 1 if count else begin)
            for each in items(
                self._get(f"issues/{number_}/comments?per_page={PAGE}&page={page}", to="read the comments")
            )
        ]
        return tuple(Post(text(each, "user", "login"), text(each, "body")) for each in found), (begin - 1) * PAGE

    def pull(self, number_: int) -> Pull:
        to, missing = f"read pull request {number_} of {self.address.path}", self._no("pull request", number_)
        return self._pull(self._get(f"pulls/{number_}", to=to, missing=missing))

    def head_ref(self, number_: int) -> str:
        return f"refs/pull/{number_}/head"

    def open(self, draft: Draft) -> Pull:
        answer = self._ask("POST", "pulls", self._body(draft))
        if self._exists(answer):
            raise Exists
        return self._pull(self._expected(answer, to=f"open a pull request for {draft.head}"))

    def find(self, head: str) -> Pull | None:
        owner = self.address.path.partition("/")[0]
        query = f"pulls?state=open&per_page={PAGE}&head={quote(f'{owner}:{head}', safe='')}"
        found = items(self._get(query, to="look for pull requests"))
        return next((pull for pull in map(self._pull, found) if pull.head == head), None)

    def update(self, number_: int, *, title: str | None, text: str) -> Pull:
        body = {"body": text} if title is None else {"body": text, "title": title}
        answer = self._ask("PATCH", f"pulls/{number_}", body)
        return self._pull(self._expected(answer, to=f"change pull request {number_}"))

    def comment(self, number_: int, text: str) -> str:
        answer = self._ask("POST", f"issues/{number_}/comments", {"body": text})
        found = self._expected(answer, to=f"comment on pull request {number_}")
        return self._link(found, f"{self.address.url}/pull/{number_}")

    def _body(self, draft: Draft) -> dict[str, Any]:
        return {
            "title": draft.title, "head": draft.head, "base": draft.base, "body": draft.text, "draft": draft.draft,
            "maintainer_can_modify": True,
        }  # fmt: skip

    def _exists(self, answer: Answer) -> bool:
        return answer.status == 422 and "already exists" in told_reason(answer.data)

    def _pull(self, found: object) -> Pull:
        found_number = number(found, "number")
        return Pull(
            self._link(found, f"{self.address.url}/pull/{found_number}"), found_number, text(found, "title"),
            text(found, "base", "ref"), text(found, "head", "ref"), text(found, "head", "sha"), text(found, "state") == "open",
        )  # fmt: skip

    def _link(self, found: object, otherwise: str) -> str:
        return link(text(found, "html_url"), otherwise, self.address.host)

    def _root(self) -> str:
        return f"repos/{self.address.quoted}"
