"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Run = Annotated[
    str, typer.Argument(metavar="RUN", help="A run's id, a unique beginning of it, or @last.", show_default=False)
]
RunOrVariation = Annotated[
    str,
    typer.Argument(
        metavar="RUN[/N]",
        help="A run, or one variation of it, such as k3v9x2q/2; @last is the newest.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout.")]
View = Annotated[
    str | None,
    typer.Option(
        "--view",
        metavar="panes|live|lines",
        help="Side by side, a table, or lines. Default: panes on a terminal, else lines.",
        show_default=False,
    ),
]
Context = Annotated[
    str | None, typer.Option("--context", help="The kubeconfig context. Default: the current one.", show_default=False)
]
Namespace = Annotated[
    str | None, typer.Option("--namespace", help="The namespace. Default: the context's.", show_default=False)
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "-C",
        metavar="DIR",
        help="The working tree. Default: the current folder's, else that of the repository which the run began with.",
        show_default=False,
    ),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="From then on: 5m ago, or 2026-01-31T12:00:00Z.", show_default=False),
]
