"""What there is to tell of a run, with the objects of docs/json.md."""

from collections.abc import Iterator
from dataclasses import asdict

from aideator_cli.actions.here import Here
from aideator_cli.actions.listing import rows
from aideator_cli.actions.webhooks.events import Happening
from aideator_cli.system.clock import now
from aideator_cli.views.json_lines import result_record, run_record


def happenings(here: Here, run: str) -> Iterator[Happening]:
    """Yields what has happened in the run so far. Nothing if it was deleted."""
    known = here.store.run(run)
    if known is None:
        return
    (row,) = rows(here, [known])
    record = run_record(known, row.results, row.selected)
    yield Happening("run.started", run, known.spec.created, "", run, record)
    for attempt in here.store.attempts(run):
        its = attempt.attempt
        data = {"kind": "attempt", "run": run, "variation": its.variation, "attempt": its.id, "name": its.name}
        yield Happening("attempt.started", run, its.created, its.id, f"{run}/{its.variation}", data)
    for result in row.results:
        if result.ended:
            data = {"kind": "result", "run": run, **result_record(result)}
            key = f"{result.variation}.{result.attempt}"
            yield Happening("variation.ended", run, known.ended or now(), key, f"{run}/{result.variation}", data)
    if known.state == "ended" and known.ended is not None:
        yield Happening("run.ended", run, known.ended, known.ended, run, record)
    if (chosen := here.store.selection(run)) is not None:
        data = {"kind": "selection", "run": run, **asdict(chosen)}
        yield Happening("run.selected", run, chosen.time, chosen.time, f"{run}/{chosen.variation}", data)
