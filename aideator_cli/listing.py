"""`list`: the runs that are known here; with `--watch` again whenever one of them changes."""

import queue
import sys
from collections.abc import Sequence
from typing import Any

from aideator_cli.errors import AideatorError, ExitCode
from aideator_cli.refreshing import refresh_run
from aideator_cli.result import Result
from aideator_cli.settings import Settings
from aideator_cli.store import Store, StoredRun
from aideator_cli.waiting import follow_all

LOOK_SECONDS = 2.0  # between two looks for runs that others have started
Row = tuple[StoredRun, list[Result], int | None]  # the selected variation last


def show_list(limit: int, *, json: bool) -> int:
    settings = Settings()
    store = Store.open(settings.home)
    for run in store.runs(limit):
        if run.place.backend == "local":  # a cluster is asked by --watch and show
            refresh_run(run, store, settings)
    rows = _rows(store, limit)
    if json:
        _write(rows)
    elif rows:
        from aideator_cli.views.runs import show_runs

        show_runs(rows)
    else:
        from aideator_cli import terminal
        from aideator_cli.invocation import command

        terminal.say(f"no runs yet: {command('run')} REPO PROMPT, or {command('demo')}")
    return ExitCode.OK


def watch_list(limit: int, *, json: bool) -> int:
    """Until Ctrl-C. Into a pipe goes what has changed, on a terminal the whole list anew."""
    settings = Settings()
    store = Store.open(settings.home)
    followed: set[str] = set()
    news: list[queue.SimpleQueue[Any]] = []
    before: list[Row] = []
    while True:
        rows = _rows(store, limit)
        fresh = [run for run, _, _ in rows if run.state != "ended" and run.spec.id not in followed]
        if fresh:
            followed.update(run.spec.id for run in fresh)
            news.append(follow_all(fresh, settings))
        if rows != before:
            _redraw([row for row in rows if row not in before], rows, json=json)
            before = rows
        _wait(news)


def as_json(run: StoredRun, results: Sequence[Result], selected: int | None) -> dict[str, Any]:
    spec = run.spec
    return {
        "kind": "run",
        "run": spec.id,
        "created": spec.created,
        "state": run.state,
        "ended": run.ended,
        "backend": run.place.backend,
        "where": run.place.where,
        "repository": {"url": spec.repository.url, "ref": spec.repository.ref, "base": spec.repository.base},
        "prompt": spec.prompt,
        "selected": selected,
        "variations": [result.as_json() for result in results],
    }


def _rows(store: Store, limit: int) -> list[Row]:
    rows: list[Row] = []
    for run in store.runs(limit):
        selection = store.selection(run.spec.id)
        rows.append((run, store.results(run.spec.id), selection.variation if selection else None))
    return rows


def _redraw(changed: list[Row], rows: list[Row], *, json: bool) -> None:
    if json:
        _write(changed)
        return
    from aideator_cli.views.runs import show_runs

    if sys.stdout.isatty():
        sys.stdout.write("\x1b[H\x1b[2J")
    show_runs(rows if sys.stdout.isatty() else changed)
    sys.stdout.flush()


def _write(rows: Sequence[Row]) -> None:
    from aideator_cli.views.json_lines import write

    for run, results, selected in rows:
        write(as_json(run, results, selected))
    sys.stdout.flush()


def _wait(news: list["queue.SimpleQueue[Any]"]) -> None:
    """Until a run has changed, or it is time to look for new ones."""
    for each in news[:-1]:
        while not each.empty():
            _raise_error(each.get())
    try:
        _raise_error((news[-1] if news else queue.SimpleQueue()).get(timeout=LOOK_SECONDS))
    except queue.Empty:
        return


def _raise_error(told: object) -> None:
    if isinstance(told, AideatorError):
        raise told
