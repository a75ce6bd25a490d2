"""Applies a part of a patch: only some paths, or all but what does not belong into a repository."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches

from aideator_agent.signals.files import untidy
from aideator_cli.domain.result import Result
from aideator_cli.errors import usage
from aideator_cli.workspace.patches import FilePatch, parse
from aideator_cli.workspace.pick import Pick, Way, some
from aideator_cli.workspace.target import Target, expect_base
from aideator_cli.workspace.trees import Scratch, scratch

_EXCLUDING = (":!", ":^", ":(exclude)")


def narrowed(pick: Pick, target: Target, way: Way) -> Pick:
    """Returns the part of the pick that the way asks for.

    Raises `AideatorError` (usage) if a path is not in the patch, or nothing is left.
    """
    if not way.only and not way.tidy:
        return pick
    base = expect_base(target, pick.base, pick.name)
    files = parse(pick.patch)
    with scratch(target, keep=False) as room:
        tree = room.patched(base, pick.patch, pick.name)
        kept = _chosen(room, base, tree, way.only, [file.path for file in files], pick.name)
        if way.tidy:
            kept -= _untidy(room, base, files)
    if not kept:
        raise usage(f"nothing of {pick.name} is left to apply", hint="leave out --tidy" if way.tidy else None)
    left = tuple(sorted(file.path for file in files if file.path not in kept))
    part = [file for file in files if file.path in kept]
    return replace(
        pick, patch=b"".join(file.raw for file in part), result=_counted(pick.result, part), left_out=left, begun=()
    )


def _counted(result: Result, files: Sequence[FilePatch]) -> Result:
    return replace(
        result,
        files=len(files),
        additions=sum(file.additions for file in files),
        deletions=sum(file.deletions for file in files),
    )


def _chosen(room: Scratch, base: str, tree: str, only: Sequence[str], paths: Sequence[str], name: str) -> set[str]:
    """Returns the paths of the patch that these pathspecs match. Of a renamed file both names are chosen, or none."""
    if not only:
        return set(paths)
    for pathspec in only:
        if not pathspec.startswith(_EXCLUDING) and not _matching(room, base, tree, [pathspec]):
            near = get_close_matches(pathspec, paths, 1, 0.4)
            raise usage(
                f"the patch of {name} has no {pathspec}",
                hint=f"did you mean {near[0]}?" if near else f"it changes {some(sorted(paths))}",
            )
    chosen = _matching(room, base, tree, only)
    return chosen | {other for path in chosen if (other := _renamed(room, base, tree).get(path))}


def _matching(room: Scratch, base: str, tree: str, pathspecs: Sequence[str]) -> set[str]:
    done = room.git.run("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, tree, "--", *pathspecs)
    if done.code:
        raise usage(f"--only {' '.join(pathspecs)} is no pathspec of git: {done.said}")
    return set(_split(done.out))


def _renamed(room: Scratch, base: str, tree: str) -> Mapping[str, str]:
    """Returns for each name of a renamed file the other one."""
    words = iter(_split(room.git.need("diff-tree", "-r", "-z", "-M", "--name-status", base, tree)))
    pairs: dict[str, str] = {}
    for status in words:
        path = next(words, "")
        if status.startswith(("R", "C")):
            other = next(words, "")
            if status.startswith("R"):
                pairs |= {path: other, other: path}
    return pairs


def _untidy(room: Scratch, base: str, files: Sequence[FilePatch]) -> set[str]:
    known: Collection[str] = frozenset(_split(room.git.need("ls-tree", "-r", "-z", "--name-only", "--full-tree", base)))
    return {file.path for file in files if file.change == "added" and untidy(file.path, known)}


def _split(out: bytes) -> Iterator[str]:
    return (os.fsdecode(path) for path in out.split(b"\0") if path)
