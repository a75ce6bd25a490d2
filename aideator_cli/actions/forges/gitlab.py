"""GitLab's REST API, version 4. What it calls a merge request is a pull request here."""

from typing import Any
from urllib.parse import quote

from aideator_agent.values import frozen
from aideator_cli.actions.forges.base import (
    MOST_PAGES,
    PAGE,
    Draft,
    Exists,
    Post,
    Pull,
    Thread,
    items,
    link,
    number,
    text,
)  # fmt: skip
from aideator_cli.actions.forges.rest import Rest


@frozen
class GitLab(Rest):
    most: int = 1_000_000

    def thread(self, number_: int, *, pull: bool) -> Thread:
        what, kind = ("merge request", "merge_requests") if pull else ("issue", "issues")
        missing = self._no(what, number_)
        found = self._get(f"{kind}/{number_}", to=f"read {what} {number_} of {self.address.path}", missing=missing)
        comments, missing_ = self._notes(f"{kind}/{number_}", number(found, "user_notes_count"))
        body = Post(text(found, "author", "username"), text(found, "description"))
        url = link(text(found, "web_url"), f"{self.address.url}/-/{kind}/{number_}", self.address.host)
        return Thread(url, number_, text(found, "title"), body, comments, missing_)

    def _notes(self, of: str, count: int) -> tuple[tuple[Post, ...], int]:
        """Returns the newest comments, the oldest first, and the number of those before them. Internal notes are for the team alone."""
        found: list[Any] = []
        for page in range(1, MOST_PAGES + 1 if count else 1):
            path = f"{of}/notes?sort=desc&order_by=created_at&per_page={PAGE}&page={page}"
            found += (more := items(self._get(path, to="read the comments")))
            if len(more) < PAGE:
                break
        said = [each for each in found if isinstance(each, dict) and not each.get("system")]
        public = [each for each in said if not (each.get("internal") or each.get("confidential"))]
        posts = tuple(Post(text(each, "author", "username"), text(each, "body")) for each in reversed(public))
        whole = len(found) < MOST_PAGES * PAGE
        return posts, 0 if whole else max(0, count - len(said))

    def pull(self, number_: int) -> Pull:
        to, missing = f"read merge request {number_} of {self.address.path}", self._no("merge request", number_)
        return self._pull(self._get(f"merge_requests/{number_}", to=to, missing=missing))

    def head_ref(self, number_: int) -> str:
        return f"refs/merge-requests/{number_}/head"

    def open(self, draft: Draft) -> Pull:
        title = f"Draft: {draft.title}" if draft.draft else draft.title
        body = {"source_branch": draft.head, "target_branch": draft.base, "title": title, "description": draft.text}
        answer = self._ask("POST", "merge_requests", body)
        if answer.status == 409:
            raise Exists
        return self._pull(self._expected(answer, to=f"open a merge request for {draft.head}"))

    def find(self, head: str) -> Pull | None:
        query = f"merge_requests?state=opened&source_branch={quote(head, safe='')}"
        found = [each for each in items(self._get(query, to="look for merge requests")) if isinstance(each, dict)]
        own = (each for each in found if each.get("source_project_id") == each.get("target_project_id"))
        return next(map(self._pull, own), None)

    def update(self, number_: int, *, title: str | None, text: str) -> Pull:
        body = {"description": text} if title is None else {"description": text, "title": title}
        answer = self._ask("PUT", f"merge_requests/{number_}", body)
        return self._pull(self._expected(answer, to=f"change merge request {number_}"))

    def comment(self, number_: int, text: str) -> str:
        answer = self._ask("POST", f"merge_requests/{number_}/notes", {"body": text})
        found = self._expected(answer, to=f"comment on merge request {number_}")
        url = f"{self.address.url}/-/merge_requests/{number_}"
        return f"{url}#note_{note}" if (note := number(found, "id")) else url

    def _pull(self, found: object) -> Pull:
        iid = number(found, "iid")
        url = link(text(found, "web_url"), f"{self.address.url}/-/merge_requests/{iid}", self.address.host)
        return Pull(
            url, iid, text(found, "title"), text(found, "target_branch"), text(found, "source_branch"), text(found, "sha"),
            text(found, "state") == "opened",
        )  # fmt: skip

    def _root(self) -> str:
        return f"projects/{quote(self.address.path, safe='')}"
