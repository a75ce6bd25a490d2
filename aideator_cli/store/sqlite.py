"""SQLite, in a file of the data folder.

Any number of processes may use it: it uses WAL, waits up to five seconds for a lock, and every row can be written twice without harm.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

from aideator_cli.errors import AideatorError, not_found
from aideator_cli.store import migrations
from aideator_cli.store.dialect import SQLite

FILE = "aideator.db"
PATIENCE = 5.0  # seconds to wait for other processes


class SQLiteEngine:
    dialect = SQLite()
    shared = False

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.where = str(path)
        self._path = path

    @classmethod
    def open(cls, home: Path, target: int = migrations.VERSION) -> Self:
        """Opens the database in this folder; creates it if needed, and migrates it to `target`. Refuses a newer schema."""
        path = home / FILE
        try:
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False, isolation_level=None)
            _prepare(connection, path)
            _migrate(connection, path, target)
            connection.execute("pragma foreign_keys=on")
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from error
        return cls(connection, path)

    @classmethod
    def moved(cls, home: Path, target: int) -> tuple[int, int]:
        _, before = cls.version_at(home)
        cls.open(home, target).close()
        return before, target

    @classmethod
    def version_at(cls, home: Path) -> tuple[str, int]:
        path = home / FILE
        if not path.exists():
            raise not_found(f"there is no database {path}", hint="it is made when a run starts")
        try:
            with closing(sqlite3.connect(path, timeout=PATIENCE)) as connection:
                return str(path), version_of(connection)
        except sqlite3.Error as error:
            raise _unusable(path, error) from error

    def close(self) -> None:
        self.connection.close()

    @contextmanager
    def transaction(self, key: str) -> Iterator[sqlite3.Connection]:  # noqa: ARG002 - there is one writer in any case
        connection = self.connection
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
        self.connection.execute("begin")
        try:
            yield
        finally:
            self.connection.execute("rollback")

    def octets(self) -> int:
        names = (self._path, *(self._path.with_name(self._path.name + end) for end in ("-wal", "-shm")))
        return sum(path.stat().st_size for path in names if path.exists())

    def compact(self) -> bool:
        from sqlite_utils import Database as Tables  # takes 50 ms, which nothing else needs

        try:
            Tables(self.connection).vacuum()
            self.connection.execute("pragma wal_checkpoint(truncate)")
        except sqlite3.OperationalError:  # another process writes, or there is no room for the copy
            return False
        return True


def version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])


def _known_version(connection: sqlite3.Connection, path: Path) -> int:
    if (version := version_of(connection)) > migrations.VERSION:
        raise migrations.newer(str(path), version)
    return version


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    _known_version(connection, path)
    connection.execute("pragma page_size=8192")  # for a new file: a fifth less work per event than with 4096
    _use_wal(connection)
    connection.execute("pragma synchronous=normal")
    connection.execute("pragma wal_autocheckpoint=4000")  # pages: a checkpoint waits for the disk


def _migrate(connection: sqlite3.Connection, path: Path, target: int) -> None:
    """Foreign keys are off meanwhile: a table that is made anew must not take others' rows with it."""
    if version_of(connection) == target:
        return
    connection.execute("begin immediate")  # a second process waits here, and then has nothing left to do
    try:
        migrations.move(connection.execute, SQLiteEngine.dialect, _known_version(connection, path), target)
        connection.execute(f"pragma user_version={target}")
    except BaseException:
        connection.execute("rollback")
        raise
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
