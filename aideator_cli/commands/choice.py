"""`select`: one is picked."""

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
    from aideator_cli.choice.taking import Taking, take_best
    from aideator_cli.errors import usage
    from aideator_cli.finding import find_run
    from aideator_cli.refreshing import refresh_run
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    if number is not None or note is not None:
        raise usage("--auto picks the variation and says why", hint="leave N and --note out, or --auto")
    settings = Settings()
    store = Store.open(settings.home)
    found = refresh_run(find_run(run, store, settings), store, settings)
    return take_best(found, store, Taking(), json=False)


def _select_named(run: str, number: int | None, note: str | None) -> int:
    from aideator_cli import terminal
    from aideator_cli.acting import selection_of
    from aideator_cli.choice.choosing import misgiving
    from aideator_cli.finding import find_variation
    from aideator_cli.invocation import command
    from aideator_cli.refreshing import refresh
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store
    from aideator_cli.stream.recording import last_result

    settings = Settings()
    store = Store.open(settings.home)
    named = refresh(find_variation(run if number is None else f"{run}/{number}", store, settings), store, settings)
    spec, number = named.run.spec, named.numbers[0]
    result = last_result(store, spec, number)
    selection = selection_of(spec, result, note)
    if against := misgiving(spec, result):
        terminal.warn(against)
    store.select(spec.id, selection)
    terminal.say(f"selected {spec.id}/{number}{f', {note}' if note else ''}.  {command('apply', spec.id)}")
    return 0
