"""`roles`: what agents can be told to be."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from aideator_cli.intake.roles.role import Role

Name = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A role's name, or its file.", show_default=False)]
NewName = Annotated[str, typer.Argument(metavar="NAME", help="The new role's name.", show_default=False)]
Like = Annotated[
    str | None,
    typer.Option("--from", metavar="NAME|FILE", help="Begin with a copy of this role.", show_default=False),
]


def list_roles(json: options.Json = False) -> int:
    """List the roles: the shipped ones and your own."""
    from aideator_cli.actions import roles
    from aideator_cli.cli import invocation, terminal

    found = roles.everyone(invocation.here())
    if json:
        terminal.write_json(*map(_record, found))
        return 0
    from aideator_cli.views.text.roles import show_roles

    show_roles(terminal.screen(), found)
    return 0


def show(role: Name, json: options.Json = False) -> int:
    """Print a role's file."""
    from aideator_cli.actions import roles
    from aideator_cli.cli import invocation, terminal

    found, text = roles.read(invocation.here(), role)
    if json:
        terminal.write_json({**_record(found), "text": found.text})
        return 0
    from aideator_cli.views.text.roles import show_source

    show_source(terminal.screen(), text)
    return 0


def new(name: NewName, like: Like = None, json: options.Json = False) -> int:
    """Make a role of your own, to edit. Its path is printed."""
    from aideator_cli.actions import roles
    from aideator_cli.cli import invocation, terminal

    here = invocation.here()
    path = roles.make(here, name, like)
    if json:
        terminal.write_json(_record(roles.read(here, str(path))[0]))
        return 0
    terminal.screen().line(str(path))
    terminal.say(f"edit it, then: {invocation.command('run', 'REPO', 'PROMPT', '--role', path.stem)}")
    return 0


def _record(role: "Role") -> dict[str, Any]:
    return {
        "kind": "role",
        "name": role.name,
        "place": role.place,
        "description": role.description,
        "agent": role.agent,
        "model": role.model,
        "temperature": role.temperature,
        "tools": role.tools,
        "limits": {"steps": role.steps, "seconds": role.seconds, "cost": role.cost, "tokens": role.tokens},
    }
