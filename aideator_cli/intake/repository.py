"""Locates the repository that REPO names (a URL for git, or a path), and the commit that the run starts from."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from aideator_agent.git_failures import is_ssh, words
from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, not_found, unavailable, usage
from aideator_cli.intake import remotes
from aideator_cli.intake.remotes import RemoteRefused

SCHEMES = ("https", "http", "ssh", "git", "file")
_SCP_LIKE = re.compile(r"[\w.-]+@[\w.-]+:[^:].*")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REVISION = re.compile(r"[ ~^:?*\[\\]|@\{")


@frozen
class Located:
    url: str  # in a form that git accepts
    ref: str | None
    base: str | None  # None: only the pod can reach the repository
    path: Path | None = None  # the working tree, if REPO is one
    folder: Path | None = None  # the repository on this machine: its working tree, or the bare repository
    remarks: tuple[str, ...] = ()  # what the user should know about it
    private: bool = False  # whether it wants credentials of those who have none


def locate(repo: str, ref: str | None, *, from_pods: bool, ca: str | None = None) -> Located:
    """Finds the repository and the commit of `ref`. With `from_pods`, a host that does not answer here may still answer the pods.

    `ca` (PEM) is trusted besides the authorities that git trusts anyway.
    Raises `AideatorError` if the repository is not found, is used wrongly, or does not answer.
    """
    if ref is not None and (ref.startswith("-") or not ref.strip() or re.search(r"[\x00-\x1f\x7f]", ref)):
        raise usage(f"{ref!r} is not a valid name of a branch, tag or commit")
    if is_url(repo):
        _check_url(repo)
        if ref is not None and _REVISION.search(ref):
            raise usage(
                f"{ref!r} is not a valid name of a branch, tag or commit",
                hint="a revision like HEAD~1 needs a local repository: aideator run PATH",
            )
        return _remote(repo, ref, from_pods=from_pods, ca=ca)
    return _local(Path(repo).expanduser(), ref)


def is_url(repo: str) -> bool:
    return "://" in repo or (_SCP_LIKE.fullmatch(repo) is not None and not Path(repo).exists())


def host_in(url: str) -> str:
    """Returns the host that git asks; empty for `file:`. Raises `AideatorError` (usage) for a URL that names none.

    Git would find one nevertheless: in `http:///HOST/`, and behind `http::`.
    """
    parts = _split(url)
    if not parts.hostname and parts.scheme != "file":
        raise usage(f"{url}: the URL names no host")
    return unquote(parts.hostname or "")


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise usage(f"{url} is no URL: {error}") from error


def _check_url(repo: str) -> None:
    if "://" not in repo:
        return
    parts = _split(repo)
    if parts.scheme not in SCHEMES:
        raise usage(f"{repo}: a git URL takes {', '.join(SCHEMES)}, not {parts.scheme}")
    host_in(repo)
    if parts.password is not None or (parts.username and parts.scheme in ("http", "https")):
        raise usage(
            f"the URL of {parts.hostname}{parts.path} contains credentials; others can read the URL of a run",
            hint="remove them from the URL; use --git-secret (kubernetes), or GIT_TOKEN or git's credential helper (local)",
        )


def _remote(url: str, ref: str | None, *, from_pods: bool, ca: str | None) -> Located:
    patterns = ["HEAD"] if ref is None else [ref, f"refs/heads/{ref}", f"refs/tags/{ref}", f"refs/tags/{ref}^{{}}"]
    private = False
    try:
        if from_pods and not is_ssh(url):
            refs, private = _asked_as_a_pod(url, patterns, ca)
        else:
            refs = remotes.references(url, patterns, ca=ca)
    except RemoteRefused as error:
        return _unresolved(url, ref, error, from_pods=from_pods)
    if ref is not None and _COMMIT.fullmatch(ref):
        return Located(url, ref, ref, private=private)
    names = ["HEAD"] if ref is None else [f"refs/heads/{ref}", f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}", ref]
    base = next((refs[name] for name in names if name in refs), None)
    if base is None and ref is None:
        raise not_found(f"repository {url} has no commit", hint="push a first commit to it")
    if base is None:
        raise not_found(f"repository {url} has no branch, tag or commit {ref}", hint=f"git ls-remote {url}")
    return Located(url, ref, base, private=private)


def _asked_as_a_pod(url: str, patterns: Sequence[str], ca: str | None) -> tuple[Mapping[str, str], bool]:
    """Asks without the user's credentials first, because a pod does not have them. Returns the references, and whether it wants some."""
    try:
        return remotes.references(url, patterns, as_nobody=True, ca=ca), False
    except RemoteRefused as error:
        if not error.wants_credentials:
            raise
    return remotes.references(url, patterns, ca=ca), True


def _unresolved(url: str, ref: str | None, error: RemoteRefused, *, from_pods: bool) -> Located:
    """Returns what is known of a repository that only pods may be able to read. Raises `AideatorError` if they can't either."""
    if not from_pods or error.kind == "missing" or urlsplit(url).scheme == "file" or "illegal format" in error.said:
        raise remotes.explained(url, error) from error
    why = "wants credentials" if error.wants_credentials else f"can't be reached from here ({error.said})"
    remark = f"{url} {why}; each agent will resolve the ref itself"
    return Located(url, ref, None, remarks=(remark,), private=error.wants_credentials and not is_ssh(url))


def _local(path: Path, ref: str | None) -> Located:
    if not path.exists():
        raise not_found(f"there is no repository at {path}", hint="REPO is a git URL or a path to a local repository")
    try:
        bare = _git("-C", str(path), "rev-parse", "--is-bare-repository").strip() == "true"
        top = _git("-C", str(path), "rev-parse", "--absolute-git-dir" if bare else "--show-toplevel").removesuffix("\n")
    except AideatorError as error:
        raise not_found(f"{path} is not a git repository", hint="run git init, and make a first commit") from error
    folder = Path(top or path).absolute()
    try:
        named = _git("-C", str(folder), "rev-parse", "--verify", "--quiet", "--end-of-options", ref or "HEAD").strip()
        base = _git("-C", str(folder), "rev-parse", "--verify", "--quiet", f"{named}^{{commit}}").strip()
    except AideatorError as error:
        empty = not _git("-C", str(folder), "rev-list", "--all", "--max-count=1").strip()
        what = f"no branch, tag or commit {ref}" if ref and not empty else "no commit"
        hint = "make a first commit: agents start from one" if empty else f"git -C {path} log --oneline --all"
        raise not_found(f"repository {path} has {what}", hint=hint) from error
    return Located(str(folder), ref, base, None if bare else folder, folder, _warnings(folder, ref))


def _warnings(folder: Path, ref: str | None) -> tuple[str, ...]:
    """Returns what git has to say about a revision like main@{yesterday}: its log may not go back so far."""
    if ref is None or "@{" not in ref:
        return ()
    said = _run("-C", str(folder), "rev-parse", "--verify", "--end-of-options", ref).stderr.decode(errors="replace")
    return tuple(line.removeprefix("warning: ") for line in said.splitlines() if line.startswith("warning: "))


def uncommitted(top: Path) -> bool:
    """Returns whether the working tree has uncommitted changes."""
    return bool(_git("-C", str(top), "status", "--porcelain").strip())


def _git(*arguments: str) -> str:
    done = _run(*arguments)
    if done.returncode:
        raise unavailable(words(done.stderr.decode(errors="replace")))
    return done.stdout.decode(errors="replace")


def _run(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    try:
        return remotes.git(*arguments)
    except subprocess.TimeoutExpired as error:
        raise unavailable(f"no answer within {remotes.ANSWER_SECONDS:.0f} s") from error
