"""`du` and `prune`: what runs hold on this machine, and deleting old ones."""

from typing import Annotated

import typer

from aideator_cli.cli.commands import options


def du(json: options.Json = False) -> int:
    """Show what each run holds on this machine, the largest first."""
    from aideator_cli.actions.holdings import holdings
    from aideator_cli.cli import invocation, terminal

    found = holdings(invocation.here())
    if not json:
        from aideator_cli.views.text.held import show_holdings

        show_holdings(terminal.screen(), found)
        return 0
    from aideator_cli.views.json_lines import held_record

    for each in found.runs:
        terminal.write_json({"kind": "held", **held_record(each)})
    for name, size in found.strays.items():
        terminal.write_json({"kind": "stray", "run": name, "file_bytes": size})
    terminal.write_json({"kind": "du", "database_bytes": found.database_bytes, "file_bytes": found.file_bytes})
    return 0


def prune(
    older_than: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Runs that ended longer ago than this: 30d, 12h.", show_default=False),
    ] = None,
    keep: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Leave the newest N runs.", show_default=False)
    ] = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="objects|files",
            help="Keep the runs, and delete only their Jobs and ConfigMaps, or only their files on this machine.",
            show_default=False,
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do it. Without it, prune says what it would do.")] = False,
    json: options.Json = False,
) -> int:
    """Say which old runs can be deleted, and with --yes delete them.

    Runs with the tag keep stay, and with a run of a team all of its runs.
    """
    from aideator_cli.actions import pruning
    from aideator_cli.cli import invocation
    from aideator_cli.cli.pruned import do, tell
    from aideator_cli.text.durations import seconds

    here = invocation.here()
    age = None if older_than is None else seconds("--older-than", older_than)
    planned = pruning.plan(here, pruning.Order(age, keep, only))
    return do(here, planned, json=json) if yes else tell(planned, json=json)
