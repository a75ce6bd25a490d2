"""What SQLite and PostgreSQL say differently. Everything else in the store's queries is common to them, with `?` for a value."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Protocol

EVENT = ("attempt", "seq", "after", "type", "time", "mark", "raw")
TOGETHER = 50  # rows per statement: other threads may run between two of them

_ROW = f"({', '.join('?' * len(EVENT))})"
_INSERT = f"insert into events({', '.join(EVENT)}) values "
_ANEW = " on conflict do nothing"
_ONE = _INSERT + _ROW + _ANEW
_SEVERAL = _INSERT + ", ".join([_ROW] * TOGETHER) + _ANEW


class Rows(Protocol):
    """What a statement returned."""

    @property
    def rowcount(self) -> int: ...
    @property
    def description(self) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    def execute(self, query: str, values: Sequence[Any] = ..., /) -> Rows: ...
    def executemany(self, query: str, rows: Sequence[Sequence[Any]], /) -> object: ...


class Dialect(Protocol):
    """Parts of queries. `path`: the names that lead to a value within a JSON document."""

    first_version: int  # a new database begins with `first_schema`; 0: with the first step
    first_schema: str
    page: int  # rows of a log that one query may return
    greatest: str  # the function that returns the greatest of its arguments
    is_distinct: str  # the operator that takes null for a value
    given_ids: str  # a table `picked(key, value)` made of one value, a JSON array of texts
    newest_event: str  # the query for the row of the newest event, which may be that of another run; takes the run
    by_row: str  # behind the name of a table that is to be read in the order of its rows: new ones, most often
    clock: str  # the database's time: RFC 3339, UTC, microseconds
    clock_later: str  # the same after a number of seconds, its one value

    def worded(self, script: str) -> str:
        """Returns a migration in this dialect."""

    def text(self, column: str, *path: str) -> str:
        """A text or number as text, null if it is missing or null; a list or object as JSON."""

    def number(self, column: str, *path: str) -> str: ...

    def is_null(self, column: str, *path: str) -> str:
        """Whether the value is JSON's null, and not missing."""

    def array(self, item: str) -> str:
        """The rows' values as a JSON array; `[]` for no rows."""

    def tuple(self, *items: str) -> str:
        """One row's values as a JSON array."""

    def octets(self, column: str) -> str:
        """The length in bytes."""

    def contains(self, text: str, part: str) -> str: ...

    def log_line(self, raw: bytes) -> str | bytes:
        """A line of a log as it is stored."""

    def document(self, text: str) -> str:
        """JSON as it is stored."""

    def insert_events(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Inserts rows of `EVENT`'s columns, in their order. Leaves existing ones as they are."""


class SQLite:
    first_version = 0
    first_schema = ""
    page = 1 << 62
    greatest = "max"
    is_distinct = "is not"
    given_ids = "json_each(?) as picked"
    newest_event = "select coalesce(max(id), 0) from events where ? <> ''"
    by_row = "not indexed"
    clock = "strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'"
    clock_later = "strftime('%Y-%m-%dT%H:%M:%f', 'now', ? || ' seconds') || '000Z'"

    def worded(self, script: str) -> str:
        return script.replace("ROWID", "integer primary key").replace("DOCUMENT", "text").replace("BYTES", "blob")

    def text(self, column: str, *path: str) -> str:
        return f"json_extract({column}, '$.{'.'.join(path)}')"

    number = text

    def is_null(self, column: str, *path: str) -> str:
        return f"json_type({column}, '$.{'.'.join(path)}') is 'null'"

    def array(self, item: str) -> str:
        return f"json_group_array({item})"

    def tuple(self, *items: str) -> str:
        return f"json_array({', '.join(items)})"

    def octets(self, column: str) -> str:
        return f"length(cast({column} as blob))"

    def contains(self, text: str, part: str) -> str:
        return f"instr({text}, {part}) > 0"

    def log_line(self, raw: bytes) -> str | bytes:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw

    def document(self, text: str) -> str:
        return text

    def insert_events(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        whole = len(rows) - len(rows) % TOGETHER
        for at in range(0, whole, TOGETHER):
            connection.execute(_SEVERAL, list(chain.from_iterable(rows[at : at + TOGETHER])))
        connection.executemany(_ONE, rows[whole:])
