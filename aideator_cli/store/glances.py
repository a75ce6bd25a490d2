"""Runs as a list shows them: a few columns each. Reads no whole spec or result, because listing runs must be fast."""

import json
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from aideator_cli.domain.glance import Glance, Wanted
from aideator_cli.store.dialect import Connection, Dialect
from aideator_cli.store.picking import picked
from aideator_cli.store.supporting import supports


def tags(words: Dialect) -> str:
    """Returns the column `tags` of a query on `runs`: JSON."""
    return f"(select {words.array('name')} from (select name from tags where run = runs.id order by name) as named) as tags"


def glances(connection: Connection, words: Dialect, limit: int, wanted: Wanted) -> Iterator[Glance]:
    """Yields the runs in the order that is wanted."""
    runs = picked(connection, words, wanted, limit)
    rows = connection.execute(_variations(words), (runs,))
    variations = {run: list(each) for run, each in groupby(rows, key=itemgetter(0))}
    for run, created, state, backend, where, prompt, report, begun, note, tagged, *more in connection.execute(
        _runs(words), (runs,)
    ):
        owner, name, cluster_user, repository = more
        each = variations.get(run, [])
        succeeded = _succeeded(each, report=bool(report))
        origin = json.loads(begun) if begun else {}
        yield Glance(
            run, created, state, backend, where, prompt, succeeded, len(each), _cost(each),
            tuple(origin.get("variations", ())), bool(origin.get("merged")),
            note, tuple(json.loads(tagged)), owner, name, cluster_user, repository or "",
        )  # fmt: skip


def _runs(words: Dialect) -> str:
    return f"""
        select runs.id, created, state, backend, where_text, {words.text("spec", "prompt")},
          {words.text("spec", "verify_report")} is not null, {words.text("spec", "origin")}, note, {tags(words)}, owner,
          name, cluster_user, repository
        from {words.given_ids} join runs on runs.id = picked.value order by picked.key
    """


def _variations(words: Dialect) -> str:
    return f"""
        select run, {words.text("result", "outcome")}, {words.is_null("result", "cost")}, {words.number("result", "cost")},
          {words.text("result", "checks")}, {words.text("result", "baseline")}
        from variations where run in (select value from {words.given_ids}) order by run, number
    """


def _succeeded(variations: list[tuple[Any, ...]], *, report: bool) -> int:
    baseline = json.loads(next((given for *_, given in variations if given and given != "[]"), "[]"))
    ended = [json.loads(checks or "[]") for _, outcome, _, _, checks, _ in variations if outcome == "succeeded"]
    return sum(supports(checks, baseline, report=report) for checks in ended)


def _cost(variations: list[tuple[Any, ...]]) -> float | None:
    if any(unknown for _, _, unknown, *_ in variations):
        return None
    return float(sum(cost or 0.0 for _, _, _, cost, *_ in variations))
