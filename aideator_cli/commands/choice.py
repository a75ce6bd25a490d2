"""`select` and `apply`: one is picked, and taken."""

from typing import Annotated

import typer

from aideator_cli.commands import options


def select(
    run: options.RunOrVariation,
    number: Annotated[
        int | None, typer.Argument(metavar="N", help="The variation, where RUN does not name it.", show_default=False)
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="Why this one.", show_default=False)] = None,
    auto: Annotated[
        bool, typer.Option("--auto", help="The first by the rule of `compare`; exit 7 when none passes its checks.")
    ] = False,
) -> int:
    """Pick a run's winner."""
    return _select_best(run, number, note) if auto else _select_named(run, number, note)


def _select_best(run: str, number: int | None, note: str | None) -> int:
    from aideator_cli import terminal
    from aideator_cli.choosing import choose_best
    from aideator_cli.errors import usage
    from aideator_cli.finding import find_run
    from aideator_cli.invocation import command
    from aideator_cli.refreshing import refresh_run
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    if number is not None or note is not None:
        raise usage("--auto picks the variation and says why", hint="leave N and --note out, or --auto")
    settings = Settings()
    store = Store.open(settings.home)
    found = refresh_run(find_run(run, store, settings), store, settings)
    selection = choose_best(found, store)
    store.select(found.spec.id, selection)
    terminal.say(
        f"selected {found.spec.id}/{selection.variation}, {selection.note}.  {command('apply', found.spec.id)}"
    )
    return 0


def _select_named(run: str, number: int | None, note: str | None) -> int:
    from aideator_cli import terminal
    from aideator_cli.clock import now
    from aideator_cli.errors import usage
    from aideator_cli.finding import find_variation
    from aideator_cli.invocation import command
    from aideator_cli.recording import last_result
    from aideator_cli.refreshing import refresh
    from aideator_cli.settings import Settings
    from aideator_cli.store import Selection, Store

    settings = Settings()
    store = Store.open(settings.home)
    named = refresh(find_variation(run if number is None else f"{run}/{number}", store, settings), store, settings)
    spec, number = named.run.spec, named.numbers[0]
    result = last_result(store, spec, number)
    if not result.patch or result.attempt is None:
        raise usage(
            f"{spec.id}/{number} can't be selected: it has no patch ({result.outcome})", hint=command("show", spec.id)
        )
    store.select(spec.id, Selection(number, result.attempt, now(), note))
    terminal.say(f"selected {spec.id}/{number}.  {command('apply', spec.id)}")
    return 0


def apply(run: options.RunOrVariation = "@last", folder: options.Folder = None) -> int:
    """Apply the selected patch, or the one named, to a clean tree."""
    from aideator_cli import terminal
    from aideator_cli.applying import apply_patch, default_tree, working_tree
    from aideator_cli.errors import usage
    from aideator_cli.figures import changes, plural
    from aideator_cli.finding import find
    from aideator_cli.invocation import command
    from aideator_cli.recording import last_result
    from aideator_cli.refreshing import refresh
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    settings = Settings()
    store = Store.open(settings.home)
    named = refresh(find(run, store, settings), store, settings)
    spec, selection = named.run.spec, store.selection(named.run.spec.id)
    number = named.variation or (selection.variation if selection else None)
    if number is None:
        raise usage(
            f"nothing is selected in run {spec.id}",
            hint=f"{command('select', spec.id)} N, or {command('apply')} {spec.id}/N",
        )
    selected = selection.attempt if selection and named.variation is None else None
    result = last_result(store, spec, number, selected)
    base = result.base or spec.repository.base
    target = working_tree(folder) if folder else default_tree(base, named.run.repository_path)
    apply_patch(target, result.patch or b"", base, f"{spec.id}/{number}")
    told = f"{plural(result.files, 'file')}, {changes(result.additions, result.deletions)}"
    terminal.say(f"applied {spec.id}/{number} to {target.top}: {told}")
    return 0
