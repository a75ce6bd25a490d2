"""`merge`: one patch out of several."""

from typing import Annotated

import typer

from aideator_cli.cli.commands import options, run_options


def merge(
    variations: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN/N…", help="The variations to merge, also of several runs on one commit.", show_default=False
        ),
    ],
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="N:PATH[#HUNK,…]",
            help="Of variation N take only this file or folder, or hunks of a file, counted as `diff` prints them. Repeatable.",
            show_default=False,
        ),
    ] = None,
    take: Annotated[
        list[str] | None,
        typer.Option(
            "--take",
            metavar="N:PATH",
            help="Where changes of this file conflict, take those of variation N. Repeatable.",
            show_default=False,
        ),
    ] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Print the merged patch, and start nothing.")] = False,
    on_interrupt: run_options.OnInterrupt = "leave",
    notify: options.Notify = None,
    detach: run_options.Detach = False,
    view: options.View = None,
    plain: options.Plain = False,
    no_mouse: options.NoMouse = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Merge patches, and check the result as a new run.

    No model is asked. The checks are those of the first variation's run, in the same place.
    """
    from aideator_cli.actions import at_server
    from aideator_cli.actions.merging import Asked, plan, server_for
    from aideator_cli.actions.merging import merge as merge_them
    from aideator_cli.cli import invocation
    from aideator_cli.cli.beginning import begin, go_on_at_server
    from aideator_cli.cli.manner import Manner, cancels
    from aideator_cli.cli.naming import the_named
    from aideator_cli.cli.ringing import ring
    from aideator_cli.cli.viewing import check_view, look

    stops = cancels(on_interrupt)
    check_view(view, json=json)
    here = invocation.here(server)
    asked = Asked({word: the_named(here, word) for word in variations}, only or (), take or ())
    merging = merge_them(here, asked)
    if diff:
        from aideator_cli.cli.commands.diff import print_patch

        return print_patch(merging.merged.patch)
    manner = Manner(
        json=json, view=view, look=look(no_mouse=no_mouse, plain=plain), cancels=stops, ring=ring(here, notify)
    )
    if at := server_for(here, merging):
        return go_on_at_server(here, at, lambda: at_server.merge(here, merging, at), manner, detach=detach)
    return begin(here, plan(here, merging), manner, detach=detach)
