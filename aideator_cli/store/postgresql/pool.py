"""The connections of this process to one database, which all its threads share.

A connection is lent for one statement or one transaction. One that failed is closed, and the next use opens another, so a server that went
away and came back needs no restart of this process.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg
import psycopg.errors
from psycopg.types.string import BytesBinaryDumper, StrBinaryDumper, StrDumperUnknown, TextLoader

from aideator_cli.errors import AideatorError
from aideator_cli.store.away import DatabaseAway
from aideator_cli.store.documents import storable
from aideator_cli.store.postgresql.address import Address

Plain = psycopg.Connection[tuple[Any, ...]]

MOST: Final = 16  # connections; PostgreSQL allows 100 in all by default, and several replicas share them
PATIENCE: Final = 10.0  # seconds to wait for one that is free, and for a server that does not answer
SLOW_SECONDS: Final = 1.0  # after which a server that can't be reached holds up too many who ask
AGAIN_SECONDS: Final = 0.5  # between two tries to reach such a one: whoever comes meanwhile is told at once
_IDLE: Final = (
    60_000  # milliseconds, after which the server ends a transaction that its process has forgotten, or could not end
)
_AWAY: Final = (
    psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction,
    psycopg.errors.IdleInTransactionSessionTimeout,
)  # fmt: skip # a standby that has not taken over yet is away, too
_KEPT_ALIVE: Final = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


class Text(StrDumperUnknown):
    def dump(self, obj: str) -> Any:
        return super().dump(storable(obj) if "\0" in obj or not obj.isascii() else obj)


class TextInArrays(StrBinaryDumper):
    def dump(self, obj: str) -> Any:
        return super().dump(storable(obj) if "\0" in obj or not obj.isascii() else obj)


class Pool:
    def __init__(self, address: Address, prepare: Callable[[Plain], object]) -> None:
        """`prepare` is called with the first connection, and again with the first after the server was away."""
        self._address = address
        self._prepare = prepare
        self._prepared = False
        self._away: str | None = None  # why the last try to reach the server failed, if that took long
        self._tries_at = 0.0  # monotonic: from when on it may be tried again
        self._idle: list[Plain] = []
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(MOST)

    @contextmanager
    def connection(self) -> Iterator[Plain]:
        """Lends a connection. Raises `DatabaseAway` if the server can't be reached, or breaks the connection within the block."""
        if not self._room.acquire(timeout=PATIENCE):
            raise DatabaseAway(f"all {MOST} connections to the database {self._address} are in use")
        try:
            connection = self._ready()
            try:
                yield connection
            except BaseException as error:
                self._drop(connection, all_of_them=isinstance(error, _AWAY))
                raise
            with self._lock:
                self._idle.append(connection)
        except _AWAY as error:
            raise DatabaseAway(f"the database {self._address} can't be used: {self._said(error)}") from error
        except psycopg.Error as error:
            raise AideatorError(f"the database {self._address} refused a statement: {self._said(error)}") from error
        finally:
            self._room.release()

    def close(self) -> None:
        with self._lock:
            idle, self._idle, self._prepared = self._idle, [], False
        for connection in idle:
            connection.close()

    def _ready(self) -> Plain:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._reached()
            if _lives(connection):
                return connection
            connection.close()

    def _reached(self) -> Plain:
        """Opens a connection. If the server does not even refuse, one of those who come tries, for all."""
        began = time.monotonic()
        with self._lock:
            if self._away is not None and began < self._tries_at:
                raise psycopg.OperationalError(self._away)
            self._tries_at = began + PATIENCE + AGAIN_SECONDS
        away = None
        try:
            return self._opened()
        except psycopg.Error as error:
            ended = time.monotonic()
            if ended - began > SLOW_SECONDS:
                away, self._tries_at = str(error), ended + AGAIN_SECONDS
            raise
        finally:
            self._away = away

    def _opened(self) -> Plain:
        options = {name: value for name, value in _KEPT_ALIVE.items() if name not in self._address.parts}
        if "connect_timeout" not in self._address.parts:
            options["connect_timeout"] = int(PATIENCE)
        connection = psycopg.connect(self._address.url, autocommit=True, application_name="aideator", **options)  # type: ignore[arg-type]
        connection.adapters.register_dumper(str, TextInArrays)
        connection.adapters.register_dumper(str, Text)  # the last one counts where either would do
        connection.adapters.register_dumper(bytes, BytesBinaryDumper)
        connection.adapters.register_loader("jsonb", TextLoader)
        try:
            connection.execute(f"set idle_in_transaction_session_timeout = {_IDLE}")
            if not self._prepared:
                self._prepare(connection)
                self._prepared = True
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop(self, connection: Plain, *, all_of_them: bool) -> None:
        with contextlib.suppress(psycopg.Error):
            connection.close()
        if all_of_them:
            self.close()

    def _said(self, error: psycopg.Error) -> str:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        return self._address.hidden_in(lines[0])


def _lives(connection: Plain) -> bool:
    """Whether the server still holds its end. A connection that nobody uses gets no data, but the end of it."""
    import select

    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
