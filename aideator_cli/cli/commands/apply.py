"""`apply` and `undo`: one is taken, and given back."""

from pathlib import Path
from typing import Annotated

import typer

from aideator_cli.cli.commands import options


def apply(
    run: options.RunOrVariation = "@last",
    folder: options.Folder = None,
    three_way: Annotated[
        bool, typer.Option("--3way", help="Merge if files at HEAD differ from the run's base.")
    ] = False,
    branch: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Commit to a new branch from the run's base, and leave HEAD and your files alone.",
            show_default=False,
        ),
    ] = None,
    worktree: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Apply the patch in a new working tree.", show_default=False)
    ] = None,
    no_sign: Annotated[
        bool, typer.Option("--no-sign", help="With --branch: don't sign the commit, whatever commit.gpgSign says.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="PATH",
            help="Apply only this file, folder or git pathspec, from the top of the repository. Repeatable.",
            show_default=False,
        ),
    ] = None,
    tidy: Annotated[
        bool, typer.Option("--tidy", help="Leave out build output, logs and what editors leave behind.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Only tell whether the patch would apply.")] = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Apply the selected patch, or the one you name. It applies completely or not at all."""
    from aideator_cli.actions.applying import apply as apply_patch
    from aideator_cli.actions.applying import pick
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.naming import the_named
    from aideator_cli.cli.taken import tell_applied
    from aideator_cli.workspace.pick import Way

    here = invocation.here(server)
    picked = pick(here, the_named(here, run))
    if picked.misgiving:
        terminal.warn(picked.misgiving)
    way = Way(three_way, branch, worktree, check, not no_sign, tuple(only or ()), tidy)
    return tell_applied(apply_patch(here, picked, way, folder), json=json)


def undo(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN[/N]]", help="The run or variation to undo. Default: the one applied last.", show_default=False
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("-C", metavar="DIR", help="Git working tree. Default: the current folder's.", show_default=False),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Undo even if you have changed the files since. Those changes are lost.")
    ] = False,
    json: options.Json = False,
) -> int:
    """Undo an applied patch, and put your files back as they were."""
    from aideator_cli.actions.applying import undo_last
    from aideator_cli.cli import invocation, terminal

    undone = undo_last(invocation.here(), folder, run, force=force)
    if json:
        of, _, number = undone.name.partition("/")
        told = {"kind": "undone", "run": of, "variation": int(number), "folder": str(undone.folder)}
        terminal.write_json(told)
    terminal.say(f"undid {undone.name}: the files in {undone.folder} are as they were before")
    return 0
