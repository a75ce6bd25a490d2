"""Long texts through the user's pager, as git finds it: pager.diff, GIT_PAGER, core.pager, PAGER, else less."""

import os
import subprocess
import sys
from pathlib import Path

from aideator_cli.git import Git


def page(text: str) -> None:
    """On a terminal only; the text may hold colours, and nothing else that a terminal would obey."""
    command = _command()
    if command is None:
        print(text, end="")
        return
    environment = {"LESS": "FRX", "LV": "-c", **os.environ}
    with subprocess.Popen(["sh", "-c", command], stdin=subprocess.PIPE, env=environment) as pager:
        assert pager.stdin is not None
        try:
            pager.stdin.write(text.encode(errors="replace"))
            pager.stdin.close()
        except BrokenPipeError:  # it was left before it had read everything
            pass
        while pager.poll() is None:
            try:
                pager.wait()
            except KeyboardInterrupt:  # the pager's to take
                continue


def _command() -> str | None:
    """None: none is wanted."""
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return None
    git = Git(Path.cwd(), settings=())
    own = git.run("config", "pager.diff").out.decode(errors="replace").strip()
    if own.lower() in ("false", "no", "off", "0"):
        return None
    asked = own if own and own.lower() not in ("true", "yes", "on", "1") else ""
    command = asked or git.run("var", "GIT_PAGER").out.decode(errors="replace").strip()
    return None if command in ("", "cat") else command
