"""Commits a patch to a new branch. The run's base is the parent; HEAD, index and working tree stay as they are."""

import os
import re
import shlex
import textwrap
from pathlib import Path
from typing import Final

from aideator_cli.errors import AideatorError, Hint, command, usage
from aideator_cli.text.clean import clean, one_line
from aideator_cli.workspace.journal import alone
from aideator_cli.workspace.pick import Applied, Pick, Way, does_not_apply
from aideator_cli.workspace.target import Target, expect_base, working_tree
from aideator_cli.workspace.trees import scratch
from aideator_cli.workspace.working import apply_to_files

SUBJECT, WIDTH = 72, 72
_CLOSING: Final = re.compile(
    r"\b((?:clos(?:e[sd]?|ing)|fix(?:e[sd]|ing)?|resolv(?:e[sd]?|ing)|implement(?:s|ed|ing)?)\b:?\s+)(?:issues?\s+)?"
    r"(?:[\w./-]*#|https?://\S+?/(?:issues|work_items)/|GH-)(\d+)\b",
    re.IGNORECASE,
)


def commit_to_branch(pick: Pick, target: Target, way: Way) -> Applied:
    """Raises `AideatorError` if the branch exists, its name is invalid, or the patch does not apply. No branch is created then."""
    _expect_new(target, way.branch or "")
    if way.worktree is not None:
        _expect_free(target, way.worktree)
    base = expect_base(target, pick.base, pick.name)
    if not way.check:
        expect_identity(target)
    if way.check:
        with scratch(target, keep=False) as room:
            room.patched(base, pick.patch, pick.name)
        return Applied(pick, way, target.top)
    return _commit(pick, target, way, base)


def commit_of(pick: Pick, target: Target, base: str, *, sign: bool, unsigned: Hint) -> str:
    """Returns a new commit with the patch on the base, which no branch points to. `unsigned` is the hint if git can't sign it.

    Raises `AideatorError` (does not apply).
    """
    with alone(target.room), scratch(target, keep=True) as room:
        tree = room.patched(base, pick.patch, pick.name)
    return _made(pick, target, base, tree, sign=sign, unsigned=unsigned)


def _commit(pick: Pick, target: Target, way: Way, base: str) -> Applied:
    unsigned = (
        command("apply", pick.name, "--branch", str(way.branch), "--no-sign"),
        " commits it without a signature",
    )
    commit = commit_of(pick, target, base, sign=way.sign, unsigned=unsigned)
    target.git.need(
        "update-ref", "-m", f"aideator apply {pick.name}", f"refs/heads/{way.branch}", commit, "0" * len(commit)
    )
    if way.worktree is None:
        return Applied(pick, way, target.top, commit=commit)
    try:
        folder = _add_worktree(target, way.worktree, str(way.branch))
    except AideatorError:
        target.git.run("update-ref", "-d", f"refs/heads/{way.branch}", commit)
        raise
    return Applied(pick, way, folder, commit=commit)


def _made(pick: Pick, target: Target, base: str, tree: str, *, sign: bool, unsigned: Hint) -> str:
    words = ["-c", "i18n.commitEncoding=UTF-8", "commit-tree", "-p", base, tree]
    text = message(pick).encode(errors="replace")
    if not sign or target.git.run("config", "--type=bool", "commit.gpgsign").out.strip() != b"true":
        return target.git.line(*words, stdin=text)
    done = target.git.run(*words, "-S", stdin=text)
    if done.code:
        raise does_not_apply(
            f"git can't sign the commit of {pick.name}, which commit.gpgSign asks for: {done.said}", unsigned
        )
    return done.out.decode().strip()


def expect_branch(target: Target, name: str) -> None:
    """Checks what can be known before there is a patch.

    Raises `AideatorError` if the branch exists, its name is invalid, or git has no identity to commit with.
    """
    _expect_new(target, name)
    expect_identity(target)


def apply_to_worktree(pick: Pick, target: Target, way: Way) -> Applied:
    """Creates a working tree on the run's base, with a detached HEAD and the patch in its files."""
    assert way.worktree is not None
    place = _expect_free(target, way.worktree)
    base = expect_base(target, pick.base, pick.name)
    if way.check:
        with scratch(target, keep=False) as room:
            room.patched(base, pick.patch, pick.name)
        return Applied(pick, way, place)
    folder = _add_worktree(target, place, "--detach", base)
    try:
        return apply_to_files(pick, working_tree(folder), way)
    except BaseException:
        target.git.run("worktree", "remove", "--force", "--", str(folder))
        raise


def message(pick: Pick) -> str:
    """Returns the subject, the rest of the agent's summary, and the trailers."""
    subject, body = _told(pick)
    trailers = [
        f"AIdeator-Run: {pick.name}",
        *([f"AIdeator-Agent: {one_line(pick.result.agent)}"] if pick.result.agent else []),
        f"AIdeator-Model: {one_line(pick.result.model)}",
        *(f"AIdeator-Checks: {one_line(told)}" for told in pick.checks),
    ]
    return "\n\n".join(part for part in (subject, body, "\n".join(trailers)) if part) + "\n"


def subject(pick: Pick) -> str:
    """Returns the first line of the commit's message."""
    return _told(pick)[0]


def _told(pick: Pick) -> tuple[str, str]:
    text = _harmless(clean(pick.result.summary).strip() or clean(pick.prompt).strip() or f"Changes of {pick.name}")
    first, _, rest = text.partition("\n")
    subject = re.sub(r"^(#+|[-*]) +", "", one_line(first)) or f"Changes of {pick.name}"
    if len(subject) <= SUBJECT:
        return subject.rstrip("."), _wrapped(rest)
    sentence, *others = re.split(r"(?<=[.;]) ", subject, maxsplit=1)
    if len(sentence) <= SUBJECT:
        return sentence.rstrip(".;"), _wrapped("\n".join([*others, rest]))
    return _shortened(subject), _wrapped(text)


def _harmless(text: str) -> str:
    """Returns the words so that no forge closes an issue because a model named it: `Fixes #3` becomes `Fixes issue 3`."""
    return _CLOSING.sub(r"\1issue \2", text)


def _shortened(line: str) -> str:
    """Shortens the line, between words if possible."""
    head = line[: SUBJECT - 1]
    return (head.rpartition(" ")[0].rstrip() + " …") if " " in head else head + "…"


def _wrapped(text: str) -> str:
    lines = [
        textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
        for line in text.strip().splitlines()
    ]
    return "\n".join(part for line in lines for part in line).strip()


def _expect_new(target: Target, branch: str) -> None:
    if branch.startswith("-") or branch == "HEAD" or target.git.run("check-ref-format", f"refs/heads/{branch}").code:
        raise usage(
            f"{branch!r} is not a valid branch name",
            hint="for example: --branch fix/comments",
        )
    if not target.git.run("show-ref", "--verify", "--quiet", f"refs/heads/{branch}").code:
        raise usage(f"{target.top} already has a branch {branch}", hint="give --branch a new name")


def expect_identity(target: Target) -> None:
    for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        done = target.git.run("-c", "user.useConfigOnly=true", "var", who)
        if done.code:
            raise does_not_apply(
                "git does not know your name and email for the commit",
                'git config --global user.name "Your Name" && git config --global user.email you@example.org',
            )


def _add_worktree(target: Target, folder: Path, *what: str) -> Path:
    """Runs `git worktree add`. Raises `AideatorError` (wrong usage) with git's message."""
    place = _expect_free(target, folder)
    options, names = ([w for w in what if w == "--detach"], [w for w in what if not w.startswith("--")])
    done = target.git.run("worktree", "add", "--quiet", *options, "--", str(place), *names)
    if done.code:
        raise usage(
            f"git can't make a working tree in {place}: {done.said}",
            hint=_way_out(target, place),
        )
    return place


def _expect_free(target: Target, folder: Path) -> Path:
    """Returns the absolute path."""
    place = Path(os.path.normpath(folder.absolute()))
    if os.path.lexists(place) and not (place.is_dir() and not any(place.iterdir())):
        raise usage(f"{place} already exists", hint=_way_out(target, place))
    return place


def _way_out(target: Target, place: Path) -> str:
    """Returns what to do about a folder that is taken: perhaps by an apply that was killed, before or after the patch was in it."""
    told = "--worktree takes a new or empty folder"
    _main, *others = target.git.need("worktree", "list", "--porcelain").split(b"\n\n")
    known = {os.path.realpath(os.fsdecode(each.partition(b"\n")[0].removeprefix(b"worktree "))) for each in others}
    if os.path.realpath(place) not in known:
        return told
    remove = f"git -C {shlex.quote(str(target.top))} worktree remove {shlex.quote(str(place))}"
    return f"{told}; to remove this working tree of the repository: {remove}"
