"""Runs, and the number of submissions of each variation."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aideator_cli.domain.glance import Glance, Wanted
from aideator_cli.errors import not_found, usage
from aideator_cli.store.database import Database
from aideator_cli.store.dialect import Connection
from aideator_cli.store.glances import glances, tags
from aideator_cli.system.clock import now
from aideator_cli.system.host import this_host

if TYPE_CHECKING:
    from aideator_agent.spec import RunSpec
    from aideator_cli.domain.runs import Place, StoredRun

ALL = Wanted()


class Runs(Database):
    def add_run(
        self,
        spec: "RunSpec",
        place: "Place",
        *,
        state: str = "submitting",
        repository_path: Path | None = None,
        found: bool = False,
        cluster_user: str | None = None,
    ) -> None:
        """`found`: on a cluster; another machine has started it, and perhaps `cluster_user`, who is another user there.

        It belongs to this store's `owner`.
        """
        host = place.host or (this_host() if place.backend == "local" and self.shared else None)
        with self.transaction(spec.id) as connection:
            connection.execute(
                "insert into runs(id, created, backend, context, namespace, where_text, repository_path, spec, state, repository, answer, "
                "found, host, owner, cluster_user) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
                (spec.id, spec.created, place.backend, place.context, place.namespace, place.where,
                 str(repository_path) if repository_path else None, self._dialect.document(spec.to_json()), state,
                 spec.repository.url, spec.answer, found, host, self.owner, cluster_user),
            )  # fmt: skip
            connection.executemany(
                "insert into variations(run, number, model, role, temperature, prompt_name, agent) "
                "values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
                [
                    (spec.id, v.number, v.model, v.role, v.temperature, v.prompt_name, v.agent_name)
                    for v in spec.variations
                ],
            )

    def forget_run(self, run: str) -> None:
        """A team that has ended goes with the last of its runs."""
        with self.transaction(run) as connection:
            connection.execute("delete from runs where id = ?", (run,))
            connection.execute(
                "delete from teams where state != 'running' and id in (select team from team_steps where run = ?) "
                "and not exists (select 1 from team_steps join runs on runs.id = team_steps.run where team_steps.team = teams.id)",
                (run,),
            )

    def set_state(self, run: str, state: str, ended: str | None = None) -> None:
        """`ended`: RFC 3339, UTC, when somebody else saw it end; None: it is seen now."""
        with self.transaction(run) as connection:
            known = "ended" if ended is None else "null"
            connection.execute(
                f"update runs set state = ?, ended = case when ? = 'ended' then coalesce({known}, ?) end where id = ?",
                (state, state, ended or now(), run),
            )

    def run(self, run: str) -> "StoredRun | None":
        from aideator_cli.store.rows import stored_run

        row = next(self._rows(f"select *, {tags(self._dialect)} from runs where id = ?", run), None)
        return stored_run(row) if row else None

    def glances(self, limit: int, wanted: Wanted = ALL) -> list[Glance]:
        """Returns what a list shows of the runs."""
        return list(glances(self._connection, self._dialect, limit, wanted))

    def runs(self, limit: int | None = None, wanted: Wanted = ALL) -> "list[StoredRun]":
        from aideator_cli.store.picking import picked

        # Sorting whole rows takes ten times as long
        return self._runs(picked(self._connection, self._dialect, wanted, -1 if limit is None else limit))

    def these(self, runs: Sequence[str]) -> "list[StoredRun]":
        """Returns the runs with these ids in the same order, without those that are gone."""
        return self._runs(json.dumps([*runs]))

    def _runs(self, ids: str) -> "list[StoredRun]":
        """`ids`: a JSON array."""
        from aideator_cli.store.rows import stored_run

        words = self._dialect
        query = f"select runs.*, {tags(words)} from {words.given_ids} join runs on runs.id = picked.value order by picked.key"
        return [stored_run(row) for row in self._rows(query, ids)]

    def order(self, wanted: Wanted) -> list[str]:
        """Returns the ids of all runs that are wanted, in their order."""
        from aideator_cli.store.picking import picked

        return list(json.loads(picked(self._connection, self._dialect, wanted, -1)))

    def at_work(self, backend: str) -> list[str]:
        """Returns the runs in this backend that had not ended when they were last seen, the newest first."""
        query = "select id from runs where backend = ? and state <> 'ended' order by created desc, id"
        return [str(row[0]) for row in self._connection.execute(query, (backend,))]

    def find(self, name: str) -> str | None:
        """Returns the id for a user's word: an id, a name, a unique prefix of an id, or @last. Raises if it is ambiguous. None if no run
        matches. A prefix and @last find no run of another user of the cluster. With one name, a run of this store's `owner` comes
        before those of others."""
        if name == "@last":
            query = "select id from runs where cluster_user is null order by created desc, rowid desc limit 1"
            row = next(self._rows(query), None)
            if row is None:
                raise not_found("there are no runs yet", hint="aideator run REPO PROMPT")
            return str(row["id"])
        if next(self._rows("select id from runs where id = ?", name), None) is not None:
            return name
        called = list(self._rows("select id, owner from runs where name = ? order by id", name))
        own = [row for row in called if row["owner"] == self.owner]
        named = [str(row["id"]) for row in own or called]
        if len(named) > 1:
            raise usage(f"several runs are called {name}: {', '.join(named[:8])}", hint="use the id of one")
        if named:
            return named[0]
        query = "select id from runs where substr(id, 1, ?) = ? and cluster_user is null order by id"
        rows = [str(row["id"]) for row in self._rows(query, len(name), name)]
        if len(rows) > 1:
            raise usage(f"{name} matches several runs: {', '.join(rows[:8])}", hint="give more letters of the id")
        return next(iter(rows), None)

    # Submissions

    def submissions(self, run: str) -> dict[int, int]:
        """Returns how often each variation was submitted, as far as this machine knows."""
        query = "select number, submissions from variations where run = ?"
        return dict(self._connection.execute(query, (run,)).fetchall())

    def claim(self, run: str, submissions: Mapping[int, int]) -> bool:
        """Claims these submission numbers. Returns False, and claims none, if another process has claimed one of them."""
        with self.transaction(run):
            known = self.submissions(run)
            if any(known.get(number, 0) >= submission for number, submission in submissions.items()):
                return False
            self._set_submissions(run, submissions)
        return True

    def release(self, run: str, variation: int, submission: int) -> None:
        """Releases a claimed number that the claiming process did not use."""
        with self.transaction(run) as connection:
            connection.execute(
                "update variations set submissions = ? where run = ? and number = ? and submissions = ?",
                (submission - 1, run, variation, submission),
            )

    def reopen(self, run: str, submissions: Mapping[int, int], numbers: Iterable[int]) -> None:
        """Clears the results of these variations, because another attempt is at work. `submissions`: how many there are now."""
        with self.transaction(run) as connection:
            self._set_submissions(run, submissions)
            for number in numbers:
                self._empty_result(connection, run, number)
            connection.execute("update runs set state = 'running', ended = null where id = ?", (run,))

    def _empty_result(self, connection: Connection, run: str, number: int) -> None:
        """Keeps only what an attempt found out about the base, for the whole run."""
        query = f"select model, agent, {self._dialect.text('result', 'baseline')} from variations where run = ? and number = ?"
        row = connection.execute(query, (run, number)).fetchone()
        model, agent, baseline = row or (None, None, None)
        emptied = None
        if baseline and baseline != "[]":
            kept = {"variation": number, "model": model, "agent": agent, "outcome": "running", "cost": 0.0}
            emptied = self._dialect.document(json.dumps({**kept, "baseline": json.loads(baseline)}))
        connection.execute("update variations set result = ? where run = ? and number = ?", (emptied, run, number))

    def _set_submissions(self, run: str, submissions: Mapping[int, int]) -> None:
        rows = [(submission, run, number) for number, submission in submissions.items()]
        self._connection.executemany(
            f"update variations set submissions = {self._dialect.greatest}(submissions, ?) where run = ? and number = ?",
            rows,
        )
