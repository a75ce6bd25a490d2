"""The tables of `stats`: one line per group, and below it the reasons for failures."""

from collections.abc import Mapping, Sequence

from aideator_cli.actions.stats import Share, Stats
from aideator_cli.text.clean import cut, one_line
from aideator_cli.text.figures import cost, duration
from aideator_cli.views.screen import Screen
from aideator_cli.views.text.grid import Grid, fits, show
from aideator_cli.views.text.names import MODEL_CELLS, model_name

LESSER = ("runs", "time", "cost", "$/selected", "selected", "95 %")  # the first to go is the first
Row = Mapping[str, str]


RANGE = "95 %: the range in which the true share of successes probably lies"
BELOW = "; the second table counts why the others did not succeed"


def show_stats(screen: Screen, by: str, groups: Sequence[Stats]) -> str:
    """Returns what the tables mean. On a narrow terminal, less important columns are left out, and failures are shown as lines."""
    rows = [_row(by, group) for group in groups]
    for left_out in range(len(LESSER) + 1):
        table = _table(rows, [title for title in rows[0] if title not in LESSER[:left_out]])
        if fits(screen, table):
            break
    show(screen, table)
    reasons = [_reasons(by, group) for group in groups]
    occurring = [title for title in reasons[0] if any(row[title] for row in reasons)]
    if occurring == [by]:
        return RANGE
    screen.line()
    table = _table(reasons, occurring)
    if fits(screen, table):
        show(screen, table)
    else:
        for row in reasons:
            screen.line(screen.folded(_line(row, occurring)))
    return RANGE + BELOW


def _table(rows: Sequence[Row], titles: Sequence[str]) -> Grid:
    table = Grid()
    for place, title in enumerate(titles):
        table.add_column(title, right=place > 0)
    for row in rows:
        table.add_row(*(row[title] for title in titles))
    return table


def _line(row: Row, titles: Sequence[str]) -> str:
    name, *reasons = titles
    told = ", ".join(f"{row[title]} {title}" for title in reasons if row[title]) or "no failure"
    return f"{row[name]}: {told}"


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
    """Reasons that count against the group come before those that don't. Empty if there are none."""
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
    return cut(text, MODEL_CELLS)


def _percent(share: Share) -> str:
    return "–" if share.rate is None else f"{100 * share.rate:.0f} %"


def _interval(share: Share) -> str:
    return "" if share.interval is None else "–".join(f"{100 * bound:.0f}" for bound in share.interval)


def _cost(dollars: float | None, count: int) -> str:
    """Returns `–` if there is no data, `?` if a price is unknown."""
    return cost(dollars) if count else "–"
