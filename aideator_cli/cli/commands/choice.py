"""`select`: one is picked."""

from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here


def select(
    run: options.RunOrVariation = "@last",
    number: Annotated[
        int | None,
        typer.Argument(metavar="N", help="The variation's number, unless RUN/N names it.", show_default=False),
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="Why you select it.", show_default=False)
    ] = None,
    auto: Annotated[
        bool,
        typer.Option(
            "--auto", help="Select the variation that `compare` lists first. Exit with 7 if none passes its checks."
        ),
    ] = False,
    cross_tests: Annotated[
        bool | None,
        typer.Option(
            "--cross-tests/--no-cross-tests",
            help="With --auto: first run each variation's new tests on the other patches that passed. Default: yes.",
            show_default=False,
        ),
    ] = None,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Select a variation as the run's winner."""
    from aideator_cli.cli import invocation

    if auto:
        return _select_best(invocation.here(server), run, number, note, cross_tests, json=json)
    return _select_named(invocation.here(server), run, number, note, cross_tests, json=json)


def _select_best(
    here: "Here", run: str, number: int | None, note: str | None, cross_tests: bool | None, *, json: bool
) -> int:
    from aideator_cli.actions.taking import Taking, take_best
    from aideator_cli.cli.crossed import cross
    from aideator_cli.cli.naming import the_run
    from aideator_cli.cli.taken import tell_taken
    from aideator_cli.errors import usage

    if number is not None or note is not None:
        raise usage("--auto can't be combined with N or --note", hint="leave out either --auto, or N and --note")
    found = the_run(here, run)
    if cross_tests is not False:
        cross(here, found)
    return tell_taken(take_best(here, found, Taking()), json=json)


def _select_named(
    here: "Here", run: str, number: int | None, note: str | None, cross_tests: bool | None, *, json: bool
) -> int:
    from aideator_cli.actions.selecting import select
    from aideator_cli.cli.naming import the_variation
    from aideator_cli.cli.taken import tell_selected
    from aideator_cli.errors import usage

    if cross_tests:
        raise usage("--cross-tests needs --auto", hint="leave out --cross-tests, or select with --auto")
    tell_selected(select(here, the_variation(here, run if number is None else f"{run}/{number}"), note), json=json)
    return 0
