"""A patch as a commit on a new branch: the run's base is its parent, and HEAD, index and working tree stay as they are."""

import os
import re
import textwrap
from pathlib import Path

from aideator_cli.applying.journal import alone
from aideator_cli.applying.pick import Applied, Pick, Way, does_not_apply
from aideator_cli.applying.target import Target, expect_base, working_tree
from aideator_cli.applying.trees import scratch
from aideator_cli.applying.working import apply_to_files
from aideator_cli.choice.verdicts import check_names, verdicts
from aideator_cli.clean import clean, one_line
from aideator_cli.errors import AideatorError, usage

SUBJECT, WIDTH = 72, 72


def commit_to_branch(pick: Pick, target: Target, way: Way) -> Applied:
    """Raises `AideatorError`: wrong usage (the branch exists, its name is none), or it does not apply; there is no branch then."""
    _expect_new(target, way.branch or "")
    if way.worktree is not None:
        _expect_free(way.worktree)
    base = expect_base(target, pick.base, pick.name)
    if not way.check:
        _expect_identity(target)
    if way.check:
        with scratch(target, keep=False) as room:
            room.patched(base, pick.patch, pick.name)
        return Applied(pick, way, target.top)
    with alone(target.room), scratch(target, keep=True) as room:
        tree = room.patched(base, pick.patch, pick.name)
    return _commit(pick, target, way, base, tree)


def _commit(pick: Pick, target: Target, way: Way, base: str, tree: str) -> Applied:
    signed = ["-S"] if target.git.run("config", "--type=bool", "commit.gpgsign").out.strip() == b"true" else []
    text = message(pick).encode(errors="replace")
    commit = target.git.line("-c", "i18n.commitEncoding=UTF-8", "commit-tree", *signed, "-p", base, tree, stdin=text)
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


def expect_branch(target: Target, name: str) -> None:
    """What can be known before there is a patch. Raises `AideatorError`: the branch exists, its name is none, or nobody can commit."""
    _expect_new(target, name)
    _expect_identity(target)


def apply_to_worktree(pick: Pick, target: Target, way: Way) -> Applied:
    """A new working tree on the run's base, HEAD detached, with the patch in its files."""
    assert way.worktree is not None
    place = _expect_free(way.worktree)
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
    """Subject, the rest of the agent's summary, trailers."""
    subject, body = _told(pick)
    result = pick.result
    told = verdicts(result, check_names(pick.checks, [result]))
    trailers = [
        f"AIdeator-Run: {pick.name}",
        f"AIdeator-Model: {one_line(result.model)}",
        *(f"AIdeator-Checks: {one_line(f'{v.name} {v.told} {v.count}')}" for v in told),
    ]
    return "\n\n".join(part for part in (subject, body, "\n".join(trailers)) if part) + "\n"


def _told(pick: Pick) -> tuple[str, str]:
    text = clean(pick.result.summary).strip() or clean(pick.prompt).strip() or f"Changes of {pick.name}"
    first, _, rest = text.partition("\n")
    subject = re.sub(r"^(#+|[-*]) +", "", one_line(first)) or f"Changes of {pick.name}"
    if len(subject) <= SUBJECT:
        return subject.rstrip("."), _wrapped(rest)
    sentence, *others = re.split(r"(?<=[.;]) ", subject, maxsplit=1)
    if len(sentence) <= SUBJECT:
        return sentence.rstrip(".;"), _wrapped("\n".join([*others, rest]))
    return _shortened(subject), _wrapped(text)


def _shortened(line: str) -> str:
    """Cut between words, where there are any."""
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
            f"{branch!r} is no name that git takes for a branch",
            hint="for example: --branch fix/comments",
        )
    if not target.git.run("show-ref", "--verify", "--quiet", f"refs/heads/{branch}").code:
        raise usage(f"{target.top} has a branch {branch} already", hint="--branch makes a new one: give another name")


def _expect_identity(target: Target) -> None:
    for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        done = target.git.run("-c", "user.useConfigOnly=true", "var", who)
        if done.code:
            raise does_not_apply(
                "git does not know who makes the commit",
                'git config --global user.name "Your Name" && git config --global user.email you@example.org',
            )


def _add_worktree(target: Target, folder: Path, *what: str) -> Path:
    """`git worktree add`. Raises `AideatorError` (wrong usage) with what git says."""
    place = _expect_free(folder)
    options, names = ([w for w in what if w == "--detach"], [w for w in what if not w.startswith("--")])
    done = target.git.run("worktree", "add", "--quiet", *options, "--", str(place), *names)
    if done.code:
        raise usage(
            f"there can be no working tree in {place}: {done.said}",
            hint="--worktree takes a folder that is new or empty",
        )
    return place


def _expect_free(folder: Path) -> Path:
    """Where it is, in full."""
    place = Path(os.path.normpath(folder.absolute()))
    if os.path.lexists(place) and not (place.is_dir() and not any(place.iterdir())):
        raise usage(f"{place} is there already", hint="--worktree makes a new folder, or takes an empty one")
    return place
