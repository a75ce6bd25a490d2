"""`retry`: another attempt."""

from typing import Annotated

import typer

from aideator_cli.commands import options


def retry(
    run: options.RunOrVariation,
    force: Annotated[
        bool, typer.Option("--force", help="Whatever the result is; else only what infrastructure has failed.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return as soon as it is accepted.")] = False,
    context: options.Context = None,
    namespace: options.Namespace = None,
    json: options.Json = False,
) -> int:
    """Try again what infrastructure has failed. Earlier attempts stay."""
    from aideator_cli.backends import Wish
    from aideator_cli.retrying import retry as try_again
    from aideator_cli.running import Manner

    return try_again(run, Wish(None, context, namespace), Manner(detach=detach, json=json), force=force)
