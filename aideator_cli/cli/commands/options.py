"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Run = Annotated[
    str,
    typer.Argument(
        metavar="RUN",
        help="A run's id, a unique prefix of it, its name, or @last for the newest run.",
        show_default=False,
    ),
]
RunOrVariation = Annotated[
    str,
    typer.Argument(
        metavar="RUN[/N]",
        help="A run, or one of its variations, such as k3v9x2q/2. @last is the newest run.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON to stdout, one object per line.")]
View = Annotated[
    str | None,
    typer.Option(
        "--view",
        metavar="panes|live|lines",
        help="Agents side by side, a table, or plain lines. Default: panes on a terminal, else lines.",
        show_default=False,
    ),
]
Plain = Annotated[
    bool,
    typer.Option("--plain", help="For a screen reader: lines with words instead of signs, colours and tables."),
]
NoMouse = Annotated[
    bool, typer.Option("--no-mouse", help="In panes, leave the mouse to the terminal. M does so, too, and back.")
]
Context = Annotated[
    str | None,
    typer.Option(
        "--context", metavar="NAME", help="Kubeconfig context. Default: the current context.", show_default=False
    ),
]
Namespace = Annotated[
    str | None,
    typer.Option(
        "--namespace",
        metavar="NAME",
        help="Kubernetes namespace. Default: the context's namespace.",
        show_default=False,
    ),
]
Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="URL",
        help="The AIdeator server to ask. Default: AIDEATOR_SERVER, or the setting server.",
        show_default=False,
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "-C",
        metavar="DIR",
        help="Git working tree. Default: the current folder's, else that of the run's repository.",
        show_default=False,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        help="Only what is newer than this: 5m (minutes ago), or 2026-01-31T12:00:00Z.",
        show_default=False,
    ),
]
Notify = Annotated[
    str | None,
    typer.Option(
        "--notify",
        metavar="none|bell|desktop",
        help="When all have ended, ring the terminal's bell, or show a notification on the desktop.",
        show_default=False,
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="Use the settings of [profiles.NAME] in config.toml, too. See docs/configuration.md.",
        show_default=False,
    ),
]
