"""`select`: one is picked."""

from typing import Annotated

import typer

from aideator_cli.cli.commands import options


def select(
    run: options.RunOrVariation,
    number: Annotated[
        int | None,
        typer.Argument(metavar="N", help="The variation's number, unless RUN/N names it.", show_default=False),
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="Why you select it.", show_default=False)] = None,
    auto: Annotated[
        bool,
        typer.Option(
            "--auto", help="Select the variation that `compare` lists first. Exit with 7 if none passes its checks."
        ),
    ] = False,
) -> int:
    """Select a variation as the run's winner."""
    return _select_best(run, number, note) if auto else _select_named(run, number, note)


def _select_best(run: str, number: int | None, note: str | None) -> int:
    from aideator_cli.actions.taking import Taking, take_best
    from aideator_cli.cli import invocation
    from aideator_cli.cli.naming import the_run
    from aideator_cli.cli.taken import tell_taken
    from aideator_cli.errors import usage

    if number is not None or note is not None:
        raise usage("--auto can't be combined with N or --note", hint="leave out either --auto, or N and --note")
    here = invocation.here()
    return tell_taken(take_best(here, the_run(here, run), Taking()))


def _select_named(run: str, number: int | None, note: str | None) -> int:
    from aideator_cli.actions.selecting import select
    from aideator_cli.cli import invocation
    from aideator_cli.cli.naming import the_variation
    from aideator_cli.cli.taken import tell_selected

    here = invocation.here()
    tell_selected(select(here, the_variation(here, run if number is None else f"{run}/{number}"), note))
    return 0
