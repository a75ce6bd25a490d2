"""`man`."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Such as ~/.local/share/man/man1.", show_default=False)]


def man(folder: Folder) -> int:
    """Write a manual page for each command to a folder. Then `man aideator` and `man aideator-run` show them."""
    from aideator_cli.cli import terminal
    from aideator_cli.cli.manual import pages
    from aideator_cli.errors import unwritable
    from aideator_cli.system.output_file import output_file

    folder = folder.expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    made = pages()
    for name, text in made.items():
        with output_file(folder / f"{name}.1", force=True) as out:
            out.write(text)
    terminal.say(f"wrote {len(made)} manual pages to {folder}")
    return 0
