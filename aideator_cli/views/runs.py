"""Runs on stdout: the list, and one of them whole."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from aideator_cli.clean import clean, one_line
from aideator_cli.events import Observation
from aideator_cli.figures import cost
from aideator_cli.result import Result
from aideator_cli.store import Selection, StoredRun
from aideator_cli.views.table import data_console, show_table

PROMPT_CELLS = 60


def show_runs(runs: Sequence[tuple[StoredRun, Sequence[Result], int | None]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("run", "created", "state", "succeeded", "cost", "where", "prompt"):
        table.add_column(title, no_wrap=True, overflow="ellipsis")
    for run, results, _ in runs:
        spec = run.spec
        table.add_row(
            spec.id,
            spec.created[:16].replace("T", " "),
            run.state,
            f"{sum(r.succeeded for r in results)} of {len(results)}",
            cost(_total(results)),
            Text(one_line(run.place.where)),
            Text(_cut(one_line(spec.prompt))),
        )
    data_console().print(table)


def show_run(
    run: StoredRun, results: Sequence[Result], seen: Sequence[Observation], selection: Selection | None
) -> None:
    spec = run.spec
    base = f" at {spec.repository.base}" if spec.repository.base else ""
    print(f"{spec.id}  {run.state}  on {one_line(run.place.where)}  {spec.created}")
    print(f"{clean(spec.repository.url)}{base}")
    print(clean(spec.prompt).rstrip("\n"), end="\n\n")
    show_table(results, selection.variation if selection else None)
    for result in results:
        if result.summary:
            print(f"\n{spec.id}/{result.variation}  {one_line(result.summary)}")
    if selection:
        print(f"\nselected {spec.id}/{selection.variation}{f': {one_line(selection.note)}' if selection.note else ''}")
    if seen:
        print("\nseen of it:")
    for item in seen:
        name = f"{spec.id}/{item.variation}" if item.variation else spec.id
        print(f"  {item.time[11:19]}  {name}  {item.kind.replace('_', ' ')}: {one_line(item.text)}")


def _cut(text: str) -> str:
    return text if len(text) <= PROMPT_CELLS else text[: PROMPT_CELLS - 1] + "…"


def _total(results: Sequence[Result]) -> float | None:
    costs = [result.cost for result in results]
    return None if any(part is None for part in costs) else sum(part for part in costs if part is not None)
