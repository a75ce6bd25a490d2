"""`replay`: a stored run as it was."""

from pathlib import Path
from typing import Annotated

import typer

from aideator_cli.commands import options


def replay(
    run: options.RunOrVariation = "@last",
    speed: Annotated[float, typer.Option("--speed", metavar="X", help="So many times as fast as it was.")] = 1.0,
    max_pause: Annotated[
        str, typer.Option("--max-pause", metavar="TIME", help="The longest that nothing comes.")
    ] = "2s",
    view: Annotated[
        str | None,
        typer.Option(
            "--view", metavar="panes|live|lines", help="Default: panes in a terminal, else lines.", show_default=False
        ),
    ] = None,
    cast: Annotated[
        Path | None,
        typer.Option(
            "--cast", metavar="FILE", help="Record it for asciinema instead: lines or live.", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="FILE may be there already.")] = False,
) -> int:
    """Play a stored run as it was."""
    from aideator_cli.durations import seconds
    from aideator_cli.errors import usage
    from aideator_cli.pacing import Pace
    from aideator_cli.replaying import record
    from aideator_cli.replaying import replay as play

    if not speed > 0:
        raise usage(f"--speed takes a number above 0, not {speed:g}")
    pace = Pace(speed, seconds("--max-pause", max_pause))
    return play(run, pace, view) if cast is None else record(run, pace, view, cast, force=force)
