"""Runs as a list shows them: a few columns each. Reads no whole spec or result, because listing runs must be fast."""

import json
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from aideator_cli.domain.glance import Glance, Wanted
from aideator_cli.store.picking import picked
from aideator_cli.store.supporting import supports

TAGS: Final = (
    "(select json_group_array(name) from (select name from tags where run = runs.id order by name)) as tags"  # JSON
)
_RUNS = f"""
select runs.id, created, state, backend, where_text, json_extract(spec, '$.prompt'), json_extract(spec, '$.verify_report') is not null,
  json_extract(spec, '$.origin'), note, {TAGS}
from json_each(?) as picked join runs on runs.id = picked.value order by picked.key
"""
_VARIATIONS = """
select run, json_extract(result, '$.outcome'), json_type(result, '$.cost') is 'null', json_extract(result, '$.cost'),
  json_extract(result, '$.checks'), json_extract(result, '$.baseline')
from variations where run in (select value from json_each(?)) order by run, number
"""


def glances(connection: sqlite3.Connection, limit: int, wanted: Wanted) -> Iterator[Glance]:
    """Yields the runs in the order that is wanted."""
    runs = picked(connection, wanted, limit)
    rows = connection.execute(_VARIATIONS, (runs,))
    variations = {run: list(each) for run, each in groupby(rows, key=itemgetter(0))}
    for run, created, state, backend, where, prompt, report, begun, note, tags in connection.execute(_RUNS, (runs,)):
        each = variations.get(run, [])
        succeeded = _succeeded(each, report=bool(report))
        origin = json.loads(begun) if begun else {}
        yield Glance(
            run, created, state, backend, where, prompt, succeeded, len(each), _cost(each),
            tuple(origin.get("variations", ())), bool(origin.get("merged")),
            note, tuple(json.loads(tags)),
        )  # fmt: skip


def _succeeded(variations: list[tuple[Any, ...]], *, report: bool) -> int:
    baseline = json.loads(next((given for *_, given in variations if given and given != "[]"), "[]"))
    ended = [json.loads(checks or "[]") for _, outcome, _, _, checks, _ in variations if outcome == "succeeded"]
    return sum(supports(checks, baseline, report=report) for checks in ended)


def _cost(variations: list[tuple[Any, ...]]) -> float | None:
    if any(unknown for _, _, unknown, *_ in variations):
        return None
    return float(sum(cost or 0.0 for _, _, _, cost, *_ in variations))
