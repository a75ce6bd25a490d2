"""`version`."""

from typing import Annotated

import typer

from aideator_cli import __version__
from aideator_cli.cli.commands import options


def version(
    check: Annotated[
        bool, typer.Option("--check", help="Also ask the package index of your pip or uv for the newest version.")
    ] = False,
    json: options.Json = False,
) -> int:
    """Print the version."""
    found = _newest() if check else None
    if json:
        from aideator_cli.cli import terminal
        from aideator_cli.views.json.kinds import VERSION

        newest = {"newest": found} if found else {}
        terminal.write_json({"kind": "version", "version": __version__, "json": VERSION, **newest})
        return 0
    print(f"aideator {__version__}")
    if found:
        _tell(found)
    return 0


def _newest() -> str:
    from aideator_cli.system.package_index import newest

    return newest("aideator", __version__)


def _tell(newest: str) -> None:
    from aideator_cli.cli import terminal
    from aideator_cli.system.package_index import is_newer

    if not is_newer(newest, __version__):
        terminal.say("the package index has no newer one")
        return
    terminal.say(f"the package index has {newest}.  {_upgrade()}")


def _upgrade() -> str:
    """Returns the command that fits the way in which this program was installed."""
    import sys
    from pathlib import Path

    folders = Path(sys.prefix).parts
    if "pipx" in folders:
        return "pipx upgrade aideator"
    if "uv" in folders and "tools" in folders:
        return "uv tool upgrade aideator"
    return f"{sys.executable} -m pip install --upgrade aideator"
