"""The list of runs, as values for its template."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from aideator_cli.actions.listing import Listed
from aideator_cli.domain.result import Result
from aideator_cli.text.clean import one_line
from aideator_cli.text.figures import cost
from aideator_cli.views.asked import repository_name

SHOWN: Final = 50
MOST: Final = 1000
PROMPT: Final = 160  # characters
STATES: Final = (("", "any state"), ("running", "at work"), ("ended", "ended"))


def values(rows: Sequence[Listed], asked: Mapping[str, str], limit: int) -> dict[str, Any]:
    """`asked`: what the reader looks for, `q` and `state`. `rows`: at most one more than `limit`."""
    runs = [_row(row) for row in rows[:limit]]
    filtered = {name: word for name, word in asked.items() if word}
    more = urlencode({**filtered, "limit": min(MOST, 2 * limit)}) if len(rows) > limit and limit < MOST else ""
    return {
        "runs": runs,
        "at_work": any(run["live"] for run in runs),
        "asked": asked,
        "filtered": bool(filtered),
        "states": STATES,
        "more": f"?{more}" if more else "",
    }


def _row(row: Listed) -> dict[str, Any]:
    spec, results = row.run.spec, row.results
    live = row.run.state != "ended"
    passed = sum(result.succeeded for result in results)
    sign, told, colour = ("✓", "passed", "good") if passed else _failure(results)
    return {
        "id": spec.id,
        "live": live,
        "sign": sign,
        "told": told,
        "colour": colour,
        "prompt": shortened(spec.prompt, PROMPT),
        "repository": repository(
            spec.repository.url, spec.repository.base or next((r.base for r in results if r.base), None)
        ),
        "counts": _counts(row, passed, live=live),
        "cost": _cost(results),
        "created": spec.created,
        "name": row.run.name,
        "tags": row.run.tags,
        "note": row.run.note,
    }


def _failure(results: Sequence[Result]) -> tuple[str, str, str]:
    outcomes = {result.outcome for result in results}
    if outcomes == {"cancelled"}:
        return "–", "cancelled", "dim"
    if "succeeded" in outcomes:
        return "✗", "none passed", "bad"
    return ("✗", "failed", "bad") if "failed" in outcomes else ("–", "no patch", "dim")


def _counts(row: Listed, passed: int, *, live: bool) -> str:
    total = len(row.run.spec.variations)
    if live:
        return f"{total - sum(result.ended for result in row.results)} of {total} at work"
    picked = f", picked {row.selected}" if row.selected is not None else ""
    return f"{passed} of {total} passed{picked}"


def _cost(results: Sequence[Result]) -> str:
    known = [result.cost for result in results if result.cost is not None]
    total = cost(sum(known))
    return total if len(known) == len(results) else f"≥ {total}" if sum(known) else "?"


def repository(url: str, base: str | None) -> str:
    """Returns `todo@4f1c2aa`."""
    return f"{one_line(repository_name(url))}@{base[:7]}" if base else one_line(repository_name(url))


def shortened(text: str, most: int) -> str:
    line = one_line(text[: 4 * most])
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
