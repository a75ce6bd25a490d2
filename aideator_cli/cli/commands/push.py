"""`push`: patches become branches on a server."""

from typing import Annotated

import typer

from aideator_cli.cli.commands import options


def push(
    run: options.RunOrVariation,
    to: Annotated[
        str,
        typer.Argument(
            metavar="REMOTE[:PREFIX]",
            help="A remote of your clone, or a git URL. PREFIX/N is the branch of variation N. Default: aideator/RUN.",
            show_default=False,
        ),
    ] = "origin",
    folder: options.Folder = None,
    json: options.Json = False,
) -> int:
    """Push each patch of a run, or the one you name, as a branch."""
    from aideator_cli.actions.pushing import Pushing, push_results
    from aideator_cli.cli import invocation
    from aideator_cli.cli.naming import the_named
    from aideator_cli.cli.pushed import tell_pushed
    from aideator_cli.workspace.pushing import destination

    asked = Pushing(destination(to), folder)
    here = invocation.here()
    return tell_pushed(push_results(here, the_named(here, run), asked), json=json)
