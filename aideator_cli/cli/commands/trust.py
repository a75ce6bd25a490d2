"""`trust`: the file of a repository counts, until it changes."""

from pathlib import Path
from typing import Annotated

import typer

from aideator_cli.cli.commands import options

Folder = Annotated[
    Path,
    typer.Argument(metavar="[DIR]", help="A folder of the repository. Default: the current one.", show_default=False),
]
Revoke = Annotated[bool, typer.Option("--revoke", help="Trust it no more.")]


def trust(folder: Folder = Path(), revoke: Revoke = False, json: options.Json = False) -> int:
    """Trust a repository's .aideator.toml until the file changes."""
    from aideator_cli.actions import configuring
    from aideator_cli.cli import invocation, terminal, trusting
    from aideator_cli.cli.option_table import option_table
    from aideator_cli.errors import not_found

    here = invocation.here()
    if revoke:
        known = configuring.untrust(here, folder)
        if json:
            _write(folder.absolute(), trusted=False, changed=known)
            return 0
        terminal.say(f"{folder.absolute()} is {'no longer trusted' if known else 'not trusted anyway'}")
        return 0
    found = configuring.of_repository(here, option_table(), folder)
    if found is None:
        raise not_found(f"{folder.absolute()} is in no git repository with an .aideator.toml")
    if not found.trusted:
        trusting.tell(found.file)
    configuring.trust(here, found.file)
    if json:
        _write(found.file.path, trusted=True, changed=not found.trusted)
        return 0
    terminal.say(f"{found.file.path} is trusted until it changes")
    return 0


def _write(place: Path, *, trusted: bool, changed: bool) -> None:
    from aideator_cli.cli import terminal

    terminal.write_json({"kind": "trust", "place": str(place), "trusted": trusted, "changed": changed})
