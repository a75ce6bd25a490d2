"""`apply` and `undo`: one is taken, and given back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.finding import Named
    from aideator_cli.result import Result
    from aideator_cli.store import Store


def apply(
    run: options.RunOrVariation = "@last",
    folder: options.Folder = None,
    three_way: Annotated[
        bool, typer.Option("--3way", help="Merge where HEAD's files differ from those that the run began with.")
    ] = False,
    branch: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Commit on a new branch from the run's base; HEAD and files stay.", show_default=False
        ),
    ] = None,
    worktree: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Into a new working tree of its own.", show_default=False)
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether it would apply.")] = False,
    json: options.Json = False,
) -> int:
    """Apply the selected patch, or the one named: whole or not at all."""
    from aideator_cli import terminal
    from aideator_cli.applying import Way, apply_result
    from aideator_cli.choice.choosing import misgiving
    from aideator_cli.choice.taking import tell_applied
    from aideator_cli.finding import find
    from aideator_cli.refreshing import refresh
    from aideator_cli.settings import Settings
    from aideator_cli.store import Store

    settings = Settings()
    store = Store.open(settings.home)
    named = refresh(find(run, store, settings), store, settings)
    way = Way(three_way, branch, worktree, check)
    picked = _picked(named, store)
    if picked.patch and (against := misgiving(named.run.spec, picked)):
        terminal.warn(against)
    applied = apply_result(named.run.spec, picked, way, folder=folder, origin=named.run.repository_path)
    if not check:
        _remember(named, picked, store)
    return tell_applied(applied, json=json)


def _picked(named: "Named", store: "Store") -> "Result":
    """The result that is named, else the selected attempt's."""
    from aideator_cli.errors import usage
    from aideator_cli.invocation import command
    from aideator_cli.stream.recording import last_result

    spec, selection = named.run.spec, store.selection(named.run.spec.id)
    number = named.variation or (selection.variation if selection else None)
    if number is None:
        raise usage(
            f"nothing is selected in run {spec.id}",
            hint=f"{command('select', spec.id)} N, or {command('apply')} {spec.id}/N",
        )
    return last_result(store, spec, number, selection.attempt if selection and named.variation is None else None)


def _remember(named: "Named", picked: "Result", store: "Store") -> None:
    """Whoever applies one has chosen it, where nothing is selected."""
    from aideator_cli.clock import now
    from aideator_cli.store import Selection

    run = named.run.spec.id
    if picked.attempt is not None and store.selection(run) is None:
        store.select(run, Selection(picked.variation, picked.attempt, now(), "applied"))


def undo(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN[/N]]", help="What to take back. Default: what was applied last.", show_default=False
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("-C", metavar="DIR", help="The working tree. Default: the current folder's.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Even where the files have changed since.")] = False,
) -> int:
    """Take an applied patch back: the files are as they were before."""
    from aideator_cli import applying, terminal

    target = applying.working_tree(folder or Path.cwd())
    journal = applying.undo(target, run, force=force)
    terminal.say(f"took {journal.name} back: {target.top} is as it was before")
    return 0
