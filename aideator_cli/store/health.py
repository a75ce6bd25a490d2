"""The state of the database, without creating or migrating it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from aideator_cli.errors import AideatorError
from aideator_cli.store.engine import checked
from aideator_cli.store.migrations import VERSION
from aideator_cli.store.sqlite import FILE, PATIENCE, version_of


class Health(NamedTuple):
    where: str  # for people
    runs: int | None = None  # None: there is no database yet
    damage: str | None = None  # what is wrong with it
    newer: bool = False  # a newer AIdeator wrote it


def health(home: Path) -> Health:
    """Reads the whole file, so it takes a second for each gigabyte or so."""
    path = home / FILE
    if not path.exists():
        return Health(str(path))
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=PATIENCE)) as connection:
            version = version_of(connection)
            if version > VERSION:
                return Health(str(path), newer=True)
            damage = connection.execute("pragma quick_check(1)").fetchone()[0]
            runs = connection.execute("select count(*) from runs").fetchone()[0] if version else 0
            connection.execute("begin immediate")
            connection.execute("rollback")
    except sqlite3.Error as error:
        return Health(str(path), damage=str(error))
    return Health(str(path), runs, None if damage == "ok" else str(damage))


def server_health(url: str) -> Health:
    """The same of a PostgreSQL database. What is wrong with the URL is damage, too."""
    try:
        checked(url)
        from aideator_cli.store.postgresql.address import Address
        from aideator_cli.store.postgresql.glimpse import glimpse

        where = str(Address(url))
        with glimpse(url) as found:
            if found.newer:
                return Health(where, newer=True)
            if not found.version:
                return Health(where)
            return Health(where, int(found.connection.execute("select count(*) from runs").fetchone()[0]))
    except AideatorError as error:
        return Health("", damage=error.message)
