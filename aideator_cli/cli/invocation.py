"""How this program was called: by which name, so that a shown command works when you paste it, and by whom."""

import shlex
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aideator_cli.actions.here import Here
    from aideator_cli.system.configuration.options import Table
    from aideator_cli.system.settings import Choice, Settings

_settings: "ContextVar[Settings | None]" = ContextVar("_settings", default=None)  # of the command that runs
options: "Callable[[], Table] | None" = (
    None  # what can be configured. The commands say it: the options of `run`, which uses this module
)


def program() -> str:
    """Returns `aideator` if the shell would run this program by that name, else the shortest path to it."""
    called = Path(sys.argv[0])
    if called.name == "kubectl-aideator":
        return "kubectl aideator"
    if called.name != "aideator":
        return "aideator"
    found = shutil.which("aideator")
    if found and Path(found).exists() and called.exists() and called.samefile(found):
        return "aideator"
    try:
        here = Path.cwd()
    except OSError:  # the folder is gone
        return shlex.quote(str(called))
    path = called.absolute()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def path() -> str:
    """Returns what a script calls this program by, from whatever folder: `aideator` if it is on the PATH, else its quoted path."""
    called = Path(sys.argv[0]).absolute()
    found = shutil.which("aideator")
    ours = called.with_name("aideator")
    return shlex.quote(str(ours)) if ours.exists() and not (found and Path(found).samefile(ours)) else "aideator"


def command(*words: str) -> str:
    return " ".join([program(), *map(shlex.quote, words)])


def here(server: str | None = None) -> "Here":
    """Returns what a command passes to the actions. `server`: where it looks for runs that are not known here, if --server names one."""
    from aideator_cli.actions.here import Here

    if server is not None:
        from aideator_cli.system.settings import Choice

        return Here(settings(Choice(server=server)))
    return Here(_settings.get() or settings())


def settings(choice: "Choice | None" = None) -> "Settings":
    """Returns the folders and the configuration. `choice`: what this call chose of it."""
    from aideator_cli.system.settings import Choice, Settings

    return Settings(interactive=sys.stdin.isatty(), table=options, choice=choice or Choice())


@contextmanager
def using(chosen: "Settings") -> Iterator[None]:
    """Within it, `here` has these settings."""
    token = _settings.set(chosen)
    try:
        yield
    finally:
        _settings.reset(token)
