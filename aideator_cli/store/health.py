"""The state of the database file, without creating or migrating it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from aideator_cli.store.database import FILE, PATIENCE
from aideator_cli.store.migrations import STEPS


class Health(NamedTuple):
    path: Path
    runs: int | None = None  # None: there is no database yet
    damage: str | None = None  # what is wrong with it
    newer: bool = False  # a newer AIdeator wrote it


def health(home: Path) -> Health:
    """Reads the whole file, so it takes a second for each gigabyte or so."""
    path = home / FILE
    if not path.exists():
        return Health(path)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=PATIENCE)) as connection:
            version = connection.execute("pragma user_version").fetchone()[0]
            if version > len(STEPS):
                return Health(path, newer=True)
            damage = connection.execute("pragma quick_check(1)").fetchone()[0]
            runs = connection.execute("select count(*) from runs").fetchone()[0] if version else 0
            connection.execute("begin immediate")
            connection.execute("rollback")
    except sqlite3.Error as error:
        return Health(path, damage=str(error))
    return Health(path, runs, None if damage == "ok" else str(damage))
