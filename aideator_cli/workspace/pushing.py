"""Pushes a patch as a branch: a commit on the run's base that only the server gets a branch for. Files, index and HEAD stay as they are."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aideator_agent.git_failures import classify, words
from aideator_agent.spec import RunSpec
from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, ExitCode, not_found, refused, unavailable, usage
from aideator_cli.system import git_access, git_token
from aideator_cli.system.git import Git
from aideator_cli.workspace.committing import commit_of, expect_identity
from aideator_cli.workspace.pick import Pick
from aideator_cli.workspace.target import Target, default_tree, expect_base, is_commit, working_tree
from aideator_cli.workspace.trees import scratch

UNSIGNED: Final = "unlock your key, or set commit.gpgSign to false in the clone"
FOLDER: Final = "aideator"  # of the branches, if the user names no other
SCHEMES: Final = ("https", "http", "ssh", "git", "file")
_NAME: Final = re.compile(r"[\w][\w.-]*")
_SCP: Final = re.compile(r"([\w.-]+@[\w.-]+:[^:]+)(?::(.*))?", re.DOTALL)
_URL: Final = re.compile(r"(\w+://[^/]*/[^:]*)(?::(.*))?", re.DOTALL)
_REQUEST: Final = re.compile(r"(pull|merge)[ _-]?request", re.IGNORECASE)
_LINK: Final = re.compile(r"https?://[!-~]{1,2000}")


@frozen
class Destination:
    remote: str  # the name of a remote, or a URL
    prefix: str | None  # of the branches; None: aideator/RUN

    def branch(self, run: str, variation: int) -> str:
        return f"{self.prefix or f'{FOLDER}/{run}'}/{variation}"


@frozen
class Pushed:
    """What became of one result."""

    pick: Pick
    remote: str
    branch: str
    commit: str | None = None
    link: str | None = None  # where the server lets a user open a pull request
    existed: bool = False  # the branch had this work already; `commit` is the branch's
    error: AideatorError | None = None  # why it was not pushed

    def as_json(self) -> dict[str, Any]:
        run, _, number = self.pick.name.partition("/")
        return {
            "kind": "pushed", "run": run, "variation": int(number), "remote": self.remote, "branch": self.branch,
            "commit": self.commit, "link": self.link, "existed": self.existed, "error": self.error and self.error.message,
        }  # fmt: skip


class Taken(AideatorError):
    """The branch has another commit."""


@frozen
class Sent:
    link: str | None  # see `Pushed`
    existed: bool  # the branch had this commit already


def destination(text: str) -> Destination:
    """Parses REMOTE[:PREFIX]. Raises `AideatorError` (usage)."""
    if "://" in text:
        found = _URL.fullmatch(text)
        parts = urlsplit(text)
        if found is None or parts.scheme not in SCHEMES:
            raise usage(f"{text!r} is no URL to push to", hint=f"a git URL takes {', '.join(SCHEMES)}")
        if parts.password is not None or (parts.username and parts.scheme in ("http", "https")):
            raise usage(
                "a URL to push to must not contain credentials", hint="use GIT_TOKEN, or git's credential helper"
            )
        return _checked(found[1], found[2])
    if found := _SCP.fullmatch(text):
        return _checked(found[1], found[2])
    name, colon, prefix = text.partition(":")
    if not _NAME.fullmatch(name):
        raise usage(f"{text!r} is not REMOTE[:PREFIX]", hint="for example: origin, or origin:fix/comments")
    return _checked(name, prefix if colon else None)


def _checked(remote: str, prefix: str | None) -> Destination:
    if prefix is None:
        return Destination(remote, None)
    name = prefix.strip("/")
    if not name or name.startswith("-") or Git(Path.cwd()).run("check-ref-format", f"refs/heads/{name}/1").code:
        raise usage(f"{prefix!r} is no beginning of a branch's name", hint="for example: origin:fix/comments")
    return Destination(remote, name)


def expect_remote(spec: RunSpec, where: Destination, *, folder: Path | None, origin: Path | None) -> None:
    """Checks what can be known before there is a patch, without asking a server. Raises `AideatorError`."""
    tree = _tree(spec.repository.base, folder, origin)
    _address(tree, where.remote, spec)
    if tree is not None:
        expect_identity(tree)


@contextmanager
def place_to_push(
    spec: RunSpec,
    base: str | None,
    where: Destination,
    *,
    folder: Path | None,
    origin: Path | None,
    token: str | None = None,
) -> Iterator[tuple[Target, str]]:
    """Yields a repository that has the base, and what git there can push to. Without one here, fetches the base into a temporary one.

    `token`: for the host of the run's repository, instead of GIT_TOKEN.

    Raises `AideatorError` if there is no such remote, git knows no identity, or the base can't be had.
    """
    tree = _tree(base, folder, origin)
    address = _address(tree, where.remote, spec)
    if tree is not None:
        expect_identity(tree)
    if tree is not None and (tree.has_commit(base) or "://" not in spec.repository.url):
        expect_base(tree, base, spec.id)
        yield tree, where.remote
        return
    with tempfile.TemporaryDirectory(prefix="aideator-push-") as room:
        yield _fetched(Path(room), spec.repository.url, base, spec, token), address


def push(pick: Pick, target: Target, remote: str, where: Destination, ca: str | None = None) -> Pushed:
    """Commits the patch and pushes it. Returns the error instead of raising it: other results may have more luck.

    `ca` (PEM) is trusted besides the authorities that git trusts anyway.
    """
    run, _, number = pick.name.partition("/")
    branch = where.branch(run, int(number))
    told = Pushed(pick, where.remote, branch)
    try:
        base = expect_base(target, pick.base, pick.name)
        commit = commit_of(pick, target, base, sign=True, unsigned=UNSIGNED)
        told = replace(told, commit=commit)
        return _pushed(told, target, remote, commit, ca)
    except AideatorError as error:
        return replace(told, error=error)


def _pushed(told: Pushed, target: Target, remote: str, commit: str, ca: str | None) -> Pushed:
    try:
        sent = send(target, remote, commit, told.branch, ca)
        return replace(told, link=sent.link, existed=sent.existed)
    except Taken:
        there = branches(target, remote, [told.branch], ca).get(told.branch)
        if there is None or not is_same_work(target, remote, told.branch, there, commit, ca):
            raise
        return replace(told, commit=there, existed=True)


def _tree(base: str | None, folder: Path | None, origin: Path | None) -> Target | None:
    if folder is not None:
        return working_tree(folder)
    try:
        return default_tree(base, origin)
    except AideatorError:
        return None


def _address(tree: Target | None, remote: str, spec: RunSpec) -> str:
    """Returns the URL of a remote, which may be one itself. Without a clone here, `origin` is the run's own repository."""
    if not _NAME.fullmatch(remote):
        return remote
    if tree is None:
        if remote == "origin":
            return spec.repository.url
        raise not_found(
            f"there is no clone of {spec.repository.url} here that could have a remote {remote}",
            hint="run it in a clone, name one with -C DIR, or give a URL",
        )
    done = tree.git.run("remote", "get-url", "--push", "--", remote)
    if done.code:
        known = tree.git.run("remote").out.decode(errors="replace").split()
        raise not_found(
            f"{tree.top} has no remote {remote}",
            hint=f"its remotes: {', '.join(known)}"
            if known
            else f"git remote add {remote} URL, or give the URL itself",
        )
    return done.out.decode(errors="replace").strip()


def _fetched(room: Path, url: str, base: str | None, spec: RunSpec, token: str | None) -> Target:
    if base is not None and not is_commit(base):  # agents say it: git would take it for an option
        raise AideatorError(
            f"{spec.id} says that it was made on {base[:40]!r}, which is no commit", code=ExitCode.DOES_NOT_APPLY
        )
    git = Git(room)
    git.need("init", "--quiet", "--template=")
    git.need("remote", "add", "--", "origin", url)
    target = working_tree(room)
    expect_identity(target)
    with _opening(git, url, spec.ca, token) as asking:
        done = asking.run("fetch", "--quiet", "--no-tags", "--depth=1", "origin", base or "HEAD")
    if done.code:
        raise _no_access(done.err.decode(errors="replace"), url, f"fetch the base of {spec.id} from")
    return target


def send(
    target: Target,
    remote: str,
    commit: str,
    branch: str,
    ca: str | None,
    *,
    over: str | None = None,
    token: str | None = None,
) -> Sent:
    """Pushes a commit to a new branch, or in place of the commit `over` that the branch has. `token`: instead of GIT_TOKEN.

    Raises `Taken`, or another `AideatorError`.
    """
    options = ["--porcelain", "--no-follow-tags", "--recurse-submodules=no"]
    if over is not None:
        options.append(f"--force-with-lease=refs/heads/{branch}:{over}")
    with _opening(target.git, address_of(target, remote), ca, token) as git:
        done = git.run("push", *options, "--", remote, f"{commit}:refs/heads/{branch}")
    said = done.err.decode(errors="replace")
    if done.code:
        raise _refusal(done.out.decode(errors="replace"), said, remote, branch)
    return Sent(link_in(said), existed=any(line.startswith(b"=\t") for line in done.out.splitlines()))


def branches(
    target: Target, remote: str, names: Sequence[str], ca: str | None, token: str | None = None
) -> dict[str, str]:
    """Returns the commits of those of these branches that the remote has. Raises `AideatorError`."""
    with _opening(target.git, address_of(target, remote), ca, token) as git:
        done = git.run("ls-remote", "--", remote, *(f"refs/heads/{name}" for name in names))
    if done.code:
        raise _no_access(done.err.decode(errors="replace"), remote, "read")
    pairs = (line.split("\t", 1) for line in done.out.decode(errors="replace").splitlines() if "\t" in line)
    return {name.removeprefix("refs/heads/"): commit for commit, name in pairs}


def is_same_work(
    target: Target, remote: str, branch: str, there: str, commit: str, ca: str | None, token: str | None = None
) -> bool:
    """Whether the commit that the remote's branch has makes the same of the same parent. Another time or message is no difference.

    Raises `AideatorError`.
    """
    work = _work(target.git, commit)
    if target.has_commit(there):
        return _work(target.git, there) == work
    fetching = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--refmap=", "--no-recurse-submodules"]
    with scratch(target, keep=False) as room:
        with _opening(room.git, address_of(target, remote), ca, token) as git:
            done = git.run(*fetching, "--no-auto-maintenance", "--", remote, f"refs/heads/{branch}")
        if done.code:
            raise _no_access(done.err.decode(errors="replace"), remote, "read")
        return _work(room.git, there) == work


def _work(git: Git, commit: str) -> list[bytes]:
    """Returns a commit's tree and parents."""
    head = git.need("cat-file", "commit", commit).partition(b"\n\n")[0]
    return [line for line in head.split(b"\n") if line.startswith((b"tree ", b"parent "))]


def address_of(target: Target, remote: str) -> str:
    """Returns the URL of a remote, which may be one itself."""
    return remote if not _NAME.fullmatch(remote) else target.git.line("remote", "get-url", "--push", "--", remote)


@contextmanager
def _opening(git: Git, url: str, ca: str | None, token: str | None = None) -> Iterator[Git]:
    """Yields git with the token for the URL's host, if there is one, and with the authorities to trust."""
    with git_access.trusting(ca, git, url) as variables:
        given = git.with_variables({**variables, **({git_token.GIT_TOKEN: token} if token else {})})
        yield replace(given, settings=(*git.settings, *git_token.settings(url, given=token is not None)))


def _refusal(out: str, said: str, remote: str, branch: str) -> AideatorError:
    rejected = next((line for line in out.splitlines() if line.startswith("!")), None)
    if rejected is not None:
        why = rejected.rpartition("\t")[2]
        if "non-fast-forward" in why or "fetch first" in why or "stale info" in why:
            return Taken(
                f"{remote} has a branch {branch} already, with another commit",
                hint=f"push to another prefix: {remote}:PREFIX",
                code=ExitCode.REFUSED,
            )
        told = [line.removeprefix("remote:").strip() for line in said.splitlines() if line.startswith("remote:")]
        reason = next((line for line in told if line), "")
        return refused(f"{remote} refused the branch {branch}: {why}{f' ({reason})' if reason else ''}")
    return _no_access(said, remote, "push to")


def _no_access(said: str, remote: str, do: str) -> AideatorError:
    kind, text = classify(said), words(said)
    if kind in ("wanted", "denied"):
        hint = "export GIT_TOKEN=…, or give git credentials that may do that"
        return refused(f"you may not {do} {remote}: {text}", hint=hint)
    if kind == "missing":
        return not_found(f"{remote} does not exist, or you may not use it: {text}")
    return unavailable(f"git can't {do} {remote}: {text}")


def link_in(said: str) -> str | None:
    """Returns the link for opening a pull request in what a server said. It is http or https, and only printable ASCII."""
    lines = [line.removeprefix("remote:") for line in said.splitlines() if line.startswith("remote:")]
    found = [
        (number, link[0]) for number, line in enumerate(lines) if (link := _LINK.search(line)) and _is_link(link[0])
    ]
    after = [number for number, line in enumerate(lines) if _REQUEST.search(line)]
    close = (link for number, link in found if any(number - 2 <= at <= number for at in after))
    return next(close, None)


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.username is None
    except ValueError:
        return False
