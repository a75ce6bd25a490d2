"""What PostgreSQL says in its own way."""

import re
from collections.abc import Sequence
from typing import Any

from aideator_cli.store.dialect import EVENT, Connection
from aideator_cli.store.documents import document
from aideator_cli.store.migrations import POSTGRESQL_BEGAN
from aideator_cli.store.postgresql.schema import SCHEMA

_WORDS = {
    "ROWID": "bigint generated always as identity primary key",
    "TEXT": 'text collate "C"',
    "DOCUMENT": "jsonb",
    "BYTES": "bytea",
    "BIGINT": "bigint",
    "REAL": "double precision",
    "BOOLEAN": "boolean",
}
_NOW = """to_char(({}) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""

_TYPES = {"seq": "bigint", "after": "bigint", "raw": "bytea"}  # the others are texts
_ARRAYS = ", ".join(f"?::{_TYPES.get(name, 'text')}[]" for name in EVENT)
_INSERT = f"insert into events({', '.join(EVENT)}) select * from unnest({_ARRAYS}) on conflict do nothing"


class PostgreSQL:
    first_version = POSTGRESQL_BEGAN
    first_schema = SCHEMA
    page = 2000
    greatest = "greatest"
    is_distinct = "is distinct from"
    given_ids = "jsonb_array_elements_text(?::jsonb) with ordinality as picked(value, key)"
    newest_event = """
        select coalesce(max(e.id), 0) from attempts a
        cross join lateral (select id from events where attempt = a.id order by id desc limit 1) e where a.run = ?
    """  # that of the run alone: ids of other runs may be given, and not yet committed
    by_row = ""
    clock = _NOW.format("clock_timestamp()")
    clock_later = _NOW.format("clock_timestamp() + make_interval(secs => ?::double precision)")

    def worded(self, script: str) -> str:
        return re.sub(rf"\b({'|'.join(_WORDS)})\b", lambda found: _WORDS[found[1]], script)

    def text(self, column: str, *path: str) -> str:
        return f"({column} #>> '{{{','.join(path)}}}')"

    def number(self, column: str, *path: str) -> str:
        return f"({column} #>> '{{{','.join(path)}}}')::double precision"

    def is_null(self, column: str, *path: str) -> str:
        return f"coalesce(jsonb_typeof({column} #> '{{{','.join(path)}}}') = 'null', false)"

    def array(self, item: str) -> str:
        return f"coalesce(jsonb_agg({item}), '[]')"

    def tuple(self, *items: str) -> str:
        return f"jsonb_build_array({', '.join(items)})"

    def octets(self, column: str) -> str:
        return f"octet_length({column})"

    def contains(self, text: str, part: str) -> str:
        return f"strpos({text}, {part}) > 0"

    def log_line(self, raw: bytes) -> str | bytes:
        return raw

    def document(self, text: str) -> str:
        return document(text)

    def insert_events(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        if rows:  # one statement with a value for each column, whatever the number of rows: it is planned once
            connection.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
