"""Moves files into the working tree and back with renames only. Each direction can continue where the other stopped."""

import errno
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from aideator_cli.workspace.disk import blocked_by, in_the_way, parents
from aideator_cli.workspace.journal import Journal, Move, digest

DRAFT: Final = ".aideator-draft"  # next to a file that comes from another file system


def install(top: Path, journal: Journal) -> None:
    """Moves the old files into the journal and the new ones out of it. An `OSError` may leave it half done."""
    for number, move in enumerate(journal.moves):
        if move.had and not _lies(journal.before(number)):
            _take(top, move.path, journal.before(number))
            _remove_empty(top, move.path)
    for number, move in enumerate(journal.moves):
        if move.has and _lies(journal.new(number)):
            _put(top, journal.new(number), move.path, journal.folders)


def take_back(top: Path, journal: Journal, *, touch: bool) -> None:
    """Reverses `install`, from wherever it stopped. `touch` marks the old files as modified now, for tools that go by time."""
    _remove_drafts(top, journal)
    for number, move in enumerate(journal.moves):
        if not move.has or blocked_by(top, move.path) is not None:
            continue
        if not _lies(journal.new(number)) and _lies(top / move.path):
            _take(top, move.path, journal.new(number))
        _remove_empty(top, move.path, journal.folders)
    for number, move in enumerate(journal.moves):
        if move.had and _lies(journal.before(number)):
            _clear(top, move.path)
            _put(top, journal.before(number), move.path, journal.folders)
            if touch:
                os.utime(top / move.path, follow_symlinks=False)
    for folder in sorted(journal.folders):
        _make_folders(top, f"{folder}/.", journal.folders)


def changed_since(top: Path, journal: Journal) -> list[str]:
    """Returns the paths whose content is neither what the journal put there nor what was there before."""
    moves = list(enumerate(journal.moves))
    installed = {move.path for number, move in moves if move.has and not _lies(journal.new(number))}
    taken = {move.path for number, move in moves if move.had and _lies(journal.before(number))}
    changed = [
        move.path
        for move in journal.moves
        if move.path in installed and (blocked_by(top, move.path) or digest(top / move.path) != move.digest)
    ]
    emptied = sorted(taken - installed)
    changed += [path for path in emptied if _holds_file(top, path) or in_the_way(top, installed, [path])]
    back = {move.path for number, move in moves if _is_back(top, journal, number, move)}
    return [path for path in changed if path not in back]


def _is_back(top: Path, journal: Journal, number: int, move: Move) -> bool:
    """Whether the user has restored what was there before."""
    if blocked_by(top, move.path) is not None:
        return False
    here = digest(top / move.path)
    return here == digest(journal.before(number)) if move.had else here is None and not _lies(top / move.path)


def _holds_file(top: Path, path: str) -> bool:
    here = top / path
    return blocked_by(top, path) is None and _lies(here) and (here.is_symlink() or not here.is_dir())


def folders_around(top: Path, paths: list[str]) -> dict[str, int]:
    """Returns the folders on the way to these paths, and the empty folders that occupy them, with their permissions."""
    found: dict[str, int] = {}
    for path in paths:
        for folder in (*parents(path), path):
            mode = (top / folder).lstat().st_mode if _lies(top / folder) else 0
            if not stat.S_ISDIR(mode):
                break
            found[folder] = stat.S_IMODE(mode)
        if path in found:
            for place, _, _ in os.walk(top / path):
                found[os.path.relpath(place, top)] = stat.S_IMODE(os.lstat(place).st_mode)
    return found


def _lies(path: Path) -> bool:
    return os.path.lexists(path)


def _remove_drafts(top: Path, journal: Journal) -> None:
    for move in journal.moves:
        if blocked_by(top, move.path) is None:
            with suppress(OSError):
                (top / move.path).with_name(DRAFT).unlink()


def _clear(top: Path, path: str) -> None:
    """Removes a newer file where an old one comes back. The caller has checked that it may go."""
    if blocked_by(top, path) is None:
        with suppress(FileNotFoundError, IsADirectoryError):
            (top / path).unlink()


def _take(top: Path, path: str, place: Path) -> None:
    _expect_folders(top, path)
    _move(top / path, place)


def _put(top: Path, place: Path, path: str, modes: dict[str, int]) -> None:
    _expect_folders(top, path)
    _make_folders(top, path, modes)
    _remove_empty_tree(top / path)
    if _lies(top / path):
        raise FileExistsError(errno.EEXIST, "it was made meanwhile", str(top / path))
    _move(place, top / path)


def _expect_folders(top: Path, path: str) -> None:
    if (parent := blocked_by(top, path)) is not None:
        raise NotADirectoryError(errno.ENOTDIR, "it was replaced meanwhile", str(top / parent))


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, target)
        source.unlink()


def _copy(source: Path, target: Path) -> None:
    draft = target.with_name(DRAFT)
    draft.unlink(missing_ok=True)
    try:
        shutil.copy2(source, draft, follow_symlinks=False)
        draft.rename(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _make_folders(top: Path, path: str, modes: dict[str, int]) -> None:
    for parent in parents(path):
        with suppress(FileExistsError):
            (top / parent).mkdir()
            if parent in modes:
                (top / parent).chmod(modes[parent])


def _remove_empty(top: Path, path: str, kept: dict[str, int] | None = None) -> None:
    """Removes the folders that the file left empty, innermost first. Those in `kept` stay."""
    for parent in reversed(list(parents(path))):
        if kept is not None and parent in kept:
            return
        try:
            (top / parent).rmdir()
        except OSError:
            return


def _remove_empty_tree(path: Path) -> None:
    """Removes nested empty folders that occupy the place of a file."""
    if path.is_dir() and not path.is_symlink():
        for place, _, _ in os.walk(path, topdown=False):
            os.rmdir(place)  # noqa: PTH106
