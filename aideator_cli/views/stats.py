"""The tables of `stats`: a line a group; and below, why the others were no success."""

import textwrap
from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from aideator_cli import terminal
from aideator_cli.clean import one_line
from aideator_cli.figures import cost, duration
from aideator_cli.stats import Share, Stats
from aideator_cli.views.table import MODEL_CELLS, fits, model_name, plain_table, show

LESSER = ("runs", "time", "cost", "$/selected", "selected", "95 %")  # the first to go is the first
Row = Mapping[str, str]


def show_stats(by: str, groups: Sequence[Stats]) -> None:
    """On stdout. A narrow terminal is spared the lesser columns, and reads of the failures in lines."""
    rows = [_row(by, group) for group in groups]
    for left_out in range(len(LESSER) + 1):
        table = _table(rows, [title for title in rows[0] if title not in LESSER[:left_out]])
        if fits(table):
            break
    show(table)
    reasons = [_reasons(by, group) for group in groups]
    occurring = [title for title in reasons[0] if any(row[title] for row in reasons)]
    if occurring == [by]:
        return
    print()
    table = _table(reasons, occurring)
    if fits(table):
        show(table)
    else:
        print("\n".join(_line(row, occurring) for row in reasons))


def _table(rows: Sequence[Row], titles: Sequence[str]) -> Table:
    table = plain_table()
    for place, title in enumerate(titles):
        table.add_column(title, no_wrap=True, justify="right" if place else "left")
    for row in rows:
        table.add_row(*(Text(row[title]) for title in titles))
    return table


def _line(row: Row, titles: Sequence[str]) -> str:
    name, *reasons = titles
    told = ", ".join(f"{row[title]} {title}" for title in reasons if row[title]) or "no failure"
    return textwrap.fill(f"{row[name]}: {told}", terminal.width(), subsequent_indent="  ")


def _row(by: str, group: Stats) -> Row:
    return {
        by: _name(by, group.group),
        "runs": str(group.runs),
        "tried": str(group.variations),
        "success": _percent(group.success),
        "95 %": _interval(group.success),
        "selected": f"{group.wins.count} of {group.wins.total}" if group.wins.total else "–",
        "cost": _cost(group.median_cost, group.success.total),
        "time": "–" if group.median_seconds is None else duration(group.median_seconds),
        "$/selected": _cost(group.cost_per_accepted, group.wins.count),
    }


def _reasons(by: str, group: Stats) -> Row:
    """Those that count against the group before those that don't; empty where there are none."""
    counts = {
        "checks": group.checks_failed,
        "no change": group.no_changes,
        "limit": group.limits,
        "agent": group.failed["agent"],
        "model's": group.failed["model"],
        "repository": group.failed["repository"],
        "infrastructure": group.failed["infrastructure"],
        "verifier": group.failed["verifier"],
        "cancelled": group.cancelled,
        "at work": group.running,
    }
    return {by: _name(by, group.group), **{name: str(count or "") for name, count in counts.items()}}


def _name(by: str, name: str) -> str:
    if by == "model":
        return model_name(name)
    text = one_line(name)
    if by == "repo":
        text = text.removeprefix("https://")
        return text if len(text) <= MODEL_CELLS else "…" + text[1 - MODEL_CELLS :]
    return text if len(text) <= MODEL_CELLS else text[: MODEL_CELLS - 1] + "…"


def _percent(share: Share) -> str:
    return "–" if share.rate is None else f"{100 * share.rate:.0f} %"


def _interval(share: Share) -> str:
    return "" if share.interval is None else "–".join(f"{100 * bound:.0f}" for bound in share.interval)


def _cost(dollars: float | None, count: int) -> str:
    """`–` where there is nothing to tell it from, `?` where a price is unknown."""
    return cost(dollars) if count else "–"
