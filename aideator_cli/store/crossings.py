"""What referees found out by running each variation's tests on the others' patches. Exists only here."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aideator_cli.store.database import Database
from aideator_cli.system.clock import now

if TYPE_CHECKING:
    from aideator_agent.spec import RunSpec
    from aideator_cli.domain.crossing import Crossing


class Crossings(Database):
    """`patches` is a key for the patches that were tried."""

    def begin_crossing(self, run: str, patches: str, referee: "RunSpec") -> "RunSpec":
        """Records the referee, and returns it; or returns the one that another process has recorded."""
        with self.transaction(run) as connection:
            connection.execute(
                "insert into crossings(run, patches, referee, spec, time) values (?, ?, ?, ?, ?) on conflict do nothing",
                (run, patches, referee.id, referee.to_json(), now()),
            )
        return self.pending_crossing(run, patches) or referee

    def pending_crossing(self, run: str, patches: str) -> "RunSpec | None":
        """Returns the referee that is at work."""
        from aideator_agent.spec import RunSpec

        query = "select spec from crossings where run = ? and patches = ? and result is null"
        row = self._connection.execute(query, (run, patches)).fetchone()
        return RunSpec.from_json(row[0]) if row else None

    def end_crossing(self, run: str, patches: str, crossing: "Crossing") -> None:
        """Stores the outcome. The first one stays."""
        with self.transaction(run) as connection:
            connection.execute(
                "update crossings set result = ?, time = ? where run = ? and patches = ? and result is null",
                (json.dumps(crossing.as_json()), now(), run, patches),
            )

    def forget_crossing(self, run: str, patches: str, referee: str) -> None:
        """Removes a referee that left no outcome."""
        with self.transaction(run) as connection:
            connection.execute(
                "delete from crossings where run = ? and patches = ? and referee = ? and result is null",
                (run, patches, referee),
            )

    def crossing(self, run: str, patches: str | None = None) -> "Crossing | None":
        """Returns the outcome for these patches, else the newest outcome."""
        from aideator_cli.domain.crossing import Crossing

        these = "" if patches is None else "and patches = ?"
        query = f"select result from crossings where run = ? and result is not null {these} order by time desc limit 1"
        row = self._connection.execute(query, (run,) if patches is None else (run, patches)).fetchone()
        return Crossing.from_json(json.loads(row[0])) if row else None

    def outcome(self, run: str) -> "dict[str, Any] | None":
        """Returns the newest outcome with its key, for another store: `patches`, `referee`, `spec`, `time`, `result`."""
        query = (
            "select patches, referee, spec, time, result from crossings where run = ? and result is not null "
            "order by time desc limit 1"
        )
        return next(self._rows(query, run), None)

    def keep_outcome(self, run: str, outcome: "Mapping[str, Any]") -> None:
        """Stores what another store has found out, unless it is known."""
        row = {name: outcome[name] for name in ("patches", "referee", "spec", "time", "result")}
        with self.transaction(run) as connection:
            connection.execute(
                "insert into crossings(run, patches, referee, spec, time, result) values (?, ?, ?, ?, ?, ?) on conflict do nothing",
                (run, *row.values()),
            )

    def referees(self, run: str) -> list[str]:
        """Returns the ids of the referees that have left no outcome yet."""
        query = "select referee from crossings where run = ? and result is null"
        return [str(row[0]) for row in self._connection.execute(query, (run,))]
