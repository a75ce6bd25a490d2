"""`login` and `logout`: the token for a server. It never comes from the command line."""

import sys
from typing import Annotated

import typer

Url = Annotated[
    str,
    typer.Argument(metavar="URL", help="The server, such as https://aideator.example.org.", show_default=False),
]


def login(url: Url) -> int:
    """Store the token for a server, typed without an echo or piped."""
    from aideator_cli import __version__
    from aideator_cli.actions import logins
    from aideator_cli.cli import invocation, terminal

    token = terminal.hidden("Token: ") if sys.stdin.isatty() else sys.stdin.read(logins.MOST + 1)
    done = logins.login(invocation.here(), url, token)
    who = done.user or "nobody in particular"
    terminal.say(f"logged in to {done.where} as {who} ({', '.join(done.scopes)}); the token is in {done.place}")
    if done.version != __version__:
        terminal.warn(
            f"{done.where} has aideator {done.version}, and this is {__version__}; if something is odd, use one version of both"
        )
    terminal.say(f"to use it always:  {invocation.command('config', 'set', 'server', done.url)}")
    return 0


def logout(url: Url) -> int:
    """Forget the token for a server, which stays valid there."""
    from aideator_cli.actions import logins
    from aideator_cli.cli import invocation, terminal

    where = logins.logout(invocation.here(), url)
    terminal.say(f"forgot the token for {where}; revoke it there if somebody may have seen it")
    return 0
