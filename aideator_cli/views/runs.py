"""Runs on stdout: the list, and one of them whole."""

import sys
import textwrap
from collections.abc import Sequence
from dataclasses import replace

from rich.table import Table
from rich.text import Text

from aideator_agent.spec import RunSpec
from aideator_cli import terminal
from aideator_cli.clean import clean, one_line
from aideator_cli.events import Observation
from aideator_cli.figures import cost, duration, plural
from aideator_cli.result import Result
from aideator_cli.store import Selection, StoredRun
from aideator_cli.views import wording
from aideator_cli.views.table import fits, plain_table, show, show_table

PROMPT_CELLS = 60


def show_runs(runs: Sequence[tuple[StoredRun, Sequence[Result], int | None]]) -> None:
    """A line a run; the prompt takes what room there is."""
    wide = [(cells, True) for cells in (PROMPT_CELLS, 40, 30)]
    for cells, where in [*wide, *((cells, False) for cells in range(PROMPT_CELLS, 7, -2))]:
        table = _table(runs, cells, where=where)
        if fits(table):
            break
    show(table)


def _table(runs: Sequence[tuple[StoredRun, Sequence[Result], int | None]], cells: int, *, where: bool) -> Table:
    table = plain_table()
    for title in ("run", "created", "state", "succeeded", "cost", *(("where",) if where else ()), "prompt"):
        table.add_column(title, no_wrap=True)
    for run, results, _ in runs:
        spec = run.spec
        table.add_row(
            spec.id,
            _minute(spec.created),
            run.state,
            f"{sum(r.succeeded for r in results)} of {len(results)}",
            cost(_total(results)),
            *((Text(one_line(run.place.where)),) if where else ()),
            Text(_cut(one_line(spec.prompt), cells)),
        )
    return table


def show_run(
    run: StoredRun, results: Sequence[Result], seen: Sequence[Observation], selection: Selection | None
) -> None:
    spec = run.spec
    base = f" at {spec.repository.base}" if spec.repository.base else ""
    print(f"{spec.id}  {run.state}  on {one_line(run.place.where)}  {_minute(spec.created)}")
    print(f"{clean(spec.repository.url)}{base}")
    print(clean(spec.prompt).rstrip("\n"))
    print("\n".join(["", *_asked(spec), ""]))
    show_table([_standing(result, seen) for result in results], selection.variation if selection else None)
    for result in results:
        if words := ": ".join(
            one_line(text) for text in (result.reason * (result.outcome == "failed"), result.summary) if text
        ):
            print("\n" + _folded(f"{spec.id}/{result.variation}  {words}"))
    if selection:
        print(f"\nselected {spec.id}/{selection.variation}{f': {one_line(selection.note)}' if selection.note else ''}")
    if any(item.kind not in wording.TOLD_BY_EVENTS for item in seen):
        print("\nseen of it:")
    for item in (item for item in seen if item.kind not in wording.TOLD_BY_EVENTS):
        name = f"{spec.id}/{item.variation}" if item.variation else spec.id
        print(f"  {item.time[11:19]}  {name}  {item.kind.replace('_', ' ')}: {one_line(item.text)}")


def _standing(result: Result, seen: Sequence[Observation]) -> Result:
    """As it is to be told: what the backend has not begun yet waits."""
    last = next((item.kind for item in reversed(seen) if item.variation == result.variation), None)
    waits = last in wording.WAITING and last not in ("starting", "running")
    return replace(result, outcome="waiting") if waits and not result.ended and not result.steps else result


def _asked(spec: RunSpec) -> list[str]:
    """Limits and checks, a line each."""
    dollars = [] if spec.limits.cost is None else [cost(spec.limits.cost)]
    limits = ", ".join([plural(spec.limits.steps, "step"), duration(spec.limits.seconds), *dollars])
    first = f"; the first {spec.first} to succeed stop the others" if spec.first else ""
    checks = [f"check {check.name}: {one_line(check.command)}" for check in spec.checks]
    return [f"limits {limits} each{first}", *checks]


def _cut(text: str, cells: int) -> str:
    return text if len(text) <= cells else text[: cells - 1] + "…"


def _minute(stamp: str) -> str:
    return stamp[:16].replace("T", " ")


def _folded(text: str) -> str:
    return textwrap.fill(text, terminal.width(), subsequent_indent="  ") if sys.stdout.isatty() else text


def _total(results: Sequence[Result]) -> float | None:
    costs = [result.cost for result in results]
    return None if any(part is None for part in costs) else sum(part for part in costs if part is not None)
