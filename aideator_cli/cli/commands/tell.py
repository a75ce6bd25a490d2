"""`tell`: says something to agents at work."""

from typing import Annotated

import typer

from aideator_cli.cli.commands import options


def tell(
    run: options.RunOrVariation,
    message: Annotated[
        str, typer.Argument(metavar="MESSAGE", help="What to say. - reads standard input, @FILE a file.")
    ],
    context: options.Context = None,
    namespace: options.Namespace = None,
    server: options.Server = None,
    json: options.Json = False,
) -> int:
    """Tell agents something, which they get before their next turn."""
    from aideator_cli.actions import telling
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.cli.prompt import read_text
    from aideator_cli.intake.request import Where

    text = read_text(message, "message")
    told = telling.tell(invocation.here(server), run, text, Where(None, context, namespace))
    if json:
        for number in (*told.arrived, *told.missed):
            record = {"kind": "told", "run": told.run, "variation": number, "message": told.message}
            terminal.write_json({**record, "arrived": number in told.arrived, "why": told.missed.get(number)})
        return 0
    terminal.say(f"told {', '.join(f'{told.run}/{number}' for number in told.arrived)}")
    for number, why in told.missed.items():
        terminal.warn(f"{told.run}/{number} does not get the message: {why}")
    return 0
