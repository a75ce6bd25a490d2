"""Which process moves a team on: how it calls itself, and whether it is still there."""

import os
import uuid

from aideator_cli.system.host import this_host
from aideator_cli.system.processes import ProcessId, alive, identify


def own_name() -> str:
    """Returns a new name for this process as the holder of a team's lease."""
    process = identify(os.getpid())
    return f"{os.getpid()} {process.started if process else ''} {uuid.uuid4().hex[:8]}"


def gone(mover: tuple[str, str] | None) -> str | None:
    """Returns the holder of the lease if that was a process of this machine which is not there any more."""
    if mover is None or mover[1] != this_host():
        return None
    pid, started, *_ = f"{mover[0]}  ".split(" ")
    return mover[0] if pid.isdecimal() and not alive(ProcessId(int(pid), started)) else None
