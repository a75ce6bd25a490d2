"""The table of `stats`: a line a group."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from aideator_cli.clean import one_line
from aideator_cli.figures import cost, duration
from aideator_cli.stats import FAULTS, Share, Stats
from aideator_cli.views.table import MODEL_CELLS, fits, model_name, plain_table, show

LESSER = ("runs", "time", "cost", "$/selected", "selected", "failures", "95 %")  # the first to go is the first


def show_stats(by: str, groups: Sequence[Stats]) -> None:
    """On stdout. A narrow terminal is spared the lesser columns."""
    for left_out in range(len(LESSER) + 1):
        table = _table(by, groups, LESSER[:left_out])
        if fits(table):
            break
    show(table)


def _table(by: str, groups: Sequence[Stats], without: Sequence[str]) -> Table:
    rows = [_row(by, group) for group in groups]
    table = plain_table()
    titles = [title for title in rows[0] if title not in without]
    for title in titles:
        table.add_column(title, no_wrap=True, justify="left" if title in (by, "failures") else "right")
    for row in rows:
        table.add_row(*(Text(row[title]) for title in titles))
    return table


def _row(by: str, group: Stats) -> dict[str, str]:
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
        "failures": _failures(group),
    }


def _name(by: str, name: str) -> str:
    if by == "model":
        return model_name(name)
    text = one_line(name)
    if by == "repo":
        return text if len(text) <= MODEL_CELLS else "…" + text[1 - MODEL_CELLS :]
    return text if len(text) <= MODEL_CELLS else text[: MODEL_CELLS - 1] + "…"


def _percent(share: Share) -> str:
    return "–" if share.rate is None else f"{100 * share.rate:.0f} %"


def _interval(share: Share) -> str:
    return "" if share.interval is None else "–".join(f"{100 * bound:.0f}" for bound in share.interval)


def _cost(dollars: float | None, count: int) -> str:
    """`–` where there is nothing to tell it from, `?` where a price is unknown."""
    return cost(dollars) if count else "–"


def _failures(group: Stats) -> str:
    counts = {
        "checks": group.checks_failed,
        "no change": group.no_changes,
        "limit": group.limits,
        **{fault: group.failed[fault] for fault in FAULTS},
        "cancelled": group.cancelled,
        "at work": group.running,
    }
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)
