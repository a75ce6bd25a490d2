"""The outcome of a run: results, selections and judgements."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from aideator_cli.store.database import Database
from aideator_cli.store.dialect import Connection

if TYPE_CHECKING:
    from aideator_cli.domain.judgements import Judgement
    from aideator_cli.domain.result import CheckResult, Result
    from aideator_cli.domain.runs import Selection, StoredRun
    from aideator_cli.store.tallies import Tried


class Results(Database):
    def save_result(self, run: str, result: "Result") -> None:
        """Saves a result. Progress never replaces an end: one of two watchers may be behind."""
        with self.transaction(run) as connection:
            told = replace(result, baseline=(*result.baseline, *self._known_baseline(run, result)))
            words = self._dialect
            connection.execute(
                "update variations set result = ? where run = ? and number = ? and (? or result is null "
                f"or {words.text('result', 'outcome')} = 'running' "
                f"or {words.text('result', 'attempt')} {words.is_distinct} ?)",
                (words.document(json.dumps(told.as_json())), run, result.variation, result.ended, result.attempt),
            )
            _save_usage(connection, result)

    def save_usage(self, run: str, result: "Result") -> None:
        """Saves the usage of an attempt that another one has followed: its result is no longer the variation's."""
        with self.transaction(run) as connection:
            _save_usage(connection, result)

    def spent(self, run: str) -> dict[int, float | None]:
        """Returns the USD that all attempts at each variation have cost; None: unknown. Leaves out variations without attempts."""
        query = (
            "select variation, case when count(*) = count(cost) then sum(cost) end from attempts "
            "where run = ? group by variation"
        )
        return dict(self._connection.execute(query, (run,)).fetchall())

    def _known_baseline(self, run: str, result: "Result") -> "Iterator[CheckResult]":
        """Yields the baseline from earlier attempts, for checks that this attempt did not run on the base: it belongs to the run."""
        from aideator_cli.store.rows import stored_check

        told = {check.name for check in result.baseline}
        query = f"select {self._dialect.text('result', 'baseline')} from variations where run = ? and number = ?"
        row = self._connection.execute(query, (run, result.variation)).fetchone()
        known = json.loads(row[0]) if row and row[0] else ()
        return (stored_check(check) for check in known if check["name"] not in told)

    def results(self, run: str, *, report: bool | None = None) -> "list[Result]":
        """Returns the last known result of each variation, without its patch. `report`: whether the run asks for one, if known."""
        from aideator_cli.domain.result import with_baseline
        from aideator_cli.store.rows import stored_result

        report_asked = f"{self._dialect.text('spec', 'verify_report')} is not null"
        query = (
            f"select number, model, agent, result, coalesce(?, {report_asked}) as report "
            "from variations join runs on runs.id = run where run = ? order by number"
        )
        return with_baseline(stored_result(row) for row in self._rows(query, report, run))

    def results_of(self, runs: "Sequence[StoredRun]") -> "dict[str, list[Result]]":
        """Returns the same of several runs, by their ids."""
        from aideator_cli.domain.result import with_baseline
        from aideator_cli.store.rows import stored_result

        reports = {run.spec.id: run.spec.verify_report is not None for run in runs}
        query = (
            f"select run, number, model, agent, result from {self._dialect.given_ids} join variations on run = picked.value "
            "order by run, number"
        )
        found: dict[str, list[Result]] = {run: [] for run in reports}
        for row in self._rows(query, json.dumps([*reports])):
            found[row["run"]].append(stored_result({**row, "report": reports[row["run"]]}))
        return {run: with_baseline(results) for run, results in found.items()}

    def selected(self, runs: "Sequence[str]") -> dict[str, int]:
        """Returns the selected variations of these runs, as far as one is selected."""
        query = f"select run, variation from {self._dialect.given_ids} join selections on run = picked.value"
        return dict(self._connection.execute(query, (json.dumps([*runs]),)).fetchall())

    def select(self, run: str, selection: "Selection") -> None:
        with self.transaction(run) as connection:
            connection.execute(
                "insert into selections(run, variation, attempt, time, note) values (?, ?, ?, ?, ?) "
                "on conflict (run) do update set variation = excluded.variation, attempt = excluded.attempt, "
                "time = excluded.time, note = excluded.note",
                (run, selection.variation, selection.attempt, selection.time, selection.note),
            )

    def selection(self, run: str) -> "Selection | None":
        from aideator_cli.domain.runs import Selection

        row = next(self._rows("select variation, attempt, time, note from selections where run = ?", run), None)
        return Selection(**row) if row else None

    def tried(
        self,
        *,
        since: str = "",
        repository: str = "",
        with_prompt: bool = False,
        answers: bool = False,
        owner: str | None = None,
    ) -> Iterator["Tried"]:
        """Yields the variations of runs created at or after `since` (RFC 3339, UTC) whose repository URL contains `repository`.

        `owner`: only of this user's runs of the server. `answers`: of the runs that ask for an answer; otherwise of those for patches.
        """
        from aideator_cli.store import tallies

        query = tallies.query(self._dialect, owned=owner is not None)
        owners = () if owner is None else (owner,)
        return tallies.tried(self._rows(query, with_prompt, since, repository, answers, *owners))

    # Judgements

    def save_judgement(self, run: str, judgement: "Judgement") -> None:
        cheats = [asdict(each) for each in judgement.cheats]
        row = {"run": run, **asdict(judgement), "cheats": json.dumps(cheats)}
        with self.transaction(run) as connection:
            connection.execute(
                f"insert into judgements({', '.join(row)}) values ({', '.join('?' * len(row))})", tuple(row.values())
            )

    def keep_judgements(self, run: str, kept: "Sequence[Judgement]", round_: str, answers: int) -> None:
        """Makes judgements of rounds that were left part of another one. `answers`: how many that has."""
        with self.transaction(run) as connection:
            for each in kept:
                connection.execute(
                    "update judgements set round = ?, answers = ? where run = ? and round = ? and first = ? and second = ?",
                    (round_, answers, run, each.round, each.first, each.second),
                )

    def judgements(self, run: str) -> "list[Judgement]":
        """Returns the judgements in the order in which they were made."""
        from aideator_cli.store.rows import stored_judgement

        return [stored_judgement(row) for row in self._rows("select * from judgements where run = ? order by id", run)]


def _save_usage(connection: Connection, result: "Result") -> None:
    """Saves the attempt's own usage. Progress never replaces an end here either."""
    from aideator_cli.domain.result import less

    before = result.resumed
    cost, read, written = (
        (result.cost, result.input_tokens, result.output_tokens) if before is None
        else (
            less(result.cost, before.cost), less(result.input_tokens, before.input_tokens),
            less(result.output_tokens, before.output_tokens),
        )
    )  # fmt: skip
    connection.execute(
        "update attempts set cost = ?, input_tokens = ?, output_tokens = ? where id = ? and (? or closed is null)",
        (cost, _bounded(read), _bounded(written), result.attempt, result.ended),
    )


def _bounded(count: int | None) -> int | None:
    """Limits the number to the range of the database's integers."""
    from aideator_cli.domain.result import MOST

    return None if count is None else min(count, MOST)
