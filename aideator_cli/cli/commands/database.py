"""`database`: what an operator does with the store as a whole."""

from typing import Annotated

import typer

To = Annotated[
    int | None,
    typer.Option("--to", metavar="VERSION", help="The schema's version. Default: this AIdeator's.", show_default=False),
]
Yes = Annotated[bool, typer.Option("-y", "--yes", help="Also go down, which deletes what later versions have stored.")]


def migrate(to: To = None, yes: Yes = False) -> int:
    """Migrate the schema up, or down for an earlier AIdeator."""
    from aideator_cli.actions import migrating
    from aideator_cli.cli import invocation, terminal

    done = migrating.migrate(invocation.here(), to, may_delete=yes)
    if done.before == done.after:
        terminal.say(f"{done.where} has schema {done.after} already")
    else:
        terminal.say(f"{done.where} is migrated from schema {done.before} to {done.after}")
    return 0
