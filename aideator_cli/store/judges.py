"""The judges that servers let work: one of a run at a time. The right to work ends by the database's clock unless it is renewed."""

import json
from collections.abc import Mapping
from typing import Any

from aideator_cli.domain.asked_judges import AskedJudge, State
from aideator_cli.store.database import Database
from aideator_cli.system.clock import now


class Judges(Database):
    def begin_judge(self, judge: AskedJudge, seconds: float) -> bool:
        """Makes it the run's judge. Returns False if another one works, or if there is no such run."""
        clock = self._dialect
        values = (
            judge.run,
            judge.id,
            judge.owner,
            json.dumps(judge.asked),
            json.dumps(judge.told),
            judge.begun,
            seconds,
        )
        with self.transaction(judge.run) as connection:
            if connection.execute("select 1 from runs where id = ?", (judge.run,)).fetchone() is None:
                return False
            begun = connection.execute(
                "insert into judges(run, id, owner, asked, state, told, begun, ended, expires) "
                f"values (?, ?, ?, ?, 'working', ?, ?, null, {clock.clock_later}) on conflict (run) do update set id = excluded.id, "
                "owner = excluded.owner, asked = excluded.asked, state = excluded.state, told = excluded.told, "
                "begun = excluded.begun, ended = null, expires = excluded.expires "
                f"where judges.state <> 'working' or judges.expires <= {clock.clock}",
                values,
            )
            return begun.rowcount == 1

    def judge(self, run: str) -> AskedJudge | None:
        """Returns the last one of the run."""
        state = f"case when state = 'working' and expires <= {self._dialect.clock} then 'lost' else state end as state"
        query = f"select id, run, owner, asked, {state}, told, begun, ended from judges where run = ?"
        row = next(self._rows(query, run), None)
        if row is None:
            return None
        return AskedJudge(**{**row, "asked": json.loads(row["asked"]), "told": json.loads(row["told"])})

    def renew_judge(self, run: str, judge: str, seconds: float) -> bool:
        """Returns False if it is no longer the one that works: it was stopped, another has begun, or the run was deleted."""
        with self.transaction(run) as connection:
            kept = connection.execute(
                f"update judges set expires = {self._dialect.clock_later} where run = ? and id = ? and state = 'working'",
                (seconds, run, judge),
            )
            return kept.rowcount == 1

    def note_judge(self, run: str, judge: str, told: Mapping[str, Any]) -> None:
        """Stores what it has said so far."""
        with self.transaction(run) as connection:
            connection.execute("update judges set told = ? where run = ? and id = ?", (json.dumps(told), run, judge))

    def end_judge(self, run: str, judge: str, state: State, told: Mapping[str, Any] | None = None) -> bool:
        """`told`: what it says at its end; None: what it has said so far.

        Returns False if it had ended, or is not the last one of the run.
        """
        said = None if told is None else json.dumps(told)
        with self.transaction(run) as connection:
            ended = connection.execute(
                "update judges set state = ?, ended = ?, told = coalesce(?, told) where run = ? and id = ? and state = 'working'",
                (state, now(), said, run, judge),
            )
            return ended.rowcount == 1

    def forget_judge(self, run: str, judge: str) -> None:
        """Removes one that could not begin."""
        with self.transaction(run) as connection:
            connection.execute("delete from judges where run = ? and id = ?", (run, judge))
