"""What the store has of every variation of every run, just wide enough to be counted: no spec and no output of a check is read."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from aideator_cli.result import CheckResult, Result, with_baseline

_BRIEF = "json_array(json_extract(value, '$.name'), json_extract(value, '$.exit_code'), json_extract(value, '$.tests'))"


def _checks(field: str) -> str:
    """[[name, exit code, tests], …] of the result; null where it has none."""
    brief = f"(select json_group_array({_BRIEF}) from json_each(v.result, '$.{field}'))"
    return f"case when json_array_length(v.result, '$.{field}') > 0 then {brief} end as {field}"


# ?1 from when on (RFC 3339, UTC), ?2 what the repository has in it, ?3 whether the prompts' texts are wanted
QUERY = f"""
select v.run, v.number, v.model, v.role, v.temperature, v.prompt_name, r.repository,
  case when ?3 and v.prompt_name is null then json_extract(r.spec, '$.prompt') end as prompt,
  json_extract(v.result, '$.outcome') as outcome, json_extract(v.result, '$.fault') as fault,
  json_extract(v.result, '$.cost') as cost, json_extract(v.result, '$.seconds') as seconds, s.variation as selected,
  {_checks("checks")}, {_checks("baseline")},
  json_array_length(v.result, '$.checks') > 0 and json_extract(r.spec, '$.verify_report') is not null as report
from variations v join runs r on r.id = v.run left join selections s on s.run = v.run
where r.created >= ?1 and instr(lower(coalesce(r.repository, '')), lower(?2)) > 0
order by v.run, v.number
"""


@dataclass(frozen=True)
class Tried:
    """One variation, as it has ended or stands."""

    run: str
    model: str
    role: str
    temperature: float | None  # None: the model's own
    prompt: str  # its name in a matrix, else its text; empty where it was not asked for
    repository: str
    outcome: str  # as Result's
    fault: str | None
    cost: float | None  # USD; None: unknown
    seconds: float
    succeeded: bool  # with checks: passed them
    selected: bool | None  # None: nothing is selected of its run


def tried(rows: Iterable[Mapping[str, Any]]) -> Iterator[Tried]:
    """Of the query's rows, run by run."""
    for _, together in groupby(rows, key=lambda row: row["run"]):
        each = list(together)
        for row, result in zip(each, with_baseline(_result(row) for row in each), strict=True):
            yield _tried(row, result)


def _result(row: Mapping[str, Any]) -> Result:
    """What its success depends on."""
    return Result(
        row["number"],
        row["model"],
        outcome=row["outcome"] or "running",
        checks=_brief_checks(row["checks"]),
        baseline=_brief_checks(row["baseline"]),
        report=bool(row["report"]),
    )


def _brief_checks(text: str | None) -> tuple[CheckResult, ...]:
    if text is None:
        return ()
    return tuple(CheckResult(name, "", code, 0.0, "", tests=tests) for name, code, tests in json.loads(text))


def _tried(row: Mapping[str, Any], result: Result) -> Tried:
    return Tried(
        run=row["run"],
        model=row["model"],
        role=row["role"],
        temperature=row["temperature"],
        prompt=row["prompt_name"] or row["prompt"] or "",
        repository=row["repository"] or "",
        outcome=result.outcome,
        fault=row["fault"],
        cost=row["cost"] if row["outcome"] else 0.0,
        seconds=row["seconds"] or 0.0,
        succeeded=result.succeeded,
        selected=None if row["selected"] is None else row["selected"] == row["number"],
    )
