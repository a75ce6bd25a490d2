"""`webhook`: where a server tells of runs. Through a server, or on its own machine."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from aideator_cli.cli.commands import options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aideator_cli.actions.webhooks.desk import Desk

Id = Annotated[
    str, typer.Argument(metavar="ID", help="The webhook's id, as `webhook list` shows it.", show_default=False)
]
Url = Annotated[
    str, typer.Argument(metavar="URL", help="Where to send what happens, such as a workflow's.", show_default=False)
]
Events = Annotated[
    list[str] | None,
    typer.Option(
        "--event",
        metavar="EVENT",
        help="Only run.started, attempt.started, variation.ended, run.ended or run.selected. Repeatable. Default: all.",
        show_default=False,
    ),
]
User = Annotated[
    str | None,
    typer.Option(
        "--user", metavar="USER", help="On the server's machine: whose runs. Default: everybody's.", show_default=False
    ),
]
Everybody = Annotated[
    bool, typer.Option("--everybody", help="Through a server: everybody's runs, with the scope admin.")
]
Keep = Annotated[
    str,
    typer.Option("--keep", metavar="TIME", help="How long the secret before signs, too, such as 90m; 0: no longer."),
]
Message = Annotated[
    str, typer.Argument(metavar="MESSAGE", help="The message's id, as `webhook dead` shows it.", show_default=False)
]


def add(
    url: Url,
    event: Events = None,
    user: User = None,
    everybody: Everybody = False,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Add a webhook, and print the secret that signs its messages, once."""
    made = _desk(server).add(url, event or (), user, everybody=everybody)
    return _tell_secret(made, f"gets {', '.join(made['events'])}; nobody can show its secret again", json=json)


def list_webhooks(server: options.Server = None, json: options.Json = False) -> int:
    """List the webhooks, without their secrets."""
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.views.text.webhooks import show_webhooks

    found = _desk(server).listed()
    if json:
        terminal.write_json(*found)
    elif found:
        show_webhooks(terminal.screen(), found)
    else:
        terminal.say(f"no webhooks yet: {invocation.command('webhook', 'add')} URL")
    return 0


def rotate(id_: Id, keep: Keep = "24h", server: options.Server = None, json: options.Json = False) -> int:
    """Give a webhook a new secret, and print it, once. Until --keep is over, messages are signed with both."""
    from aideator_cli.text.durations import seconds

    made = _desk(server).rotate(id_, seconds("--keep", keep))
    return _tell_secret(made, "has a new secret; nobody can show it again", json=json)


def remove(id_: Id, server: options.Server = None) -> int:
    """Remove a webhook, and the messages that wait for it."""
    from aideator_cli.cli import terminal

    _desk(server).remove(id_)
    terminal.say(f"removed {id_}")
    return 0


def test_one(id_: Id, server: options.Server = None, json: options.Json = False) -> int:  # noqa: PT028
    """Send a test message to a webhook now. Exit with 1 if it is not accepted."""
    from aideator_cli.cli import terminal
    from aideator_cli.errors import AideatorError

    told = _desk(server).test(id_)
    if json:
        terminal.write_json(told)
    if not told["accepted"]:
        raise AideatorError(f"{told['url']} does not accept the message: {told['error']}")
    terminal.say(f"{told['url']} has accepted a test message")
    return 0


def dead(server: options.Server = None, json: options.Json = False) -> int:
    """List the messages that were given up, newest first."""
    from aideator_cli.cli import terminal
    from aideator_cli.views.text.webhooks import show_dead

    found = _desk(server).dead()
    if json:
        terminal.write_json(*found)
    elif found:
        show_dead(terminal.screen(), found)
    else:
        terminal.say("no message was given up")
    return 0


def resend(message: Message, server: options.Server = None) -> int:
    """Send a message again that was given up. The server does it within seconds."""
    from aideator_cli.cli import terminal

    _desk(server).resend(message)
    terminal.say(f"{message} is sent again")
    return 0


def _tell_secret(made: "Mapping[str, Any]", what: str, *, json: bool) -> int:
    """Says what the webhook has got, and prints its secret alone, for a pipe."""
    from aideator_cli.cli import terminal
    from aideator_cli.text.clean import one_line

    if json:
        terminal.write_json(made)
    else:
        terminal.say(f"webhook {made['id']} {what}:")
        terminal.screen().line(one_line(str(made["secret"])))
    return 0


def _desk(server: str | None) -> "Desk":
    from aideator_cli.cli import invocation

    here = invocation.here(server)
    if here.settings.server is not None:
        from aideator_cli.actions.webhooks.afar import Afar

        return Afar(here, here.settings.server)
    from aideator_cli.actions.webhooks.here import OwnDesk

    return OwnDesk(here)
