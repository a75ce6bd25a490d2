"""The repository: cloned in full, checked out at the base, and its `.git` copied to where no command reaches it."""

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from aideator_agent import git as git_module
from aideator_agent.git import Done, Git
from aideator_agent.settings import GIT_TOKEN, Settings
from aideator_agent.verdict import Ended, failed

COMMIT: Final = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
HASH: Final = re.compile(r"[0-9a-f]{4,64}", re.IGNORECASE)
HELPER: Final = re.compile(r"[^/:]*::")  # git would run git-remote-NAME

# Gives the token to the one host that it was meant for, wherever the server redirects git to.
ASKPASS: Final = """#!/bin/sh
case "$1" in
  "Username for 'https://$AIDEATOR_GIT_HOST'"*) echo x-access-token ;;
  "Password for 'https://"*"@$AIDEATOR_GIT_HOST'"*) printf '%s\\n' "$GIT_TOKEN" ;;
esac
"""

DENIED: Final = ("authentication failed", "could not read username", "could not read password", "permission denied",
                 "terminal prompts disabled", "returned error: 401", "returned error: 403", "host key verification",
                 "access denied", "http basic")  # fmt: skip
MISSING: Final = ("not found", "does not exist", "does not appear to be a git repository", "returned error: 404",
                  "no such file")  # fmt: skip
FULL: Final = ("no space left", "disk quota exceeded")


@dataclass(frozen=True)
class Checkout:
    folder: Path  # the working tree, shared with the model's commands
    git_dir: Path  # a copy of its `.git` from before the first command
    base: str  # commit


def clone(settings: Settings, token: str | None, check: Callable[[], None]) -> Checkout:
    """Clones and checks out. Raises `Ended`: failed/repository in words, or what `check` raises."""
    repository = settings.spec.repository
    _refuse_tricks(repository.url, repository.ref, repository.base)
    environment = _environment(settings, token)
    outside = Git(settings.workspace, environment, check)
    done = outside.run(
        "clone", "--quiet", "--no-checkout", "--no-local", "--no-recurse-submodules", "--template=",
        "-c", "core.autocrlf=false", "--", repository.url, str(settings.repo),
    )  # fmt: skip
    if done.code:
        raise _refused(f"repository {repository.url}", done)
    inside = Git(settings.repo, environment, check)
    base = _find_base(inside, repository.ref, repository.base)
    done = inside.run("checkout", "--quiet", "--detach", base, "--")
    if done.code:
        raise _refused(f"commit {base} of {repository.url}", done, "could not be checked out")
    git_dir = settings.private / "git"
    shutil.copytree(settings.repo / ".git", git_dir, symlinks=True)
    return Checkout(settings.repo, git_dir, base)


def _refuse_tricks(url: str, ref: str | None, base: str | None) -> None:
    if not url or url.startswith("-") or HELPER.match(url) or any(c in url for c in "\0\n\r"):
        raise failed("repository", f"repository {url!r}: this is no URL that is cloned")
    if ref is not None and (
        not ref or ref.startswith(("-", "+", ":", "^")) or re.search(r"[\0-\x20\x7f:?*\[\\~^]", ref)
    ):
        raise failed("repository", f"ref {ref!r}: this is no name of a branch, tag or commit")
    if base is not None and not COMMIT.fullmatch(base):
        raise failed("repository", f"base {base!r}: this is no full commit hash")


def _environment(settings: Settings, token: str | None) -> dict[str, str]:
    if settings.channel is None:
        environment = git_module.user_environment(os.environ)
    else:
        environment = {**git_module.user_environment(os.environ), **git_module.NO_CONFIGURATION}
    host = _https_host(settings.spec.repository.url)
    if token and host:
        askpass = settings.private / "askpass"
        askpass.write_text(ASKPASS)
        askpass.chmod(0o700)
        environment |= {"GIT_ASKPASS": str(askpass), GIT_TOKEN: token, "AIDEATOR_GIT_HOST": host}
    return environment


def _https_host(url: str) -> str | None:
    """Host and port as git writes them when it asks for a password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts.netloc.rpartition("@")[2] if parts.scheme.lower() == "https" else None


def _find_base(git: Git, ref: str | None, base: str | None) -> str:
    if base is not None:
        if _commit(git, base) is None:
            _fetch(git, ref)
        if _commit(git, base) is None:
            _fetch(git, base)
        found = _commit(git, base)
    elif ref is None:
        found = _commit(git, "HEAD")
    else:
        found = _find_ref(git, ref)
    if found is not None:
        return found
    if base is None and ref is None:
        raise failed("repository", "the repository has no commit to start from")
    raise failed("repository", f"{'commit ' + base if base else 'ref ' + str(ref)} does not exist in the repository")


def _find_ref(git: Git, ref: str) -> str | None:
    short = re.sub(r"^refs/(heads|tags)/", "", ref)
    names = [f"refs/remotes/origin/{short}", f"refs/tags/{short}", *([ref] if HASH.fullmatch(ref) else [])]
    for name in names:
        if found := _commit(git, name):
            return found
    return _commit(git, "FETCH_HEAD") if _fetch(git, ref) else None


def _fetch(git: Git, what: str | None) -> bool:
    return what is not None and git.run("fetch", "--quiet", "--no-recurse-submodules", "origin", what).code == 0


def _commit(git: Git, name: str) -> str | None:
    done = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return done.out.decode().strip() if done.code == 0 else None


def _refused(what: str, done: Done, otherwise: str = "could not be cloned") -> Ended:
    text = done.error.lower()
    words = " ".join(line.removeprefix("fatal: ") for line in done.error.splitlines()[-3:])
    if any(sign in text for sign in FULL):
        return failed("infrastructure", f"{what}: no space left for it ({words})")
    if any(sign in text for sign in DENIED):
        return failed("repository", f"{what}: access was denied; give a token or key that may read it ({words})")
    if any(sign in text for sign in MISSING):
        return failed("repository", f"{what} does not exist, or may not be seen ({words})")
    return failed("repository", f"{what} {otherwise} ({words})")
