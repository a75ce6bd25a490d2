"""Which process moves a team on: how it calls itself, and whether it is still there."""

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from aideator_cli.actions.here import Here
from aideator_cli.errors import unwritable
from aideator_cli.system.host import this_host
from aideator_cli.system.locks import locked
from aideator_cli.system.processes import ProcessId, alive, identify


def own_name() -> str:
    """Returns a new name for this process as the holder of a team's lease."""
    process = identify(os.getpid())
    return f"{os.getpid()} {process.started if process else ''} {uuid.uuid4().hex[:8]}"


@contextmanager
def beginning(here: Here, team: str) -> Iterator[None]:
    """One process at a time begins steps of the team with this home; it looks at its lease again within. Raises `AideatorError`."""
    folder = here.settings.home / "teams"
    with ExitStack() as held:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            held.enter_context(locked(folder / f"{team}.lock"))
        except OSError as error:
            raise unwritable(folder, error) from error
        yield


def forget(here: Here, team: str) -> None:
    """Removes the lock of a team that is deleted."""
    (here.settings.home / "teams" / f"{team}.lock").unlink(missing_ok=True)


def gone(mover: tuple[str, str] | None) -> str | None:
    """Returns the holder of the lease if that was a process of this machine which is not there any more."""
    if mover is None or mover[1] != this_host():
        return None
    pid, started, *_ = f"{mover[0]}  ".split(" ")
    return mover[0] if pid.isdecimal() and not alive(ProcessId(int(pid), started)) else None
