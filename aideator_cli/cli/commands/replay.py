"""`replay`: a stored run as it was."""

from pathlib import Path
from typing import Annotated

import typer

from aideator_cli.cli.commands import options


def replay(
    run: options.RunOrVariation = "@last",
    speed: Annotated[float, typer.Option("--speed", metavar="X", help="Play X times as fast as the run was.")] = 1.0,
    max_pause: Annotated[
        str, typer.Option("--max-pause", metavar="TIME", help="Shorten longer pauses to this.")
    ] = "2s",
    view: Annotated[
        str | None,
        typer.Option(
            "--view",
            metavar="panes|live|lines",
            help="Agents side by side, a table, or plain lines. Default: panes on a terminal, else lines.",
            show_default=False,
        ),
    ] = None,
    plain: options.Plain = False,
    no_mouse: options.NoMouse = False,
    cast: Annotated[
        Path | None,
        typer.Option(
            "--cast",
            metavar="FILE",
            help="Write an asciinema recording instead, with --view lines or live.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite FILE if it exists.")] = False,
) -> int:
    """Play back a stored run as it happened."""
    from aideator_cli.cli.replayed import play, record
    from aideator_cli.cli.viewing import look
    from aideator_cli.errors import usage
    from aideator_cli.stream.pacing import Pace
    from aideator_cli.text.durations import seconds

    if not speed > 0:
        raise usage(f"--speed takes a number above 0, not {speed:g}")
    pace = Pace(speed, seconds("--max-pause", max_pause))
    return (
        play(run, pace, view, look(no_mouse=no_mouse, plain=plain))
        if cast is None
        else record(run, pace, view, cast, force=force)
    )
