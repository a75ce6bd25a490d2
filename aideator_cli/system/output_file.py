"""Writes a file that the user named: completely or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from aideator_cli.errors import unwritable, usage


def expect_free(target: Path, *, force: bool) -> None:
    """Raises an error for the user if the file must not be written. Call it before doing the work that makes the content."""
    if os.path.lexists(target):
        if target.exists() and not target.is_file():
            raise usage(f"{target} is {'a folder' if target.is_dir() else 'not a regular file'}", hint="name a file")
        if not force:
            raise _taken(target)


@contextmanager
def output_file(target: Path, *, force: bool) -> Iterator[IO[str]]:
    """Yields a file next to the target, which is renamed once complete. Without `force`, does not overwrite a file that has appeared
    meanwhile."""
    expect_free(target, force=force)
    place = Path(os.path.realpath(target))  # replaces what a link points to, not the link
    beside = place.with_name(f".{secrets.token_hex(6)}.{place.name}")
    claimed = False
    try:
        with beside.open("x", encoding="utf-8", newline="") as out:
            yield out
        if place.exists():
            shutil.copymode(place, beside)
        if not force:
            place.touch(exist_ok=False)
            claimed = True
        beside.replace(place)
        claimed = False
    except FileExistsError as error:
        raise _taken(target) from error
    except OSError as error:
        raise unwritable(target, error) from error
    finally:
        with suppress(OSError):  # where writing failed, removal may fail too: the error is already reported
            beside.unlink()
        if claimed:
            place.unlink(missing_ok=True)


def new_file(path: Path, text: str) -> None:
    """Writes a file for the user to edit, and makes its folder. Raises `AideatorError` if it exists, or can't be written."""
    if path.exists():
        raise usage(f"{path} already exists", hint="edit it, or choose another name")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path.parent, error) from error
    with output_file(path, force=False) as out:
        out.write(text)


def _taken(target: Path) -> Exception:
    return usage(f"{target} already exists", hint="overwrite it with --force, or name another file")
