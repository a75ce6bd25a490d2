"""What the store has of every variation of every run, just wide enough to be counted: no spec is read whole."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, NamedTuple

from aideator_cli.result import CheckResult, Result

# ?1 from when on (RFC 3339, UTC), ?2 what the repository has in it, ?3 whether the prompts' texts are wanted
QUERY = """
select v.run, v.number, v.model, v.role, v.temperature, v.prompt_name, v.result, r.repository, s.variation as selected,
  v.number = 1 and json_extract(r.spec, '$.verify_report') is not null as report,
  case when ?3 and v.number = 1 then json_extract(r.spec, '$.prompt') end as prompt
from variations v join runs r on r.id = v.run left join selections s on s.run = v.run
where r.created >= ?1 and instr(lower(coalesce(r.repository, '')), lower(?2)) > 0
order by v.run, v.number
"""
NOTHING: Final[Mapping[str, Any]] = {"outcome": "running", "cost": 0.0}


class Tried(NamedTuple):
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
    for _, together in groupby(rows, key=itemgetter("run")):
        each = list(together)
        results = [json.loads(row["result"]) if row["result"] else NOTHING for row in each]
        baseline = next((result["baseline"] for result in results if result.get("baseline")), ())
        for row, result in zip(each, results, strict=True):
            succeeded = result["outcome"] == "succeeded" and _holds(result, baseline, report=bool(each[0]["report"]))
            yield _tried(row, result, each[0]["prompt"] or "", succeeded=succeeded)


def _tried(row: Mapping[str, Any], result: Mapping[str, Any], prompt: str, *, succeeded: bool) -> Tried:
    return Tried(
        run=row["run"],
        model=row["model"],
        role=row["role"],
        temperature=row["temperature"],
        prompt=row["prompt_name"] or prompt,
        repository=row["repository"] or "",
        outcome=result["outcome"],
        fault=result.get("fault"),
        cost=result.get("cost"),
        seconds=result.get("seconds") or 0.0,
        succeeded=succeeded,
        selected=None if row["selected"] is None else row["selected"] == row["number"],
    )


def _holds(result: Mapping[str, Any], baseline: Sequence[Mapping[str, Any]], *, report: bool) -> bool:
    """Whether the checks speak for the patch; where a report counts that is `Result`'s to say."""
    checks = result.get("checks", ())
    if not report or any(check["exit_code"] != 0 for check in checks):
        return all(check["exit_code"] == 0 for check in checks)
    return Result(0, "", outcome="succeeded", checks=_brief(checks), baseline=_brief(baseline), report=True).succeeded


def _brief(checks: Sequence[Mapping[str, Any]]) -> tuple[CheckResult, ...]:
    return tuple(
        CheckResult(c["name"], "", c["exit_code"], 0.0, "", tests=c.get("tests"), reports=c.get("reports", True))
        for c in checks
    )
