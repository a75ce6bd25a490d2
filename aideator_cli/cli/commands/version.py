"""`version`."""

from aideator_cli import __version__
from aideator_cli.cli.commands import options


def version(json: options.Json = False) -> int:
    """Print the version."""
    if json:
        from aideator_cli.cli import terminal
        from aideator_cli.views.json_lines import write

        write(terminal.screen(), {"kind": "version", "version": __version__})
    else:
        print(f"aideator {__version__}")
    return 0
