"""`list`, `show` and `delete`: the runs that are known."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aideator_cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.store import Store, StoredRun


def list_runs(
    limit: Annotated[int, typer.Option("--limit", min=1, help="The newest ones only.")] = 50,
    json: options.Json = False,
) -> int:
    """List the runs known here, newest first."""
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    store = Store.open(Settings().home)
    runs = store.runs(limit)
    if json:
        from aideator_cli.views.json_lines import write

        for run in runs:
            write(_as_json(run, store))
    elif runs:
        from aideator_cli.views.runs import show_runs

        show_runs([(run, store.results(run.spec.id)) for run in runs])
    else:
        from aideator_cli import terminal
        from aideator_cli.invocation import command

        terminal.say(f"no runs yet: {command('run')} REPO PROMPT, or {command('demo')}")
    return 0


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
        from aideator_cli.views.json_lines import observation, write

        write(
            {
                **_as_json(named.run, store),
                "variations": [r.as_json() for r in results],
                "observations": [observation(o) for o in seen],
            }
        )
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


def _as_json(run: "StoredRun", store: "Store") -> dict[str, Any]:
    spec = run.spec
    selection = store.selection(spec.id)
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
        "selected": selection.variation if selection else None,
        "variations": [result.as_json() for result in store.results(spec.id)],
    }
