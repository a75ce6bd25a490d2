"""Teams and their steps, and who moves a team on. A cluster holds a team's document with each of its runs, too."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from aideator_cli.domain.leases import Lease
from aideator_cli.store.database import Database
from aideator_cli.system.clock import now

if TYPE_CHECKING:
    from aideator_cli.domain.handing import Told
    from aideator_cli.domain.teams import Plan, Step, TeamRun

_COLUMNS = "id, document, state, reason, result, ended, owner, plan, server"


class Teams(Database):
    def add_team(self, team: "TeamRun", holder: str = "", host: str = "", seconds: float = 0.0) -> Lease:
        """Leaves a team that is known as it is. It belongs to this store's `owner`, and is `holder`'s to move on for so long."""
        with self.transaction(team.id) as connection:
            connection.execute(
                "insert into teams(id, created, document, state, reason, owner, server, holder, host, expires) "
                f"values (?, ?, ?, ?, '', ?, ?, ?, ?, {self._dialect.clock_later}) on conflict do nothing",
                (team.id, team.created, team.document(), team.state, self.owner, team.server, holder, host, seconds),
            )
        return Lease(team.id, holder, host, 0, "")

    def team(self, id_: str) -> "TeamRun | None":
        row = self._connection.execute(f"select {_COLUMNS} from teams where id = ?", (id_,)).fetchone()
        return None if row is None else _team(row)

    def teams(
        self, limit: int = -1, state: str | None = None, *, owner: str | None = None, after: "TeamRun | None" = None
    ) -> "list[TeamRun]":
        """Returns the teams, newest first: those that come after one, and of one user of the server, if that is wanted."""
        wanted: list[tuple[str, tuple[str, ...]]] = []
        if state is not None:
            wanted.append(("state = ?", (state,)))
        if owner is not None:
            wanted.append(("owner = ?", (owner,)))
        if after is not None:
            wanted.append(("(created < ? or (created = ? and id > ?))", (after.created, after.created, after.id)))
        these = f"where {' and '.join(condition for condition, _ in wanted)}" if wanted else ""
        most = "" if limit < 0 else f"limit {int(limit)}"
        query = f"select {_COLUMNS} from teams {these} order by created desc, id {most}"
        return [
            _team(row) for row in self._connection.execute(query, [value for _, values in wanted for value in values])
        ]

    def lost_results(self) -> set[str]:
        """Returns the teams whose result was deleted with its run."""
        query = (
            "select teams.id from teams join team_steps on team_steps.team = teams.id and teams.result like team_steps.run || ? "
            "where not exists (select 1 from runs where runs.id = team_steps.run)"
        )
        return {str(row[0]) for row in self._connection.execute(query, ("/%",))}

    def find_team(self, word: str) -> str | None:
        """Returns the id of the team that has this id, or the only one whose id begins so."""
        query = "select id from teams where substr(id, 1, ?) = ? order by id"
        found = [str(row[0]) for row in self._connection.execute(query, (len(word), word))] if word else []
        return word if word in found else found[0] if len(found) == 1 else None

    def end_team(self, id_: str, state: str, reason: str = "", result: str | None = None) -> None:
        """The first end stays."""
        with self.transaction(id_) as connection:
            connection.execute(
                "update teams set state = ?, reason = ?, result = ?, ended = ? where id = ? and state = 'running'",
                (state, reason, result, now(), id_),
            )

    def keep_team(self, team: "TeamRun", told: "Mapping[str, Told]") -> None:
        """Stores how a team is that a server moves on, and what came of its steps, by their keys. Its end stays."""
        plan = json.dumps(team.plan.as_json()) if team.plan else None
        with self.transaction(team.id) as connection:
            connection.executemany(
                "update team_steps set told = ? where team = ? and step = ?",
                [(json.dumps(asdict(each)), team.id, key) for key, each in told.items()],
            )
            connection.execute(
                "update teams set state = ?, reason = ?, result = ?, ended = ?, plan = ? where id = ? and state = 'running'",
                (team.state, team.reason, team.result, team.ended, plan, team.id),
            )

    def told(self, team: str) -> "dict[str, Told]":
        """Returns what `keep_team` has stored of the steps, by their keys."""
        from aideator_cli.domain.handing import Told

        query = "select step, told from team_steps where team = ? and told is not null"
        return {str(key): Told(**json.loads(told)) for key, told in self._connection.execute(query, (team,))}

    def set_plan(self, id_: str, plan: "Plan") -> None:
        """Keeps the plan that the team works by."""
        with self.transaction(id_) as connection:
            connection.execute("update teams set plan = ? where id = ?", (json.dumps(plan.as_json()), id_))

    def forget_team(self, id_: str) -> None:
        with self.transaction(id_) as connection:
            connection.execute("delete from teams where id = ?", (id_,))

    def add_step(self, step: "Step") -> None:
        with self.transaction(step.team) as connection:
            connection.execute(
                "insert into team_steps(team, step, run, begun) values (?, ?, ?, ?) on conflict do nothing",
                (step.team, step.key, step.run, step.begun),
            )

    def steps(self, team: str) -> "list[Step]":
        """Returns the steps in the order in which they began."""
        from aideator_cli.domain.teams import Step

        query = "select team, step, run, begun from team_steps where team = ? order by begun, step"
        return [Step(*row) for row in self._connection.execute(query, (team,))]

    def step_of_run(self, run: str) -> "Step | None":
        """Returns the step that a run is."""
        from aideator_cli.domain.teams import Step

        query = "select team, step, run, begun from team_steps where run = ?"
        row = self._connection.execute(query, (run,)).fetchone()
        return Step(*row) if row else None

    # Who moves it on

    def lease_team(
        self, team: str, holder: str, host: str, seconds: float, *, from_: str | None = None
    ) -> Lease | None:
        """Gives the team to `holder`, also if it is that of the holder `from_`, which is known to be gone. None: another has it."""
        clock = self._dialect
        with self.transaction(team) as connection:
            given = connection.execute(
                f"update teams set holder = ?, host = ?, fence = fence + 1, expires = {clock.clock_later} "
                f"where id = ? and state = 'running' and (expires <= {clock.clock} or holder = ?)",
                (holder, host, seconds, team, from_ or holder),
            )
            if given.rowcount < 1:
                return None
            query = "select id, holder, host, fence, expires from teams where id = ?"
            return Lease(*connection.execute(query, (team,)).fetchone())

    def renew_team(self, lease: Lease, seconds: float) -> bool:
        """Returns False if another process has got the team since, or if it is over."""
        with self.transaction(lease.run) as connection:
            kept = connection.execute(
                f"update teams set expires = {self._dialect.clock_later} where id = ? and fence = ? and state = 'running'",
                (seconds, lease.run, lease.fence),
            )
            return kept.rowcount == 1

    def give_team_back(self, lease: Lease) -> None:
        with self.transaction(lease.run) as connection:
            connection.execute("update teams set expires = '' where id = ? and fence = ?", (lease.run, lease.fence))

    def mover(self, team: str) -> tuple[str, str] | None:
        """Returns the process that moves the team on, and its host, as far as its lease counts."""
        query = f"select holder, host from teams where id = ? and expires > {self._dialect.clock}"
        row = self._connection.execute(query, (team,)).fetchone()
        return (str(row[0]), str(row[1])) if row else None


def _team(row: Sequence[Any]) -> "TeamRun":
    from aideator_cli.domain.teams import Plan, TeamRun

    id_, document, state, reason, result, ended, owner, plan, server = row
    known = TeamRun.of(id_, document)
    made = Plan.from_json(json.loads(plan)) if plan else None
    return replace(known, state=state, reason=reason, result=result, plan=made, ended=ended, owner=owner, server=server)
