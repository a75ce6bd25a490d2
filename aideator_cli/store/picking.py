"""The runs that a list shows, and their order. It reads no more of a run than a condition asks for."""

import json
from collections.abc import Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from aideator_cli.domain.glance import Wanted
from aideator_cli.store.dialect import Connection, Dialect
from aideator_cli.store.supporting import supports

_ALL = 1 << 62


def picked(connection: Connection, words: Dialect, wanted: Wanted, limit: int) -> str:
    """Returns the runs' ids as a JSON array, in their order. A negative limit means no limit."""
    most = _ALL if limit < 0 else limit
    conditions = list(_conditions(wanted))
    where = " and ".join(["true", *(condition for condition, _ in conditions)])
    values = [value for _, value in conditions if value is not None]
    read = bool(wanted.repository or wanted.text)  # what no database compares regardless of case as Python does
    columns = f"id, repository, {words.text('spec', 'prompt')}, note, name" if read else "id"
    several = read or bool(wanted.outcome)
    query = f"select {columns} from runs where {where} order by {_order(words, wanted.sort)} limit ?"
    rows = iter(connection.execute(query, (*values, _ALL if several else most)))
    if read:
        rows = (row for row in rows if _holds(wanted, *row[1:]))
    if wanted.outcome:
        having = set(_with_outcome(connection, words, wanted.outcome, where, values))
        rows = (row for row in rows if row[0] in having)
    return json.dumps([row[0] for row in islice(rows, min(most, _ALL >> 1))])


def _conditions(wanted: Wanted) -> Iterator[tuple[str, str | None]]:
    """Yields each condition that the database decides, with its value; None if it has none."""
    if not wanted.everyone:
        yield "cluster_user is null", None
    if wanted.alone:
        yield "not exists (select 1 from team_steps join teams on teams.id = team where run = runs.id)", None
    if wanted.state:
        yield "state = ?", wanted.state
    if wanted.owner is not None:
        yield "owner = ?", wanted.owner
    for tag in wanted.tags:
        yield "exists (select 1 from tags where run = runs.id and name = ?)", tag


def _order(words: Dialect, sort: str) -> str:
    cost = f"""(
        select case when sum(case when {words.is_null("result", "cost")} then 1 else 0 end) = 0
          then sum(coalesce({words.number("result", "cost")}, 0.0)) end
        from variations where run = runs.id
    )"""
    orders = {
        "newest": "created desc, id",
        "oldest": "created, id",
        "cost": f"{cost} desc nulls last, created desc, id",
        "state": "case state when 'running' then 0 when 'submitting' then 1 else 2 end, created desc, id",
    }
    return orders[sort]


def _holds(wanted: Wanted, repository: str | None, prompt: str, note: str | None, name: str | None) -> bool:
    text = f"{prompt}\n{note or ''}\n{name or ''}"
    return wanted.repository.casefold() in (repository or "").casefold() and wanted.text.casefold() in text.casefold()


def _with_outcome(connection: Connection, words: Dialect, outcome: str, where: str, values: list[str]) -> Iterator[str]:
    """Yields the runs of which at least one variation has this outcome."""
    query = f"""
        select runs.id, {words.text("spec", "verify_report")} is not null, {words.text("result", "outcome")},
          {words.text("result", "checks")}, {words.text("result", "baseline")}
        from runs join variations on run = runs.id where {where} order by runs.id, number
    """
    for run, together in groupby(connection.execute(query, values), key=itemgetter(0)):
        if outcome in _outcomes(list(together)):
            yield run


def _outcomes(variations: list[tuple[Any, ...]]) -> Iterator[str]:
    baseline = json.loads(next((given for *_, given in variations if given and given != "[]"), "[]"))
    for _, report, outcome, checks, _ in variations:
        if outcome != "succeeded":
            yield outcome or "running"
        else:
            supported = supports(json.loads(checks or "[]"), baseline, report=bool(report))
            yield "succeeded" if supported else "failed_checks"
