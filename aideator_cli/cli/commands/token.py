"""`token`: what users of the server identify themselves with. The secret is shown once, and stored nowhere."""

from typing import Annotated

import typer

from aideator_cli.cli.commands import options

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="What the token is for, such as laptop or ci.", show_default=False)
]
Id = Annotated[str, typer.Argument(metavar="ID", help="The token's id, as `token list` shows it.", show_default=False)]
User = Annotated[
    str | None,
    typer.Option("--user", metavar="USER", help="Whose token it is. Default: you.", show_default=False),
]
OfUser = Annotated[
    str | None, typer.Option("--user", metavar="USER", help="Only this user's tokens.", show_default=False)
]
Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        metavar="read|run|admin",
        help="What it allows: read runs, also start and change them, or see those of all users. You can give several. "
        "Default: read and run.",
        show_default=False,
    ),
]
Expires = Annotated[
    str | None,
    typer.Option(
        "--expires",
        metavar="TIME",
        help="How long it counts, such as 90d. Default: until it is revoked.",
        show_default=False,
    ),
]


def create(
    name: Name, user: User = None, scope: Scopes = None, expires: Expires = None, json: options.Json = False
) -> int:
    """Create a token for the server, and print it once."""
    from aideator_cli.actions import tokens
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.text.durations import seconds
    from aideator_cli.views.text.tokens import record

    age = None if expires is None else seconds("--expires", expires)
    token, secret = tokens.create(invocation.here(), tokens.Order(name, user, tuple(scope or ()), age))
    if json:
        terminal.write_json({**record(token), "secret": secret})
    else:
        terminal.say(f"token {token.id} of {token.owner}; nobody can show it again:")
        terminal.screen().line(secret)
    return 0


def list_tokens(user: OfUser = None, json: options.Json = False) -> int:
    """List the tokens, newest first, without their secrets."""
    from aideator_cli.actions import tokens
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.views.text.tokens import record, show_tokens

    found = tokens.listed(invocation.here(), user)
    if json:
        for token in found:
            terminal.write_json(record(token))
    elif found:
        show_tokens(terminal.screen(), found)
    else:
        terminal.say(f"no tokens yet: {invocation.command('token', 'create')} NAME")
    return 0


def revoke(id_: Id) -> int:
    """Revoke a token, which stops counting at once."""
    from aideator_cli.actions import tokens
    from aideator_cli.cli import invocation, terminal

    token = tokens.revoke(invocation.here(), id_)
    terminal.say(f"revoked {token.id} of {token.owner} ({token.name})")
    return 0
