"""`stats`: all runs at once."""

from typing import Annotated

import typer

from aideator_cli.cli.commands import options


def stats(
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="model|agent|role|prompt|temperature|repo", help="What to group by: one line per group."
        ),
    ] = "model",
    since: options.Since = None,
    repo: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Only runs whose repository URL or path contains TEXT.", show_default=False),
    ] = None,
    answers: Annotated[
        bool, typer.Option("--answers", help="Count the runs that ask for an answer, not those for patches.")
    ] = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Summarize the results of all runs. It counts successes, selections, costs, times and failures."""
    from aideator_cli.actions.stats import Counting
    from aideator_cli.actions.stats import stats as count
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.stream import sieve

    here, counting = invocation.here(server), Counting(by, sieve.since(since), repo, answers)
    if here.settings.server is None:
        groups = count(here, counting)
    else:
        from aideator_cli.actions import at_server
        from aideator_cli.actions.places import server_at

        groups = at_server.stats(server_at(here.settings.server, here.settings), counting)
    if json:
        for group in groups:
            terminal.write_json({"kind": "stats", "by": by, **group.as_json()})
    elif groups:
        from aideator_cli.views.text.stats import show_stats

        terminal.say(show_stats(terminal.screen(), by, groups))
    else:
        _say_none(filtered=bool(since or repo or answers))
    return 0


def _say_none(*, filtered: bool) -> None:
    from aideator_cli.cli import terminal
    from aideator_cli.cli.invocation import command

    terminal.say("no run matches" if filtered else f"no runs yet: {command('run')} REPO PROMPT, or {command('demo')}")
