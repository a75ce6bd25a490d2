"""What git's error output says about a repository that can't be read."""

import re
from typing import Final, Literal

from aideator_agent.patterns import lazy

Failure = Literal[
    "full", "no_ssh", "no_user", "host_key", "certificate", "wanted", "denied", "missing", "unreachable", "other"
]

# In this order: the words of a later kind may follow those of an earlier one.
_SIGNS: Final[tuple[tuple[Failure, tuple[str, ...]], ...]] = (
    ("no_ssh", ("cannot run ssh",)),
    ("no_user", ("no user exists for uid",)),
    ("full", ("no space left", "disk quota exceeded")),
    ("host_key", ("host key verification failed", "host key is known", "host identification has changed")),
    ("certificate", ("certificate verif", "ssl certificate problem", "self-signed certificate", "self signed certificate")),
    ("wanted", ("could not read username", "could not read password", "terminal prompts disabled")),
    ("denied", ("authentication failed", "permission denied", "returned error: 401", "returned error: 403", "access denied",
                "http basic", "unauthorized", "not authorized", "you do not have access", "permission to ", "invalid credentials")),
    ("missing", ("not found", "does not exist", "does not appear to be a git repository", "returned error: 404", "no such file",
                 "no such repository", "cannot find repository")),
    ("unreachable", ("could not resolve", "connection refused", "timed out", "timeout", "network is unreachable", "no route to host",
                     "connection reset", "failed to connect", "couldn't connect", "connection closed", "empty reply",
                     "returned error: 5")),
)  # fmt: skip
_GIVES_THE_REASON: Final = lazy(r"fatal: (?!Could not read from remote repository)|error: |remote: |ERROR: |ssh: ")


def classify(text: str) -> Failure:
    lowered = text.lower()
    return next((kind for kind, signs in _SIGNS if any(sign in lowered for sign in signs)), "other")


def words(text: str) -> str:
    """Returns the line that gives the reason, without git's prefix and URL: callers name the URL themselves.

    It may hold anything: the server's words, and names in the repository.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    kind = classify(text)
    telling = [line for line in lines if kind != "other" and classify(line) == kind]
    chosen = telling or [line for line in lines if _GIVES_THE_REASON.match(line)] or lines or ["git gave no reason"]
    return re.sub(r"^(fatal|error|remote|ERROR): (unable to access '[^']*': )?", "", chosen[0])


def is_ssh(url: str) -> bool:
    """Whether git reaches the URL by ssh: `ssh://…`, or `user@host:path`."""
    scheme, separator, _ = url.partition("://")
    if separator:
        return scheme.lower() in ("ssh", "git+ssh", "ssh+git")
    host, colon, _ = url.partition(":")
    return bool(colon) and "/" not in host


def host_of(url: str) -> str:
    """Returns the host of a URL, for a sentence."""
    rest = url.partition("://")[2] or url.partition(":")[0]
    return rest.partition("/")[0].rpartition("@")[2]
