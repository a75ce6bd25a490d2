"""The two kinds of database: a file of SQLite in the data folder, and PostgreSQL."""

from contextlib import AbstractContextManager
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from aideator_cli.errors import usage
from aideator_cli.store.dialect import Connection, Dialect
from aideator_cli.store.migrations import POSTGRESQL_BEGAN, VERSION
from aideator_cli.system.installation import adding

FORM = "postgresql://USER@HOST/NAME"


class Engine(Protocol):
    """An open database with the schema of this version. Belongs to one thread."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def where(self) -> str:
        """The database for people: its file, or its server and name."""

    @property
    def shared(self) -> bool:
        """Whether other machines may use it."""

    @property
    def connection(self) -> Connection:
        """Executes statements: within a transaction of this object in it, else each by itself."""

    def transaction(self, key: str) -> AbstractContextManager[Connection]:
        """Only one process at a time is in a transaction with the same key, so what is read in it stays true until it is committed."""

    def moment(self) -> AbstractContextManager[None]:
        """Reads within the block see one moment."""

    def octets(self) -> int:
        """Returns how much room the database takes."""

    def octets_of_log(self) -> int:
        """Returns how much of that is the log of recent changes."""

    def compact(self) -> bool:
        """Gives back the room that deleted rows took. Returns False if that can't be done now."""

    def close(self) -> None: ...


def opened(home: Path, url: str | None) -> Engine:
    """Opens the database, and migrates it up. `url`: None means SQLite in `home`. Raises `AideatorError`."""
    if url is None:
        from aideator_cli.store.sqlite import SQLiteEngine

        return SQLiteEngine.open(home)
    from aideator_cli.store.postgresql.engine import PostgreSQLEngine

    return PostgreSQLEngine.open(checked(url))


def moved(home: Path, url: str | None, target: int) -> tuple[int, int]:
    """Migrates the database up or down to this version of the schema. Returns the versions before and after. Raises `AideatorError`.

    The way down deletes what the steps on the way up have added.
    """
    lowest = 1 if url is None else POSTGRESQL_BEGAN
    if not lowest <= target <= VERSION:
        raise usage(f"this AIdeator knows no schema {target} of this database", hint=f"choose {lowest} to {VERSION}")
    if url is None:
        from aideator_cli.store.sqlite import SQLiteEngine

        return SQLiteEngine.moved(home, target)
    from aideator_cli.store.postgresql.engine import moved as moved_there

    return moved_there(checked(url), target)


def version_at(home: Path, url: str | None) -> tuple[str, int]:
    """Returns the database for people, and the version of its schema; 0 if it is empty. Raises `AideatorError`."""
    if url is None:
        from aideator_cli.store.sqlite import SQLiteEngine

        return SQLiteEngine.version_at(home)
    from aideator_cli.store.postgresql.glimpse import glimpse

    with glimpse(checked(url)) as found:
        return found.where, found.version


def checked(url: str) -> str:
    """Raises `AideatorError` (usage), which does not repeat the URL, because it may hold a password. Raises it, too, without psycopg."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise usage(
            "the database is no PostgreSQL URL", hint=f"AIDEATOR_DATABASE={FORM}; without it AIdeator uses SQLite"
        )
    if find_spec("psycopg") is None:
        raise usage("PostgreSQL needs psycopg, which is not installed", hint=adding("server"))
    return url
