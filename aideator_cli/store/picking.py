"""The runs that a list shows, and their order. SQLite decides it, so that a list reads no run that it leaves out."""

import json
import sqlite3
from collections.abc import Iterator
from typing import Final

from aideator_cli.domain.glance import Wanted
from aideator_cli.store.supporting import supports

_BASELINE: Final = (
    "(select json_extract(b.result, '$.baseline') from variations b where b.run = runs.id "
    "and coalesce(json_extract(b.result, '$.baseline'), '[]') <> '[]' order by b.number limit 1)"
)
_OUTCOME: Final = f"""exists (
  select 1 from variations v where v.run = runs.id and ? = case
    when v.result is null then 'running'
    when json_extract(v.result, '$.outcome') <> 'succeeded' then json_extract(v.result, '$.outcome')
    when supported(json_extract(v.result, '$.checks'), {_BASELINE}, json_extract(spec, '$.verify_report') is not null) then 'succeeded'
    else 'failed_checks' end
)"""
_COST: Final = """(
  select case when sum(json_type(result, '$.cost') is 'null') = 0 then sum(coalesce(json_extract(result, '$.cost'), 0.0)) end
  from variations where run = runs.id
)"""
_ORDERS: Final = {
    "newest": "created desc, id",
    "oldest": "created, id",
    "cost": f"{_COST} desc, created desc, id",
    "state": "case state when 'running' then 0 when 'submitting' then 1 else 2 end, created desc, id",
}


def picked(connection: sqlite3.Connection, wanted: Wanted, limit: int) -> str:
    """Returns the runs' ids as a JSON array, in their order. A negative limit means no limit."""
    connection.create_function("supported", 3, _supported, deterministic=True)
    connection.create_function("folded", 1, str.casefold, deterministic=True)
    conditions = list(_conditions(wanted))
    where = " and ".join(["true", *(condition for condition, _ in conditions)])
    query = f"select id from runs where {where} order by {_ORDERS[wanted.sort]} limit ?"
    return json.dumps([row[0] for row in connection.execute(query, (*(value for _, value in conditions), limit))])


def _conditions(wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Yields each condition with its one value."""
    if wanted.state:
        yield "state = ?", wanted.state
    if wanted.outcome:
        yield _OUTCOME, wanted.outcome
    if wanted.repository:
        yield "instr(folded(coalesce(repository, '')), ?) > 0", wanted.repository.casefold()
    if wanted.text:
        text = "json_extract(spec, '$.prompt') || char(10) || coalesce(note, '')"
        yield f"instr(folded({text}), ?) > 0", wanted.text.casefold()
    for tag in wanted.tags:
        yield "exists (select 1 from tags where run = runs.id and name = ?)", tag


def _supported(checks: str | None, baseline: str | None, report: int) -> bool:
    return supports(json.loads(checks or "[]"), json.loads(baseline or "[]"), report=bool(report))
