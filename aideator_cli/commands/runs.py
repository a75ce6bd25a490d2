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


def show(run: options.RunOrVariation, json: options.Json = False) -> int:
    """Show what was asked and what became of it."""
    from aideator_cli.finding import find
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    settings = Settings()
    store = Store.open(settings.home)
    named = find(run, store, settings)
    results = [r for r in store.results(named.run.spec.id) if r.variation in named.numbers]
    seen = [o for o in store.observations(named.run.spec.id) if o.variation is None or o.variation in named.numbers]
    if json:
        from aideator_cli.listing import as_json
        from aideator_cli.views.json_lines import observation, write

        selection = store.selection(named.run.spec.id)
        run_as_json = as_json(named.run, results, selection.variation if selection else None)
        write({**run_as_json, "observations": [observation(o) for o in seen]})
        return 0
    from aideator_cli.views.runs import show_run

    show_run(named.run, results, seen, store.selection(named.run.spec.id))
    return 0


def delete(
    run: options.Run,
    force: Annotated[
        bool, typer.Option("--force", help="Also when agents are still at work: they are killed.")
    ] = False,
) -> int:
    """Remove a run: its objects and all that is stored of it."""
    from aideator_cli import terminal
    from aideator_cli.backends import backend_at
    from aideator_cli.errors import usage
    from aideator_cli.finding import find
    from aideator_cli.invocation import command
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    settings = Settings()
    store = Store.open(settings.home)
    stored = find(run, store, settings).run
    spec = stored.spec
    if stored.state != "ended" and not force:
        raise usage(
            f"run {spec.id} may still be at work",
            hint=f"{command('watch', spec.id)}, {command('cancel', spec.id)}, or delete with --force",
        )
    backend_at(stored.place, settings).delete(spec.id)
    store.forget_run(spec.id)
    terminal.say(f"deleted {spec.id}")
    return 0
