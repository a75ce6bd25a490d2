"""Gitea's and Forgejo's API, version 1: GitHub's first one, with differences."""

import time
from typing import Any, Final
from urllib.parse import quote

from aideator_agent.values import frozen
from aideator_cli.actions.forges.base import Answer, Draft, Post, Pull, items, text
from aideator_cli.actions.forges.github import GitHub

SECONDS: Final = 20.0  # within which it learns of a branch that was pushed
_STEP: Final = 0.3
_PAGES: Final = 20  # of open pull requests
_EACH: Final = 50  # the most that it gives at once


@frozen
class Gitea(GitHub):
    def open(self, draft: Draft) -> Pull:
        self._expect_branch(draft.head)
        return super().open(draft)

    def find(self, head: str) -> Pull | None:
        for page in range(1, _PAGES + 1):
            found = items(self._get(f"pulls?state=open&limit={_EACH}&page={page}", to="look for pull requests"))
            ours = (each for each in found if text(each, "head", "repo", "full_name") in (self.address.path, ""))
            if pull := next((pull for pull in map(self._pull, ours) if pull.head == head), None):
                return pull
            if len(found) < _EACH:
                return None
        return None

    def _comments(self, number_: int, count: int) -> tuple[tuple[Post, ...], int]:
        """It has no pages of comments."""
        found = items(self._get(f"issues/{number_}/comments", to="read the comments")) if count else ()
        return tuple(Post(text(each, "user", "login"), text(each, "body")) for each in found), 0

    def _body(self, draft: Draft) -> dict[str, Any]:
        title = f"WIP: {draft.title}" if draft.draft else draft.title
        return {"title": title, "head": draft.head, "base": draft.base, "body": draft.text}

    def _exists(self, answer: Answer) -> bool:
        return answer.status == 409

    def _expect_branch(self, head: str) -> None:
        """Waits until the API knows a branch that git has pushed already."""
        until = time.monotonic() + SECONDS
        while self._ask("GET", f"branches/{quote(head, safe='')}").status == 404 and time.monotonic() < until:
            time.sleep(_STEP)
