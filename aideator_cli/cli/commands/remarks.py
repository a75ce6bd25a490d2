"""`rename`, `note` and `tag`: what you say of a run."""

from typing import TYPE_CHECKING, Annotated

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here
    from aideator_cli.domain.runs import StoredRun


def rename(
    run: options.Run,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The name. Without it: print the run's name.", show_default=False),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the name away.")] = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Give a run a name, which stands wherever its id does."""
    from aideator_cli.actions import remarking
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.errors import usage

    if remove and name is not None:
        raise usage("NAME and --remove can't be combined", hint="leave out one of them")
    here, asks = invocation.here(server), name is None and not remove
    found = _said(here, run) if asks else remarking.rename(here, run, name)
    if json:
        terminal.write_json({"kind": "name", "run": found.spec.id, "name": found.name})
    elif asks and found.name:
        terminal.screen().line(found.name)
    else:
        terminal.say(f"{found.spec.id} is called {found.name}" if found.name else f"{found.spec.id} has no name")
    return 0


def note(
    run: options.Run,
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT",
            help="The note. - reads standard input, @FILE a file. Without it: print the note.",
            show_default=False,
        ),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove the note.")] = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Write a note on a run, or print it."""
    from aideator_cli.actions import remarking
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.prompt import read_text
    from aideator_cli.errors import usage
    from aideator_cli.text.clean import clean

    if remove and text is not None:
        raise usage("TEXT and --remove can't be combined", hint="leave out one of them")
    here, asks = invocation.here(server), text is None and not remove
    found = _said(here, run) if asks else remarking.note(here, run, read_text(text, "note") if text is not None else "")
    if json:
        terminal.write_json({"kind": "note", "run": found.spec.id, "note": found.note})
    elif not asks:
        terminal.say(f"{found.spec.id} has {'a' if found.note else 'no'} note")
    elif found.note:
        terminal.screen().line(clean(found.note))
    else:
        terminal.say(f"{found.spec.id} has no note")
    return 0


def tag(
    run: options.Run,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]…", help="The tags. Without one: print the run's tags.", show_default=False),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove these tags.")] = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Give tags to a run, or print its tags."""
    from aideator_cli.actions import remarking
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.errors import usage

    if remove and not names:
        raise usage("--remove needs the names of tags", hint="name them after the run")
    here, change = invocation.here(server), remarking.untag if remove else remarking.tag
    found = change(here, run, names) if names else _said(here, run)
    if json:
        terminal.write_json({"kind": "tags", "run": found.spec.id, "tags": list(found.tags)})
    elif names or not found.tags:
        terminal.say(f"{found.spec.id}: {', '.join(found.tags) or 'no tags'}")
    else:
        for name in found.tags:
            terminal.screen().line(name)
    return 0


def _said(here: "Here", word: str) -> "StoredRun":
    from aideator_cli.actions.remarking import said
    from aideator_cli.cli.telling import tell_stale

    named = said(here, word)
    tell_stale(named)
    return named.run
