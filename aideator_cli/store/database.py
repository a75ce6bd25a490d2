"""The database file: opens it, migrates it, and writes in transactions.

Any number of processes may use it: it uses WAL, waits up to five seconds for a lock, and every row can be written twice without harm.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from aideator_cli.errors import AideatorError, usage
from aideator_cli.store.migrations import STEPS

if TYPE_CHECKING:
    from sqlite_utils import Database as Tables

FILE = "aideator.db"
PATIENCE = 5.0  # seconds to wait for other processes


class Database:
    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, home: Path) -> Self:
        """Opens the store in this folder; creates or migrates it if needed. Refuses a newer schema."""
        path = home / FILE
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False, isolation_level=None)
            connection.execute("pragma foreign_keys=on")
            _migrate(connection, path)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from error
        return cls(connection, path)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        try:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")
        except sqlite3.OperationalError as error:
            raise AideatorError(
                f"the store {self._path} can't be written: {error}",
                hint="check the disk space and the file's permissions; the agents keep working",
            ) from error

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Reads within the block see one moment, whatever other processes write meanwhile."""
        self._connection.execute("begin")
        try:
            yield
        finally:
            self._connection.execute("rollback")

    @cached_property
    def _tables(self) -> "Tables":
        from sqlite_utils import Database as Tables  # takes 50 ms, which following and listing do not need

        return Tables(self._connection)

    def _rows(self, query: str, *values: object) -> Iterator[dict[str, Any]]:
        cursor = self._connection.execute(query, values)
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version = connection.execute("pragma user_version").fetchone()[0]
    if version > len(STEPS):
        raise usage(
            f"{path} was written by a newer AIdeator (schema {version}; this one knows {len(STEPS)})",
            hint="upgrade aideator, or set AIDEATOR_HOME to another folder",
        )
    connection.execute("pragma page_size=8192")  # for a new file: a fifth less work per event than with 4096
    _use_wal(connection)
    connection.execute("pragma synchronous=normal")
    connection.execute("pragma wal_autocheckpoint=4000")  # pages: a checkpoint waits for the disk
    if version == len(STEPS):
        return
    connection.execute("begin immediate")  # a second process waits here, and then has nothing left to do
    version = connection.execute("pragma user_version").fetchone()[0]
    for number, step in enumerate(STEPS[version:], version + 1):
        for statement in step.split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"pragma user_version={number}")
    connection.execute("commit")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Retries, because SQLite's timeout does not cover this: if two processes open a new database, it refuses the second at once."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("pragma journal_mode=wal")
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _unusable(path: Path, error: Exception) -> AideatorError:
    return AideatorError(
        f"the store {path} can't be opened: {error}", hint="set AIDEATOR_HOME to a folder that you can write to"
    )
