"""`report`: a run as one HTML file that asks nothing of any network."""

import sys
from pathlib import Path

from aideator_cli import terminal
from aideator_cli.choice.choosing import compare_run
from aideator_cli.clock import now
from aideator_cli.errors import usage
from aideator_cli.figures import plural
from aideator_cli.finding import find_run
from aideator_cli.ids import is_id
from aideator_cli.judging.judgements import newest
from aideator_cli.output_file import expect_free, output_file
from aideator_cli.refreshing import refresh_run
from aideator_cli.settings import Settings
from aideator_cli.store import Store, StoredRun


def report(word: str, output: Path | None, *, force: bool) -> int:
    settings = Settings()
    store = Store.open(settings.home)
    run = refresh_run(find_run(word, store, settings), store, settings)
    if output is None and not is_id(run.spec.id):
        raise usage(f"{run.spec.id} is no run's id: no file is named after it", hint="--output FILE")
    target = Path(f"{run.spec.id}.html") if output is None else output
    if str(target) != "-":
        expect_free(target, force=force)
    page = _page(run, store)
    if str(target) == "-":
        sys.stdout.buffer.write(page.encode())
        return 0
    with output_file(target, force=force) as out:
        out.write(page)
    size = max(1, target.stat().st_size // 1000)
    terminal.say(f"wrote {target}: {plural(len(run.spec.variations), 'variation')}, {size} kB")
    return 0


def _page(run: StoredRun, store: Store) -> str:
    from aideator_cli import render
    from aideator_cli.views import page, timeline

    comparison = compare_run(run, store)
    results = [each.result for each in comparison.order]
    attempts = store.attempts(run.spec.id)
    of_result = {result.attempt: result.variation for result in results}
    timelines = {
        of_result[each.attempt.id]: timeline.timeline(store.events(each.attempt, timeline.TYPES))
        for each in attempts
        if each.attempt.id in of_result
    }
    counts = {result.variation: sum(a.attempt.variation == result.variation for a in attempts) for result in results}
    judged = newest(store.judgements(run.spec.id), results)
    selection = store.selection(run.spec.id)
    material = page.Material(run, comparison, selection, judged, timelines, counts, now())
    return render.render_html("report.html.j2", page.values(material))
