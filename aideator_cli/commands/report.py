"""`report`: a run as one page."""

from pathlib import Path
from typing import Annotated

import typer

from aideator_cli.commands import options


def report(
    run: options.Run = "@last",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Default: RUN.html here; - is stdout.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE.")] = False,
) -> int:
    """Write a run as one HTML file to read offline. It has the comparison, diffs, time lines, checks and costs."""
    from aideator_cli.sharing.reporting import report as write

    return write(run, output, force=force)
