"""The agents' events, and the observations about them."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING

from aideator_cli.store.cursor import Cursor
from aideator_cli.store.database import Database
from aideator_cli.system.clock import now

if TYPE_CHECKING:
    from aideator_cli.domain.attempts import Attempt
    from aideator_cli.domain.events import Event, Observation
    from aideator_cli.domain.runs import StoredAttempt

BATCH = 500  # rows per commit
TOGETHER = 50  # rows per statement: other threads may run between two of them
ALL_ROWS = (0, 2**63 - 1)

_ROW = "(?, ?, ?, ?, ?, ?, ?)"
_INSERT = f"insert or ignore into events(attempt, seq, after, type, time, mark, raw) values {_ROW}"
_INSERT_TOGETHER = _INSERT + f", {_ROW}" * (TOGETHER - 1)


class Log(Database):
    def open_attempt(self, attempt: "Attempt") -> int:
        """Records the attempt if it is new. Returns its number."""
        with self.transaction() as connection:
            connection.execute(
                "insert or ignore into attempts(id, run, variation, number, name, created) "
                "select ?, ?, ?, 1 + count(*), ?, ? from attempts where run = ? and variation = ?",
                (
                    attempt.id,
                    attempt.run,
                    attempt.variation,
                    attempt.name,
                    attempt.created,
                    attempt.run,
                    attempt.variation,
                ),
            )
            row = connection.execute("select number from attempts where id = ?", (attempt.id,)).fetchone()
        return int(row[0])

    def close_attempt(self, attempt: str, verdict: str | None = None, text: str | None = None) -> None:
        """Marks the attempt as read completely. `verdict` is set if it left no `end`."""
        with self.transaction() as connection:
            connection.execute(
                "update attempts set closed = ?, verdict = ?, verdict_text = ? where id = ? and closed is null",
                (now(), verdict, text, attempt),
            )

    def attempts(self, run: str) -> "list[StoredAttempt]":
        from aideator_cli.store.rows import stored_attempt

        query = "select * from attempts where run = ? order by variation, number"
        return [stored_attempt(row) for row in self._rows(query, run)]

    def record(self, events: Iterable["Event"], observations: Iterable["Observation"]) -> None:
        """Stores the rows in one transaction. Leaves existing rows as they are."""
        rows = [(e.attempt, e.seq, e.after, e.type, e.time, e.mark, _text(e.raw)) for e in events]
        seen = [(o.run, o.variation, o.attempt, o.time, o.kind, o.text) for o in observations]
        with self.transaction() as connection:
            whole = len(rows) - len(rows) % TOGETHER
            for at in range(0, whole, TOGETHER):
                connection.execute(_INSERT_TOGETHER, list(chain.from_iterable(rows[at : at + TOGETHER])))
            connection.executemany(_INSERT, rows[whole:])
            if seen:
                connection.executemany(
                    "insert into observations(run, variation, attempt, time, kind, text) values (?, ?, ?, ?, ?, ?)",
                    seen,
                )

    def newest(self) -> int:
        """Returns the row of the newest event of any run, or 0 if there is none."""
        return int(self._connection.execute("select coalesce(max(id), 0) from events").fetchone()[0])

    def events(
        self, attempt: "Attempt", types: tuple[str, ...] = (), *, rows: tuple[int, int] = ALL_ROWS
    ) -> Iterator["Event"]:
        """Yields events in the order in which the agent wrote them. Can be limited to some types, and to rows after one and up to
        another."""
        from aideator_cli.domain.events import parse, stray

        wanted = f"and type in ({','.join('?' * len(types))})" if types else ""
        query = (
            f"select seq, raw, mark, after from events where attempt = ? {wanted} and id > ? and id <= ? "
            "order by coalesce(seq, after), seq is null, id"
        )
        for seq, raw, mark, after in self._connection.execute(query, (attempt.id, *types, *rows)):
            line = raw if isinstance(raw, bytes) else raw.encode()
            yield (stray if seq is None else parse)(attempt, line, mark, after)

    def cursor(self, attempt: str) -> Cursor:
        top, count = self._connection.execute(
            "select max(seq), count(seq) from events where attempt = ?", (attempt,)
        ).fetchone()
        next_seq = 0 if top is None else top + 1
        missing: frozenset[int] = frozenset()
        if count < next_seq:
            have = {
                row[0]
                for row in self._connection.execute(
                    "select seq from events where attempt = ? and seq is not null", (attempt,)
                )
            }
            missing = frozenset(range(next_seq)) - have
        row = self._connection.execute(
            "select seq from events where attempt = ? and type = 'end'", (attempt,)
        ).fetchone()
        return Cursor(next_seq, missing, self._newest_mark(attempt, next_seq - 1), row[0] if row else None)

    def _newest_mark(self, attempt: str, top: int) -> str | None:
        """Returns the mark of the last line in the log's order. The greatest mark may be older than a clock that was set back."""
        row = self._connection.execute(
            "select mark from events where attempt = ? and (seq = ? or (seq is null and after = ?)) "
            "order by seq is null desc, id desc limit 1",
            (attempt, top, top),
        ).fetchone()
        return row[0] if row else None

    def observations(self, run: str) -> list["Observation"]:
        from aideator_cli.domain.events import Observation

        query = "select run, time, kind, text, variation, attempt from observations where run = ? order by id"
        return [Observation(**row) for row in self._rows(query, run)]


def _text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw
