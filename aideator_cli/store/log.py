"""The agents' events, and the observations about them."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aideator_cli.store.cursor import Cursor
from aideator_cli.store.database import Database
from aideator_cli.system.clock import now

if TYPE_CHECKING:
    from aideator_cli.domain.attempts import Attempt
    from aideator_cli.domain.events import Event, Observation
    from aideator_cli.domain.runs import StoredAttempt

BATCH = 500  # rows per commit
ALL_ROWS = (0, 2**63 - 1)

_ORDER = "coalesce(seq, after), seq is null, id"  # as the agent wrote them


class Log(Database):
    def open_attempt(self, attempt: "Attempt") -> int:
        """Records the attempt if it is new. Returns its number."""
        with self.transaction(attempt.run) as connection:
            connection.execute(
                "insert into attempts(id, run, variation, number, name, created) "
                "select ?, ?, ?, 1 + count(*), ?, ? from attempts where run = ? and variation = ? on conflict do nothing",
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

    def record(self, events: "Sequence[Event]", observations: "Sequence[Observation]") -> None:
        """Stores the rows, all of one run, in one transaction. Leaves existing rows as they are."""
        run = events[0].run if events else observations[0].run if observations else ""
        line = self._dialect.log_line
        rows = [(e.attempt, e.seq, e.after, e.type, e.time, e.mark, line(e.raw)) for e in events]
        seen = [(o.run, o.variation, o.attempt, o.time, o.kind, o.text) for o in observations]
        with self.transaction(run) as connection:
            self._dialect.insert_events(connection, rows)
            if seen:
                connection.executemany(
                    "insert into observations(run, variation, attempt, time, kind, text) values (?, ?, ?, ?, ?, ?)",
                    seen,
                )

    def newest(self, run: str) -> int:
        """Returns a row: the run's events up to it are stored, and later ones will be in greater rows. 0 if there is none."""
        return int(self._connection.execute(self._dialect.newest_event, (run,)).fetchone()[0])

    def events(
        self, attempt: "Attempt", types: tuple[str, ...] = (), *, rows: tuple[int, int] = ALL_ROWS
    ) -> Iterator["Event"]:
        """Yields events in the order in which the agent wrote them. Can be limited to some types, and to rows after one and up to
        another."""
        from aideator_cli.domain.events import parse, stray

        wanted = f"and type in ({','.join('?' * len(types))})" if types else ""
        query = (
            f"select seq, raw, mark, after, id from events where attempt = ? {wanted} and id > ? and id <= ? "
            f"{{}} order by {_ORDER} limit {self._dialect.page}"
        )
        values, on = (attempt.id, *types, *rows), ""
        last: tuple[object, ...] = ()
        while True:
            count = 0
            for seq, raw, mark, after, row in self._connection.execute(query.format(on), (*values, *last)):  # noqa: B007 - of the last one
                line = raw if isinstance(raw, bytes) else raw.encode()
                yield (stray if seq is None else parse)(attempt, line, mark, after)
                count += 1
            if count < self._dialect.page:
                return
            on, last = f"and ({_ORDER}) > (?, ?, ?)", (after if seq is None else seq, seq is None, row)

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
