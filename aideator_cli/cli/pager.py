"""Shows long texts in the user's pager, chosen as git does: pager.diff, GIT_PAGER, core.pager, PAGER, else less."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from aideator_cli.system.git import Git
from aideator_cli.system.signals import Stopped
from aideator_cli.views.screen import Screen


@contextmanager
def paged(screen: Screen) -> Iterator[Screen]:
    """Yields a screen whose text is paged afterwards, or the screen itself if no person reads it."""
    if not screen.is_terminal:
        yield screen
        return
    text = io.StringIO()
    yield replace(screen, out=text)
    _page(text.getvalue())


def _page(text: str) -> None:
    """Only for a terminal. The text may contain colours, but no other control sequences."""
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
        except BrokenPipeError:  # the person quit the pager before it had read everything
            pass
        while pager.poll() is None:
            try:
                pager.wait()
            except Stopped:
                pager.terminate()
                raise
            except KeyboardInterrupt:  # the pager handles it
                continue


def _command() -> str | None:
    """Returns None if the user wants no pager."""
    if not sys.stdout.isatty() or os.environ.get("TERM", "dumb") == "dumb":
        return None
    git = Git(Path.cwd(), settings=())
    own = git.run("config", "pager.diff").out.decode(errors="replace").strip()
    if own.lower() in ("false", "no", "off", "0"):
        return None
    asked = own if own and own.lower() not in ("true", "yes", "on", "1") else ""
    command = asked or git.run("var", "GIT_PAGER").out.decode(errors="replace").strip()
    return None if command in ("", "cat") else command
