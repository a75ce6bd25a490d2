"""`completion`."""

import sys
from typing import Annotated

import typer

Shell = Annotated[str, typer.Argument(metavar="bash|zsh|fish", help="Your shell.", show_default=False)]


def completion(shell: Shell) -> int:
    """Print the script that makes Tab complete commands and runs. It completes options and other names, too.

    Load it where your shell starts, such as `source <(aideator completion bash)` in ~/.bashrc. See docs/shells.md.
    """
    from importlib.resources import files

    from aideator_cli.cli import invocation
    from aideator_cli.errors import usage

    if shell not in ("bash", "zsh", "fish"):
        raise usage(f"there is no completion for {shell!r}", "name one of these: bash, zsh, fish")
    script = (files("aideator_templates") / "completion" / f"aideator.{shell}").read_text(encoding="utf-8")
    sys.stdout.write(script.replace("PROGRAM", invocation.path()))
    return 0
