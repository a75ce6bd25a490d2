"""`serve`: the HTTP API."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="The port to listen on. 0: any free one.")
    ] = 8642,
    demo: Annotated[
        bool, typer.Option("--demo", help="Also start the demo's three scripted agents, which need no model.")
    ] = False,
    no_token: Annotated[
        bool,
        typer.Option("--no-token", help="Also listen for others while nobody has a token: one can be made later."),
    ] = False,
    log: Annotated[
        str,
        typer.Option(
            "--log", metavar="text|json", help="text: warnings alone. json: requests, too, one object a line on stderr."
        ),
    ] = "text",
) -> int:
    """Serve the HTTP API, until Ctrl-C.

    It serves the runs of this machine, and follows those at work as `watch` does. Without tokens it listens only
    on this machine: see `token create`.
    """
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.errors import usage
    from aideator_cli.system.installation import adding

    if log not in ("text", "json"):
        raise usage(f"--log is text or json, not {log!r}")
    as_json = log == "json"
    try:
        from aideator_cli.server.serving import serve as run
    except ImportError as error:
        raise usage(f"aideator serve needs {error.name}, which is not installed", hint=adding("server")) from error

    here = invocation.here()

    def said(address: str) -> None:
        if as_json:  # the log says it
            if demo:
                _start_demo(here)
            return
        terminal.say(f"serving on {address}; {address}/docs shows the API; Ctrl-C ends the server, not the agents")
        if demo:
            terminal.say(f"the demo's run: {address}/runs/{_start_demo(here)}")

    try:
        run(here, host, port, said, terminal.log if as_json else None, no_token=no_token)
    except KeyboardInterrupt:  # told to stop, and it has
        if not as_json:
            terminal.end_line()
    return 0


def _start_demo(here: "Here") -> str:
    from aideator_cli.actions.demo import plan_demo
    from aideator_cli.actions.starting import start
    from aideator_cli.intake.request import Where

    own = here.again()
    return start(own, plan_demo(own, Where("local"))).spec.id
