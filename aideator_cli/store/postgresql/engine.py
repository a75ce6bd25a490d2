"""PostgreSQL as a database of the store."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any, Final, Self

from aideator_cli.store import migrations
from aideator_cli.store.postgresql.address import Address
from aideator_cli.store.postgresql.dialect import PostgreSQL
from aideator_cli.store.postgresql.pool import Plain, Pool

_MIGRATING: Final = 0x41494445  # the key of the lock
_pools: dict[str, Pool] = {}  # by URL
_pools_lock = threading.Lock()


class Result:
    """The rows of one statement. They are here as a whole, and hold no connection."""

    def __init__(self, rowcount: int, description: Any, rows: list[Any]) -> None:
        self.rowcount = rowcount
        self.description = description
        self._rows = iter(rows)

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return self._rows


class Lent:
    """The statements of one connection."""

    def __init__(self, borrow: Callable[[], AbstractContextManager[Plain]]) -> None:
        self._borrow = borrow

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Result:
        with self._borrow() as connection:
            cursor = connection.execute(_translated(query), values)
            rows = cursor.fetchall() if cursor.description else []
            return Result(cursor.rowcount, cursor.description, rows)

    def executemany(self, query: str, rows: Sequence[Sequence[Any]], /) -> None:
        if rows:
            with self._borrow() as connection, connection.cursor() as cursor:
                cursor.executemany(_translated(query), rows)


class PostgreSQLEngine:
    dialect = PostgreSQL()
    shared = True

    def __init__(self, pool: Pool, address: Address) -> None:
        self._pool = pool
        self.where = str(address)
        self.connection = Lent(self._borrowed)
        self._held: Plain | None = None  # while this object is in a transaction

    @classmethod
    def open(cls, url: str) -> Self:
        """Migrates the database to this version; creates its tables if it is empty. Refuses a newer schema. Raises `AideatorError`."""
        address = Address(url)
        with _pools_lock:
            if url not in _pools:
                _pools[url] = Pool(address, lambda connection: _migrated(connection, address))
        with _pools[url].connection():  # what is wrong is told at once
            return cls(_pools[url], address)

    def close(self) -> None:
        """Nothing: its connections belong to the process."""

    @contextmanager
    def transaction(self, key: str) -> Iterator[Lent]:
        with self._begun("begin") as connection:
            connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
            yield self.connection

    @contextmanager
    def moment(self) -> Iterator[None]:
        with self._begun("begin isolation level repeatable read read only"):
            yield

    def octets(self) -> int:
        return int(self.connection.execute("select pg_database_size(current_database())").fetchone()[0])

    def octets_of_log(self) -> int:
        return 0

    def compact(self) -> bool:
        """PostgreSQL keeps the room for new rows."""
        self.connection.execute("vacuum events")
        return True

    def _borrowed(self) -> AbstractContextManager[Plain]:
        return self._pool.connection() if self._held is None else nullcontext(self._held)

    @contextmanager
    def _begun(self, begin: str) -> Iterator[Plain]:
        assert self._held is None
        with self._pool.connection() as connection:
            self._held = connection
            try:
                connection.execute(begin.encode())
                yield connection
                connection.execute("commit")
            finally:  # after an error the connection is closed, which ends the transaction
                self._held = None


def moved(url: str, target: int) -> tuple[int, int]:
    address = Address(url)
    pool = Pool(address, lambda _: None)
    with pool.connection() as connection:
        before = _migrated(connection, address, target)
    pool.close()
    forget(url)
    return before, target


def forget(url: str) -> None:
    """Closes this process' idle connections to the database, and looks at its schema again at the next use."""
    with _pools_lock:
        pool = _pools.pop(url, None)
    if pool is not None:
        pool.close()


def version_of(connection: Plain) -> int:
    connection.execute("create table if not exists aideator_schema (version integer not null)")
    row = connection.execute("select max(version) from aideator_schema").fetchone()
    return int(row[0] or 0) if row else 0


def _migrated(connection: Plain, address: Address, target: int = migrations.VERSION) -> int:
    """Returns the version before."""
    known = connection.execute("select to_regclass('aideator_schema')").fetchone()
    if known and known[0] is not None and version_of(connection) == target:
        return target
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (_MIGRATING,))
        version = version_of(connection)
        if version > migrations.VERSION:
            raise migrations.newer(str(address), version)
        migrations.move(
            lambda statement: connection.execute(statement.encode()), PostgreSQLEngine.dialect, version, target
        )
        connection.execute("delete from aideator_schema")
        connection.execute("insert into aideator_schema values (%s)", (target,))
        return version


@lru_cache(maxsize=512)
def _translated(query: str) -> bytes:
    return query.replace("%", "%%").replace("?", "%s").encode()
