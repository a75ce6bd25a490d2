"""`stats`: all runs at once."""

from typing import Annotated

import typer

from aideator_cli.commands import options


def stats(
    by: Annotated[
        str, typer.Option("--by", metavar="model|role|prompt|temperature|repo", help="What makes a line.")
    ] = "model",
    since: options.Since = None,
    repo: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Only runs with this in their repository's URL or path.", show_default=False),
    ] = None,
    json: options.Json = False,
) -> int:
    """Count what came of all runs here. By success, selections, cost, time and failures."""
    from aideator_cli.stats import stats as count
    from aideator_cli.stream import sieve

    return count(by, since=sieve.since(since), repository=repo, json=json)
