"""What `run` can be told about the repository."""

from typing import Annotated

import typer

GitSecret = Annotated[
    str | None,
    typer.Option(
        "--git-secret",
        metavar="NAME",
        help="Kubernetes Secret for a private repository: GIT_TOKEN, or ssh-privatekey and known_hosts.",
        show_default=False,
    ),
]
Subdir = Annotated[
    str | None,
    typer.Option(
        metavar="PATH", help="Folder of the repository in which the agents and the checks start.", show_default=False
    ),
]
Depth = Annotated[
    int | None,
    typer.Option(metavar="N", help="Clone only the newest N commits. Default: all of them.", show_default=False),
]
Sparse = Annotated[
    list[str] | None,
    typer.Option(
        "--sparse",
        metavar="PATH",
        help="Check out only this folder, and the files above it. Repeatable.",
        show_default=False,
    ),
]
Push = Annotated[
    str | None,
    typer.Option(
        "--push",
        metavar="REMOTE[:PREFIX]",
        help="When all agents have ended, push each patch as a branch PREFIX/N. Default: aideator/RUN/N.",
        show_default=False,
    ),
]
NoSubmodules = Annotated[bool, typer.Option("--no-submodules", help="Don't check out submodules.")]
