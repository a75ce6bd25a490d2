"""`logs`: what the agents wrote."""

from typing import Annotated

import typer

from aideator_cli.commands import options


def logs(
    run: options.RunOrVariation = "@last",
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the agents have ended.")] = False,
    type: Annotated[  # noqa: A002
        list[str] | None,
        typer.Option(
            "--type", metavar="TYPE,…", help="Events of these types only: say, call, output, end, …", show_default=False
        ),
    ] = None,
    since: options.Since = None,
    json: options.Json = False,
) -> int:
    """Show what the agents wrote; --json gives their very bytes."""
    from aideator_cli.reading import show_logs
    from aideator_cli.stream import sieve

    return show_logs(run, sieve.types(type), sieve.since(since), follow=follow, json=json)
