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
    """Write patches, events, results and checks (JUnit XML) into a folder."""
    from aideator_cli.sharing.exporting import export as write

    return write(run, folder, force=force)
