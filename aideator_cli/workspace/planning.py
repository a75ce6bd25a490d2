"""Decides whether a patch fits a working tree, and which files would change. Changes nothing."""

import os
from collections.abc import Mapping
from pathlib import Path

from aideator_agent.values import frozen
from aideator_cli.errors import AideatorError, command
from aideator_cli.workspace.disk import in_the_way, on_disk
from aideator_cli.workspace.journal import digest, journals
from aideator_cli.workspace.pick import Pick, does_not_apply, some
from aideator_cli.workspace.target import Target, expect_base, removal
from aideator_cli.workspace.trees import GITLINK, Change, Entry, Scratch, quoted


@frozen
class Plan:
    """The paths to fill from the scratch's folder and index."""

    changes: Mapping[str, Change]  # the working tree's files: before and after
    conflicts: Mapping[str, str]  # path -> its entries for update-index --index-info


def plan(scratch: Scratch, pick: Pick, *, three_way: bool) -> Plan | None:
    """Returns None if the files already match the patch. Raises `AideatorError`, with the reason, if it does not apply."""
    base = expect_base(scratch.target, pick.base, pick.name)
    result = scratch.patched(base, pick.patch, pick.name)
    wanted = scratch.changes(base, result)
    _refuse_submodules(wanted, pick)
    head = scratch.target.head()
    if head is None:
        raise does_not_apply(f"{scratch.target.top} has no commit yet", command("apply", pick.name, "--branch", "NAME"))
    moved = {path: change for path, change in scratch.changes(base, head).items() if path in wanted}
    ours = {path: moved[path].new if path in moved else change.old for path, change in wanted.items()}
    disk = on_disk(scratch, head, ours)
    if all(disk[path] == change.new for path, change in wanted.items()):
        return None
    as_taken = pick.snapshot and all(disk[path] == change.old for path, change in wanted.items())
    if not as_taken and (goes_on := _going_on(scratch, pick, base, result, head)):
        return goes_on
    if moved and not three_way and not as_taken:
        raise _base_differs(pick, base, head, list(moved))
    if not as_taken:
        _refuse_changed(scratch, head, ours, disk)
    if moved and not as_taken:
        made = merged(scratch, pick, head, ours)
    else:
        scratch.load(result)
        made = Plan(wanted, {})
        scratch.check_out(path for path, change in wanted.items() if change.new)
    _refuse_what_is_in_the_way(scratch, made)
    return made


def _going_on(scratch: Scratch, pick: Pick, base: str, result: str, head: str) -> Plan | None:
    """Returns what is left to do where one of the patches that this one holds has been applied. None if none has."""
    for patch in filter(None, pick.begun):
        try:
            before = scratch.patched(base, patch, pick.name)
        except AideatorError:  # it was made on another commit
            continue
        left, done = scratch.changes(before, result), scratch.changes(base, before)
        there = _entries(left, "old") | _entries(done, "new")
        moved = scratch.changes(base, head)
        ours = {
            path: moved[path].new if path in moved else entry
            for path, entry in (_entries(left, "old") | _entries(done, "old")).items()
        }
        if not left or on_disk(scratch, head, ours) != there:
            continue
        _refuse_submodules(left, pick)
        scratch.load(result)
        scratch.check_out(path for path, change in left.items() if change.new)
        made = Plan(left, {})
        _refuse_what_is_in_the_way(scratch, made)
        return made
    return None


def _entries(changes: Mapping[str, Change], side: str) -> dict[str, Entry | None]:
    return {path: getattr(change, side) for path, change in changes.items()}


def merged(scratch: Scratch, pick: Pick, head: str, ours: Mapping[str, Entry | None]) -> Plan:
    """Runs `git apply --3way` on HEAD's versions, in the scratch."""
    scratch.load(head)
    scratch.check_out(path for path, entry in ours.items() if entry)
    done = scratch.git.run("apply", "--3way", "--binary", "-", stdin=quoted(pick.patch))
    conflicts = _unmerged(scratch, head)
    if done.code and not conflicts:
        raise does_not_apply(f"the patch of {pick.name} does not apply to {head[:7]}, even with --3way: {done.said}")
    staged = scratch.staged(head)
    changes = {
        path: Change(ours.get(path), _theirs(scratch, path, staged.get(path)))
        for path in ours
        if path in staged or path in conflicts
    }
    return Plan(changes, conflicts)


def _theirs(scratch: Scratch, path: str, change: Change | None) -> Entry | None:
    """Returns what the merge left at a path. A conflict leaves a file, but no single entry for it."""
    here = scratch.folder / path
    if not os.path.lexists(here) or (here.is_dir() and not here.is_symlink()):  # a folder whose files replace the file
        return None
    return (change and change.new) or Entry("100644", "")


def _unmerged(scratch: Scratch, head: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in scratch.git.need("ls-files", "-u", "-z").split(b"\0")[:-1]:
        path = os.fsdecode(line.partition(b"\t")[2])
        found[path] = found.get(path, removal(path, head)) + os.fsdecode(line) + "\0"
    return found


def _base_differs(pick: Pick, base: str, head: str, paths: list[str]) -> AideatorError:
    if pick.snapshot:
        return does_not_apply(
            f"the run began with uncommitted changes, and {some(paths)} {'is' if len(paths) == 1 else 'are'} not as it found "
            f"{'it' if len(paths) == 1 else 'them'}",
            (command("apply", pick.name, "--branch", "NAME"), " commits the patch on top of the changes as they were"),
        )
    verb = "differs" if len(paths) == 1 else "differ"
    return does_not_apply(
        f"the patch of {pick.name} was made on {base[:7]}; HEAD is {head[:7]}, where {some(paths)} {verb}",
        (command("apply", pick.name, "--3way"), f", or --branch NAME to work from {base[:7]}"),
    )


def _refuse_submodules(wanted: Mapping[str, Change], pick: Pick) -> None:
    links = [path for path, change in wanted.items() if GITLINK in {e.mode for e in (change.old, change.new) if e}]
    if links:
        raise does_not_apply(
            f"the patch of {pick.name} changes {'the submodule' if len(links) == 1 else 'submodules:'} {some(links)}, "
            "which can't be applied to files",
            (command("apply", pick.name, "--branch", "NAME"), " commits the change"),
        )


def _applied(target: Target, paths: list[str]) -> str | None:
    """Returns the variation whose patch made all of these files as they are."""
    for journal in reversed(journals(target.room)):
        made = {move.path: move.digest for move in journal.moves}
        if all(path in made and digest(target.top / path) == made[path] for path in paths):
            return journal.name
    return None


def _refuse_changed(
    scratch: Scratch, head: str, ours: Mapping[str, Entry | None], disk: Mapping[str, Entry | None]
) -> None:
    staged = scratch.target.git
    held = Scratch(staged, scratch.folder, scratch.target).staged(head)
    untracked = [path for path, entry in disk.items() if ours[path] is None and entry is not None and path not in held]
    changed = [path for path, entry in disk.items() if path in held or (entry != ours[path] and path not in untracked)]
    if changed and (ours_already := _applied(scratch.target, changed)) is not None:
        where = [] if Path.cwd().is_relative_to(scratch.target.top) else ["-C", str(scratch.target.top)]
        raise does_not_apply(
            f"{ours_already} is applied, and the patch changes {some(changed)} too",
            (command("undo", ours_already, *where), " takes it back; or commit it first"),
        )
    if changed:
        raise does_not_apply(
            f"{some(changed)} {'has' if len(changed) == 1 else 'have'} uncommitted changes, and the patch changes "
            f"{'it' if len(changed) == 1 else 'them'} too",
            "commit or stash them first; other files may keep their changes",
        )
    _refuse_standing(untracked)


def _refuse_what_is_in_the_way(scratch: Scratch, made: Plan) -> None:
    leaving = [path for path, change in made.changes.items() if change.old]
    coming = [path for path, change in made.changes.items() if change.new]
    _refuse_standing(in_the_way(scratch.target.top, leaving, coming))


def _refuse_standing(paths: list[str]) -> None:
    if paths:
        raise does_not_apply(
            f"files are in the way of those that the patch creates: {some(paths)}",
            "move them away first",
        )
