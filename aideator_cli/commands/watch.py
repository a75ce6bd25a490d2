"""`watch`, `wait` and `cancel`: runs that are under way."""

from typing import Annotated

import typer

from aideator_cli.commands import options


def watch(
    run: options.Run = "@last",
    since: options.Since = None,
    tail: Annotated[
        int | None,
        typer.Option(
            "--tail", metavar="N", min=0, help="Of what was before, the last N of each variation.", show_default=False
        ),
    ] = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    view: options.View = None,
    json: options.Json = False,
) -> int:
    """Show a run from its first event until it ends."""
    from aideator_cli.backends import Wish
    from aideator_cli.running import Manner
    from aideator_cli.running import watch as attend
    from aideator_cli.stream import sieve

    return attend(
        run, Wish(None, context, namespace), Manner(json=json, view=view, since=sieve.since(since), tail=tail)
    )


def wait(
    runs: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN]...", help="Runs; default: @last.", show_default=False)
    ] = None,
    until: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="all|any|first-success",
            help="All runs have ended, one has, or one variation has succeeded.",
        ),
    ] = "all",
    timeout: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Such as 90s, 30m, 2h; then exit 124. Default: none.", show_default=False),
    ] = None,
    context: options.Context = None,
    namespace: options.Namespace = None,
    json: options.Json = False,
) -> int:
    """Wait until runs have ended; exit as they did."""
    from aideator_cli.backends import Wish
    from aideator_cli.durations import seconds
    from aideator_cli.waiting import wait_for

    limit = None if timeout is None else seconds("--timeout", timeout)
    return wait_for(runs or ["@last"], until, limit, Wish(None, context, namespace), json=json)


def cancel(
    run: options.RunOrVariation,
    context: options.Context = None,
    namespace: options.Namespace = None,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return once the agents are asked.")] = False,
) -> int:
    """Ask agents to stop; they keep what they have made."""
    from aideator_cli.backends import Wish
    from aideator_cli.cancelling import cancel as ask

    return ask(run, Wish(None, context, namespace), wait=not no_wait)
