"""`mcp`: the tools for other agents."""

from typing import Annotated

import typer


def mcp(
    allow_local_shell: Annotated[
        bool,
        typer.Option(
            "--allow-local-shell",
            help="Let tool calls start agents whose commands run on this machine as you.",
        ),
    ] = False,
) -> int:
    """Serve runs as tools to another agent, such as Claude Code.

    The agent's program starts this command, and speaks the Model Context Protocol with it over stdin and stdout.
    The tools start runs, wait, compare, show patches and select. None of them changes your files.
    """
    from aideator_cli.cli import invocation, terminal
    from aideator_cli.errors import usage
    from aideator_cli.system.installation import adding

    try:
        from aideator_cli.server.model_context import serve
    except ImportError as error:
        raise usage(f"aideator mcp needs {error.name}, which is not installed", hint=adding("server")) from error

    if terminal.is_asked():
        terminal.say(
            "this speaks the Model Context Protocol: let a client start it, see docs/mcp-server.md; Ctrl-D ends it"
        )
    try:
        serve(invocation.here(), shell=allow_local_shell)
    except KeyboardInterrupt:  # told to stop, and it has
        terminal.end_line()
    return 0
