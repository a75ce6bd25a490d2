"""Applies a patch to a working tree and takes it back: completely or not at all, and never over the user's changes."""

import os
from contextlib import suppress

from aideator_cli.errors import AideatorError, Command, command, not_found
from aideator_cli.workspace.journal import Journal, Move, alone, digest, journals, next_folder
from aideator_cli.workspace.moving import changed_since, folders_around, install, take_back
from aideator_cli.workspace.pick import Applied, Pick, Way, does_not_apply, some
from aideator_cli.workspace.planning import Plan, plan
from aideator_cli.workspace.target import Target, removal
from aideator_cli.workspace.trees import Scratch, scratch


def apply_to_files(pick: Pick, target: Target, way: Way) -> Applied:
    """Raises `AideatorError` if it does not apply. The tree has not changed then."""
    if way.check:
        with scratch(target, keep=False) as room:
            made = plan(room, pick, three_way=way.three_way)
        return Applied(pick, way, target.top, made is None, conflicts=sorted(made.conflicts) if made else ())
    with alone(target.room):
        return _apply(pick, target, way)


def _apply(pick: Pick, target: Target, way: Way) -> Applied:
    _expect_whole(target)
    with scratch(target, keep=True) as room:
        made = plan(room, pick, three_way=way.three_way)
        if made is None:
            return Applied(pick, way, target.top, already=True)
        journal = _written(room, made, pick.name)
    try:
        install(target.top, journal)
        _put_into_index(target, "".join(made.conflicts.values()))
    except BaseException:
        _roll_back(target, journal)
        raise
    journal.write("applied")
    return Applied(pick, way, target.top, conflicts=sorted(made.conflicts))


def undo(target: Target, name: str | None, *, force: bool) -> Journal:
    """Undoes the last apply, or that of `name`; an interrupted one comes first. Returns its journal, which is removed."""
    try:
        with alone(target.room):
            journal = _wanted(target, name)
            changed = changed_since(target.top, journal)
            if changed and not force:
                raise does_not_apply(
                    f"{some(changed)} {'has' if len(changed) == 1 else 'have'} changed since {journal.name} was applied",
                    (command("undo", journal.name, "--force"), " discards these changes"),
                )
            _undo(target, journal)
    except OSError as error:
        raise does_not_apply(f"undo failed: {why(target, error)}") from error
    return journal


def _wanted(target: Target, name: str | None) -> Journal:
    known = journals(target.room)
    wanted = [j for j in known if j.state == "moving"] or [j for j in known if _is(j, name)]
    if not wanted:
        raise not_found(
            f"{name or 'nothing'} was {'not ' if name else ''}applied to {target.top}",
            hint="name another working tree with -C DIR",
        )
    return wanted[-1]


def applied_last(target: Target, name: str | None) -> float | None:
    """Returns when the last patch, or that of `name`, was applied here: seconds since 1970. None: it was not."""
    times = [(j.folder / "journal.json").stat().st_mtime for j in journals(target.room) if _is(j, name)]
    return max(times, default=None)


def _is(journal: Journal, name: str | None) -> bool:
    """Whether the user's word names the journal: RUN/N, RUN, or the beginning of a run's id. None matches any."""
    if name is None:
        return True
    run, _, number = name.partition("/")
    known, _, variation = journal.name.partition("/")
    return bool(run) and known.startswith(run) and number in ("", variation)


def _undo(target: Target, journal: Journal) -> None:
    try:
        take_back(target.top, journal.write("moving"), touch=True)
        _put_into_index(target, journal.index)
    except OSError as error:
        with suppress(OSError):
            install(target.top, journal)
            journal.write("applied")
        raise does_not_apply(
            f"{journal.name} can't be undone: {why(target, error)}",
            ("once that is fixed: ", _undo_command(target)),
        ) from error
    journal.discard()


def _written(room: Scratch, made: Plan, name: str) -> Journal:
    """Returns the journal with all the new files in it. Only renames follow."""
    folder = next_folder(room.target.room)
    moves = []
    for number, (path, change) in enumerate(made.changes.items()):
        had = os.path.lexists(room.target.top / path) and change.old is not None
        if change.new:
            (room.folder / path).rename(folder / "new" / str(number))
        moves.append(Move(path, had, bool(change.new), digest(folder / "new" / str(number))))
    index = _index_entries(room.target, list(made.conflicts))
    journal = Journal(
        folder, name, "moving", tuple(moves), folders_around(room.target.top, [m.path for m in moves]), index
    )
    return journal.write("moving")


def _index_entries(target: Target, paths: list[str]) -> str:
    """Returns the index entries of these paths, for update-index --index-info."""
    head = target.head()
    if not paths or head is None:
        return ""
    lines = [os.fsdecode(line) for line in target.git.need("ls-files", "-s", "-z").split(b"\0")]
    held = [line for line in lines if line.partition("\t")[2] in paths]
    return "".join(removal(path, head) for path in paths) + "".join(f"{line}\0" for line in held)


def _put_into_index(target: Target, entries: str) -> None:
    if entries:
        target.git.need("update-index", "-z", "--index-info", stdin=os.fsencode(entries))


def _roll_back(target: Target, journal: Journal) -> None:
    """Rolls back. If that fails too, the journal stays and `undo` can continue."""
    try:
        take_back(target.top, journal, touch=False)
        _put_into_index(target, journal.index)
    except OSError as error:
        raise does_not_apply(
            f"{journal.name} was applied only in part and can't be undone: {why(target, error)}",
            ("once that is fixed: ", _undo_command(target)),
        ) from error
    except AideatorError as error:  # git decides about its index
        raise does_not_apply(
            f"{journal.name} can't be applied: {error.message} The files are unchanged",
            ("once that is fixed: ", _undo_command(target)),
        ) from error
    journal.discard()


def _expect_whole(target: Target) -> None:
    for journal in journals(target.room):
        if journal.state == "moving":
            raise does_not_apply(
                f"applying {journal.name} to {target.top} was interrupted",
                (_undo_command(target), " puts the files back as they were"),
            )


def _undo_command(target: Target) -> Command:
    return command("undo", "-C", str(target.top))


def why(target: Target, error: OSError) -> str:
    """Returns the file in the working tree, if the system names one, and the system's message."""
    names = [os.fsdecode(name) for name in (error.filename2, error.filename) if name]
    where = next((name for name in names if not name.startswith(f"{target.room}/")), "")
    return f"{where}: {error.strerror}" if where else str(error.strerror or error)
