"""The repository that REPO names: a URL for git or a path, and the commit that the run begins with."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aideator_cli.errors import AideatorError, not_found, unavailable, usage

SCHEMES = ("https", "http", "ssh", "git", "file")
ANSWER_SECONDS = 30.0
_SCP_LIKE = re.compile(r"[\w.-]+@[\w.-]+:[^:].*")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ABSENT = re.compile(r"not found|does not exist|not appear to be a git repository|no such repository", re.IGNORECASE)


@dataclass(frozen=True)
class Located:
    url: str  # as git takes it
    ref: str | None
    base: str | None  # None: only the pod can reach it
    path: Path | None = None  # the working tree, when REPO is one
    remarks: tuple[str, ...] = ()  # what the user should know of it


def locate(repo: str, ref: str | None, *, from_pods: bool) -> Located:
    """Finds the repository and the commit of `ref`; with `from_pods` a host that does not answer here may still answer there.

    Raises `AideatorError`: not found, wrong usage, or it does not answer.
    """
    if ref is not None and (ref.startswith("-") or not ref.strip() or re.search(r"[\x00-\x20\x7f~^:?*\[\\]", ref)):
        raise usage(f"{ref!r} is no name of a branch, a tag or a commit")
    if _is_url(repo):
        _check_url(repo)
        return _remote(repo, ref, from_pods=from_pods)
    return _working_tree(Path(repo).expanduser(), ref)


def _is_url(repo: str) -> bool:
    return "://" in repo or (_SCP_LIKE.fullmatch(repo) is not None and not Path(repo).exists())


def _check_url(repo: str) -> None:
    if "://" not in repo:
        return
    parts = urlsplit(repo)
    if parts.scheme not in SCHEMES:
        raise usage(f"{repo}: git repositories are reached by {', '.join(SCHEMES)}, not {parts.scheme}")
    if parts.password is not None or (parts.username and parts.scheme in ("http", "https")):
        raise usage(
            f"the URL of {parts.hostname}{parts.path} holds credentials; a run's specification is kept where others can read it",
            hint="leave them out of the URL, and put GIT_TOKEN into the Secret (kubernetes), or use git's credential helper (local)",
        )


def _remote(url: str, ref: str | None, *, from_pods: bool) -> Located:
    patterns = ["HEAD"] if ref is None else [ref, f"refs/heads/{ref}", f"refs/tags/{ref}", f"refs/tags/{ref}^{{}}"]
    try:
        answer = _git("ls-remote", "--", url, *patterns)
    except AideatorError as error:
        if _ABSENT.search(error.message):
            raise not_found(f"repository {url} does not exist, or you may not read it", hint=error.message) from error
        if not from_pods or urlsplit(url).scheme == "file" or "illegal format" in error.message:
            raise unavailable(f"repository {url} does not answer: {error.message}") from error
        return Located(
            url,
            ref,
            None,
            remarks=(f"{url} can't be reached from here ({error.message}); each agent resolves the ref itself",),
        )
    pairs = (line.partition("\t") for line in answer.splitlines())
    refs = {name: commit for commit, _, name in pairs}
    if ref is not None and _COMMIT.fullmatch(ref):
        return Located(url, ref, ref)
    names = ["HEAD"] if ref is None else [f"refs/heads/{ref}", f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}", ref]
    base = next((refs[name] for name in names if name in refs), None)
    if base is None and ref is None:
        raise not_found(f"repository {url} has no commit", hint="push a first commit to it")
    if base is None:
        raise not_found(f"repository {url} has no branch, tag or commit {ref}", hint=f"git ls-remote {url}")
    return Located(url, ref, base)


def _working_tree(path: Path, ref: str | None) -> Located:
    if not path.exists():
        raise not_found(f"there is no repository at {path}", hint="REPO is a git URL or the path of a local repository")
    try:
        top = Path(_git("-C", str(path), "rev-parse", "--show-toplevel").strip() or str(path))
    except AideatorError as error:
        raise not_found(f"{path} is no git repository", hint="git init, and a first commit") from error
    try:
        base = _git(
            "-C", str(top), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref or 'HEAD'}^{{commit}}"
        ).strip()
    except AideatorError as error:
        what = f"no branch, tag or commit {ref}" if ref else "no commit"
        raise not_found(f"repository {path} has {what}", hint=f"git -C {path} log --oneline --all") from error
    changed = _git("-C", str(top), "status", "--porcelain").strip()
    remarks = ("uncommitted changes in the working tree are not part of the run",) if changed else ()
    return Located(str(top.absolute()), ref, base, top.absolute(), remarks)


def _git(*arguments: str) -> str:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    environment.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    command = ["git", "-c", "protocol.ext.allow=never", *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, env=environment, stdin=subprocess.DEVNULL, timeout=ANSWER_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise unavailable("git is not installed", hint="install git 2.32 or newer") from error
    except subprocess.TimeoutExpired as error:
        raise unavailable(f"no answer within {ANSWER_SECONDS:.0f} s") from error
    if done.returncode:
        raise unavailable(_complaint(done.stderr.decode(errors="replace")))
    return done.stdout.decode(errors="replace")


def _complaint(text: str) -> str:
    """The line of git's complaint that says why."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))]
    return (told or lines or ["git failed without a word"])[0].removeprefix("fatal: ").removeprefix("error: ")
