"""What is not cloned, and how a refused clone is told."""

import re
from typing import Final

from aideator_agent.access import Access
from aideator_agent.git_failures import classify
from aideator_agent.verdict import Ended, failed

COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
HELPER: Final = re.compile(r"[^/:]*::")  # git would run git-remote-NAME


def refuse_tricks(url: str, ref: str | None = None, base: str | None = None) -> None:
    """Raises `Ended` (failed/repository) for what git would take for an option or a program."""
    if not url or url.startswith("-") or HELPER.match(url) or any(c in url for c in "\0\n\r"):
        raise failed("repository", f"repository {url!r}: this is not a URL that can be cloned")
    if ref is not None and base is None and fetchable(ref) is None:
        raise failed("repository", f"ref {ref!r}: this is not a valid name of a branch, tag or commit")
    if base is not None and not COMMIT.fullmatch(base):
        raise failed("repository", f"base {base!r}: this is not a full commit hash")


def refused(access: Access, what: str, url: str, said: str) -> Ended:
    return failed(
        "infrastructure" if classify(said) in ("full", "no_ssh", "no_user") else "repository",
        f"{what}: {access.refusal(url, said)}",
    )


def fetchable(ref: str | None) -> str | None:
    """Returns a ref that git can be asked to fetch. None for a revision like HEAD~1, which only a local repository knows."""
    if not ref or ref.startswith(("-", "+", ":", "^")) or re.search(r"[\0-\x20\x7f:?*\[\\~^]|@\{", ref):
        return None
    return ref
