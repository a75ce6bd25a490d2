"""`list`, `show` and `delete`: the runs that are known."""

from typing import Annotated

import typer

from aideator_cli.commands import options


def list_runs(
    limit: Annotated[int, typer.Option("--limit", min=1, help="The newest ones only.")] = 50,
    watch: Annotated[bool, typer.Option("--watch", help="Again whenever one of them changes, until Ctrl-C.")] = False,
    json: options.Json = False,
) -> int:
    """List the runs known here, newest first."""
    from aideator_cli.listing import show_list, watch_list

    return watch_list(limit, json=json) if watch else show_list(limit, json=json)


def show(run: options.RunOrVariation = "@last", json: options.Json = False) -> int:
    """Show what was asked and what became of it."""
    from aideator_cli.finding import find
    from aideator_cli.judging.judgements import newest
    from aideator_cli.refreshing import refresh
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    settings = Settings()
    store = Store.open(settings.home)
    named = refresh(find(run, store, settings), store, settings)
    results = [r for r in store.results(named.run.spec.id) if r.variation in named.numbers]
    judged = newest(store.judgements(named.run.spec.id), store.results(named.run.spec.id))
    seen = [o for o in store.observations(named.run.spec.id) if o.variation is None or o.variation in named.numbers]
    if json:
        from aideator_cli.listing import as_json
        from aideator_cli.views.json_lines import observation, write

        selection = store.selection(named.run.spec.id)
        run_as_json = as_json(named.run, results, selection.variation if selection else None)
        told = {"judged": judged.as_json() if judged else None, "observations": [observation(o) for o in seen]}
        write({**run_as_json, **told})
        return 0
    from aideator_cli.views.runs import show_run

    show_run(named.run, results, seen, store.selection(named.run.spec.id))
    if judged and named.variation is None:
        from aideator_cli.views.judged import show_round

        print()
        show_round(named.run.spec.id, judged)
    return 0


def delete(
    run: options.Run,
    force: Annotated[
        bool, typer.Option("--force", help="Also when agents are still at work: they are killed.")
    ] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
) -> int:
    """Remove a run: its objects and all that is stored of it."""
    from aideator_cli.deleting import delete_run

    return delete_run(run, force=force, ask=not (yes or force))
