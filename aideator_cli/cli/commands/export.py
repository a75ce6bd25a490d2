"""`export`: a run or a team as files."""

from pathlib import Path
from typing import Annotated

import typer

from aideator_cli.cli.commands import options


def export(
    run: options.Run,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export in DIR.")] = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Write a run's files to a folder. They are patches, events, results, and checks as JUnit XML. Of a team: those of each step."""
    from aideator_cli.actions.sharing.exporting import export as write
    from aideator_cli.actions.sharing.exporting import export_team
    from aideator_cli.actions.teams.knowing import meant, state_of
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.naming import the_run
    from aideator_cli.cli.telling import tell_stale_team
    from aideator_cli.text.figures import plural

    here = invocation.here(server)
    team = meant(here, run)
    if team is not None:
        tell_stale_team(team)
        exported = export_team(here, state_of(here, team), folder, force=force)
    else:
        exported = write(here, the_run(here, run), folder, force=force)
    if json:
        told = {"kind": "exported", "run": exported.run, "folder": str(folder.absolute()), "files": exported.files}
        terminal.write_json(told)
    terminal.say(f"exported {exported.run} to {folder}: {plural(exported.files, 'file')}")
    return 0
