"""What came of a run: results, what was selected, what a judge has said."""

import json
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from typing import Any

from aideator_cli.judging.judgements import Judgement
from aideator_cli.result import CheckResult, Result, with_baseline
from aideator_cli.store import tallies
from aideator_cli.store.database import Database
from aideator_cli.store.rows import Selection
from aideator_cli.store.tallies import Tried, tried

_RESULT_FIELDS = {field.name for field in fields(Result)}
_CHECK_FIELDS = {field.name for field in fields(CheckResult)}
_JUDGEMENT_FIELDS = [field.name for field in fields(Judgement)]


class Results(Database):
    def save_result(self, run: str, result: Result) -> None:
        """How far an attempt has come never takes the place of how it ended: of two watchers one is behind."""
        with self.transaction() as connection:
            told = replace(result, baseline=(*result.baseline, *self._known_baseline(run, result)))
            connection.execute(
                "update variations set result = ? where run = ? and number = ? and (? or result is null "
                "or json_extract(result, '$.outcome') = 'running' or json_extract(result, '$.attempt') is not ?)",
                (json.dumps(told.as_json()), run, result.variation, result.ended, result.attempt),
            )

    def _known_baseline(self, run: str, result: Result) -> Iterator[CheckResult]:
        """Of earlier attempts, where this one has not run these checks on the base (again): it is the run's, not an attempt's."""
        told = {check.name for check in result.baseline}
        query = "select json_extract(result, '$.baseline') from variations where run = ? and number = ?"
        row = self._connection.execute(query, (run, result.variation)).fetchone()
        known = json.loads(row[0]) if row and row[0] else ()
        return (_check(check) for check in known if check["name"] not in told)

    def results(self, run: str) -> list[Result]:
        """The last known result of each variation, without its patch."""
        query = (
            "select number, model, result, json_extract(spec, '$.verify_report') is not null as report "
            "from variations join runs on runs.id = run where run = ? order by number"
        )
        return with_baseline(_result(row) for row in self._rows(query, run))

    def select(self, run: str, selection: Selection) -> None:
        with self.transaction() as connection:
            connection.execute(
                "insert or replace into selections values (?, ?, ?, ?, ?)",
                (run, selection.variation, selection.attempt, selection.time, selection.note),
            )

    def selection(self, run: str) -> Selection | None:
        row = next(self._rows("select variation, attempt, time, note from selections where run = ?", run), None)
        return Selection(**row) if row else None

    def tried(self, *, since: str = "", repository: str = "", with_prompt: bool = False) -> Iterator[Tried]:
        """Every variation of the runs that were not made before `since` (RFC 3339, UTC) in a repository whose URL has this text in it."""
        return tried(self._rows(tallies.QUERY, since, repository, with_prompt))

    # What a judge has said

    def save_judgement(self, run: str, judgement: Judgement) -> None:
        with self.transaction():
            self._tables.table("judgements").insert({"run": run, **asdict(judgement)})

    def judgements(self, run: str) -> list[Judgement]:
        """In the order in which they were said."""
        query = f"select {', '.join(_JUDGEMENT_FIELDS)} from judgements where run = ? order by id"
        return [Judgement(**row) for row in self._rows(query, run)]


def _result(row: dict[str, Any]) -> Result:
    report = bool(row["report"])
    if row["result"] is None:
        return Result(row["number"], row["model"], report=report)
    known = {name: value for name, value in json.loads(row["result"]).items() if name in _RESULT_FIELDS}
    names = {name: tuple(known.get(name, ())) for name in ("tests", "config")}
    checks = {name: tuple(_check(check) for check in known.get(name, ())) for name in ("checks", "baseline")}
    return Result(**{**known, **names, **checks, "report": report})


def _check(data: dict[str, Any]) -> CheckResult:
    known = {name: value for name, value in data.items() if name in _CHECK_FIELDS}
    return CheckResult(**{**known, "failing": tuple(known.get("failing", ()))})
