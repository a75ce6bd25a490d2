"""`logs`: what the agents wrote."""

from typing import Annotated

import typer

from aideator_cli.cli.commands import options


def logs(
    run: options.RunOrVariation = "@last",
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Keep printing until the agents have ended.")] = False,
    type: Annotated[  # noqa: A002
        list[str] | None,
        typer.Option(
            "--type",
            metavar="TYPE,…",
            help="Only events of these types, such as say, call, output and end.",
            show_default=False,
        ),
    ] = None,
    since: options.Since = None,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Print the agents' events. --json prints them byte for byte."""
    from aideator_cli.actions import reading
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.stream import sieve
    from aideator_cli.views.json_lines import show_raw
    from aideator_cli.views.text.lines import BETWEEN_TURNS, show_lines

    wanted_types = sieve.types(type)
    if wanted_types is not None and not json:
        wanted_types |= BETWEEN_TURNS
    wanted = reading.Wanted(wanted_types, sieve.since(since), follow, by_attempt=json)
    with reading.logs(invocation.here(server), run, wanted) as (spec, batches):
        if json:
            show_raw(terminal.screen(), (list(batch) for batch in batches))
        else:
            show_lines(terminal.screen(), spec, (list(batch) for batch in batches), whole=True)
    return 0
