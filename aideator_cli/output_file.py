"""A file that the user has named, whole or not there at all."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from aideator_cli.errors import unwritable, usage


def expect_free(target: Path, *, force: bool) -> None:
    """Raises what to tell the user where nothing is to be written: before the work is done that makes the content."""
    if os.path.lexists(target):
        if target.exists() and not target.is_file():
            raise usage(f"{target} is {'a folder' if target.is_dir() else 'no file'}", hint="name a file")
        if not force:
            raise _taken(target)


@contextmanager
def output_file(target: Path, *, force: bool) -> Iterator[IO[str]]:
    """A file beside it, which takes its name when all of it is written; without `force` nothing that has come meanwhile is overwritten."""
    expect_free(target, force=force)
    place = Path(os.path.realpath(target))  # what a link leads to is written anew, not the link
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
        with suppress(OSError):  # where nothing could be written nothing can be taken away either: that has been told
            beside.unlink()
        if claimed:
            place.unlink(missing_ok=True)


def _taken(target: Path) -> Exception:
    return usage(f"{target} is there already", hint="--force overwrites it; or name another file")
