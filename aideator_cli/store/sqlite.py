"""SQLite, in a file of the data folder.

Any number of processes may use it: it uses WAL, waits up to five seconds for a lock, and every row can be written twice without harm.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from aideator_cli.errors import ExitCode, not_found, reason
from aideator_cli.store import migrations
from aideator_cli.store.away import DatabaseAway, is_of_database
from aideator_cli.store.dialect import SQLite

FILE = "aideator.db"
PATIENCE = 5.0  # seconds to wait for other processes
_WRITING = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY)


class Statements:
    """The statements of one connection. Raises `DatabaseAway` for a file that can't be used now: locked, full, unreadable."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def execute(self, query: str, values: Sequence[Any] = (), /) -> sqlite3.Cursor:
        try:
            return self._connection.execute(query, values)
        except sqlite3.DatabaseError as error:
            _tell(self._path, error)
            raise

    def executemany(self, query: str, rows: Sequence[Sequence[Any]], /) -> sqlite3.Cursor:
        try:
            return self._connection.executemany(query, rows)
        except sqlite3.DatabaseError as error:
            _tell(self._path, error)
            raise


class SQLiteEngine:
    dialect = SQLite()
    shared = False

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = Statements(connection, path)
        self.where = str(path)
        self._path = path
        self._own = connection

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
        self._own.close()

    @contextmanager
    def transaction(self, key: str) -> Iterator[Statements]:  # noqa: ARG002 - there is one writer in any case
        self.connection.execute("begin immediate")
        try:
            yield self.connection
            self.connection.execute("commit")
        except BaseException:
            self._own.rollback()  # nothing, where SQLite has done so by itself
            raise

    @contextmanager
    def moment(self) -> Iterator[None]:
        self.connection.execute("begin")
        try:
            yield
        finally:
            self._own.rollback()

    def octets(self) -> int:
        return self._size("") + self.octets_of_log()

    def octets_of_log(self) -> int:
        return self._size("-wal") + self._size("-shm")

    def _size(self, end: str) -> int:
        path = self._path.with_name(self._path.name + end)
        return path.stat().st_size if path.exists() else 0

    def compact(self) -> bool:
        from sqlite_utils import Database as Tables  # takes 50 ms, which nothing else needs

        try:
            Tables(self._own).vacuum()
            self._own.execute("pragma wal_checkpoint(truncate)")
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


def _unusable(path: Path, error: Exception) -> DatabaseAway:
    hint = "set AIDEATOR_HOME to a folder that you can write to"
    return DatabaseAway(f"the store {path} can't be opened: {reason(error)}", hint, ExitCode.FAILED)


def _tell(path: Path, error: sqlite3.DatabaseError) -> None:
    """Raises `DatabaseAway` if the file or the disk is to blame, and not the statement or the program."""
    if not hasattr(error, "sqlite_errorcode") or not is_of_database(error):
        return
    done = "written" if error.sqlite_errorcode & 0xFF in _WRITING else "used"
    hint = "check the disk space and the file's permissions; the agents keep working"
    raise DatabaseAway(f"the store {path} can't be {done}: {error}", hint, ExitCode.FAILED) from error
