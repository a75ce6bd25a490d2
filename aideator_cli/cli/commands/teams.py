"""`teams`: stages that hand work to each other."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.domain.teams import Team

Name = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A team's name, or its file.", show_default=False)]
NewName = Annotated[str, typer.Argument(metavar="NAME", help="The new team's name.", show_default=False)]
Like = Annotated[
    str | None,
    typer.Option("--from", metavar="NAME|FILE", help="Begin with a copy of this team.", show_default=False),
]


def list_teams(json: options.Json = False) -> int:
    """List the teams: the shipped ones and the repository's."""
    from aideator_cli.actions.teams import defining
    from aideator_cli.cli import terminal

    found = defining.everyone(Path.cwd())
    if json:
        terminal.write_json(*map(_record, found))
        return 0
    from aideator_cli.views.text.teams import show_teams

    show_teams(terminal.screen(), found)
    return 0


def show(team: Name, json: options.Json = False) -> int:
    """Print a team's file."""
    from aideator_cli.actions.teams import defining
    from aideator_cli.cli import terminal

    found, text = defining.read(team, Path.cwd())
    if json:
        terminal.write_json({**_record(found), "text": text})
        return 0
    from aideator_cli.views.text.roles import show_source

    show_source(terminal.screen(), text)
    return 0


def new(name: NewName, like: Like = None, json: options.Json = False) -> int:
    """Make a team of the repository's own, to edit. Its path is printed."""
    from aideator_cli.actions.teams import defining
    from aideator_cli.cli import invocation, terminal

    path = defining.make(name, like, Path.cwd())
    if json:
        terminal.write_json(_record(defining.read(str(path), Path.cwd())[0]))
        return 0
    terminal.screen().line(str(path))
    terminal.say(f"edit it, then: {invocation.command('run', '.', 'PROMPT', '--team', path.stem)}")
    return 0


def check(team: Name, json: options.Json = False) -> int:
    """Check a team's file, with the roles and agents that it names."""
    from aideator_cli.actions.teams import defining
    from aideator_cli.cli import invocation, terminal

    found = defining.checked(invocation.here(), team, Path.cwd())
    if json:
        terminal.write_json(_record(found))
        return 0
    from aideator_cli.views.text.teams import show_graph

    show_graph(terminal.screen(), found)
    return 0


def _record(team: "Team") -> dict[str, Any]:
    from aideator_cli.views.json.teams import definition

    return definition(team)
