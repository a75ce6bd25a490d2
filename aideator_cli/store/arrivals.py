"""A run's log in the order in which it was stored, for readers that continue where they were."""

from typing import TYPE_CHECKING, NamedTuple

from aideator_cli.store.database import Database

if TYPE_CHECKING:
    from aideator_cli.domain.events import Observation


class Arrived(NamedTuple):
    """An event as it is stored."""

    row: int  # grows in the order in which the run's events were stored
    variation: int
    attempt: str
    name: str  # the attempt's: the pod's
    type: str
    time: str  # RFC 3339, UTC; may be empty
    raw: bytes  # the agent's line


class Arrivals(Database):
    def span(self, run: str) -> tuple[int, int]:
        """Returns the rows of the run's first and newest event, or zeros if there is none."""
        query = "select coalesce(min(e.id), 0), coalesce(max(e.id), 0) from attempts a join events e on e.attempt = a.id where a.run = ?"
        first, last = self._connection.execute(query, (run,)).fetchone()
        return int(first), int(last)

    def arrived(self, run: str, after: int, upto: int, limit: int) -> list[Arrived]:
        """Returns at most `limit` events in the rows after one and up to another."""
        query = (
            f"select e.id, a.variation, a.id, a.name, e.type, e.time, e.raw from events e {self._dialect.by_row} "
            "join attempts a on a.id = e.attempt where e.id > ? and e.id <= ? and a.run = ? order by e.id limit ?"
        )
        rows = self._connection.execute(query, (after, upto, run, limit))
        return [
            Arrived(row, variation, attempt, name, kind, time, raw if isinstance(raw, bytes) else raw.encode())
            for row, variation, attempt, name, kind, time, raw in rows
        ]

    def observed(self, run: str, after: int) -> "list[tuple[int, Observation]]":
        """Returns the observations in the rows after this one, each with its row."""
        from aideator_cli.domain.events import Observation

        query = "select id, run, time, kind, text, variation, attempt from observations where run = ? and id > ? order by id"
        return [(int(row), Observation(*seen)) for row, *seen in self._connection.execute(query, (run, after))]
