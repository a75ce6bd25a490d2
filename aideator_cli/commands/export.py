"""`export`: a run as files."""

from pathlib import Path
from typing import Annotated

import typer

from aideator_cli.commands import options


def export(
    run: options.Run,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.", show_default=False)],
    force: Annotated[bool, typer.Option("--force", help="Replace what an earlier export made there.")] = False,
) -> int:
    """Write a run's files into a folder. They are patches, events, results, and checks as JUnit XML."""
    from aideator_cli.sharing.exporting import export as write

    return write(run, folder, force=force)
