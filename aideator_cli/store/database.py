"""What every part of the store is made on: statements, and transactions that any number of processes may make at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from aideator_cli.domain.leases import Lease
from aideator_cli.store.away import LeaseLost
from aideator_cli.store.dialect import Connection, Dialect
from aideator_cli.store.engine import Engine, opened


class Database:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lease: Lease | None = None  # under which it writes
        self.owner: str | None = None  # of the runs that it adds: see `owned_by`

    @classmethod
    def open(cls, home: Path, url: str | None = None) -> Self:
        """Opens the store: SQLite in this folder, or PostgreSQL at the URL. Creates or migrates it if needed. Refuses a newer schema."""
        return cls(opened(home, url))

    @staticmethod
    def exists(home: Path, url: str | None = None) -> bool:
        """Returns whether there may be anything in the store. Makes none."""
        from aideator_cli.store.sqlite import FILE

        return url is not None or (home / FILE).exists()

    @contextmanager
    def owned_by(self, owner: str | None) -> Iterator[None]:
        """The runs that are added within it belong to this user."""
        self.owner = owner
        try:
            yield
        finally:
            self.owner = None

    @property
    def shared(self) -> bool:
        """Whether other machines may use it."""
        return self._engine.shared

    @property
    def where(self) -> str:
        """The database for people: its file, or its server and name."""
        return self._engine.where

    @property
    def _connection(self) -> Connection:
        return self._engine.connection

    @property
    def _dialect(self) -> Dialect:
        return self._engine.dialect

    def ping(self) -> None:
        """Raises `AideatorError` if the database does not answer."""
        self._connection.execute("select 1")

    def close(self) -> None:
        self._engine.close()

    @contextmanager
    def transaction(self, run: str = "") -> Iterator[Connection]:
        """Only one process at a time is in a transaction for the same run. Nothing may be read in it of another run and relied on.

        Raises `LeaseLost` if the store writes under a lease that no longer counts.
        """
        lease = self._lease
        with self._engine.transaction(run or (lease.run if lease else "")) as connection:
            if lease is not None and run in ("", lease.run):
                row = connection.execute("select fence from leases where run = ?", (lease.run,)).fetchone()
                if row is None or row[0] != lease.fence:
                    raise LeaseLost(lease.run)
            yield connection

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Reads within the block see one moment, whatever other processes write meanwhile."""
        with self._engine.moment():
            yield

    def _rows(self, query: str, *values: object) -> Iterator[dict[str, Any]]:
        cursor = self._connection.execute(query, values)
        names = [column[0] for column in cursor.description]
        return (dict(zip(names, row, strict=True)) for row in cursor)
