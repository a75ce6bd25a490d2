"""Identifies processes by pid and start time, so that a reused pid is never mistaken for the original."""

import os
import signal
import subprocess
from pathlib import Path

from aideator_agent.values import frozen


@frozen
class ProcessId:
    pid: int
    started: str  # in this machine's form: clock ticks since boot on Linux, ps's lstart elsewhere


def identify(pid: int) -> ProcessId | None:
    """Returns None if there is no such process, or it is a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        return _identify_by_ps(pid)
    try:
        fields = stat.read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    state, started = fields[0], fields[19]  # proc(5): fields 3 and 22
    return None if state in "ZX" else ProcessId(pid, started)


def alive(process: ProcessId) -> bool:
    return identify(process.pid) == process


def terminate(process: ProcessId) -> None:
    """Sends SIGTERM to exactly this process."""
    if alive(process):
        os.kill(process.pid, signal.SIGTERM)


def kill_session(process: ProcessId) -> None:
    """Sends SIGKILL to the process group that it leads."""
    if alive(process):
        os.killpg(process.pid, signal.SIGKILL)


def _identify_by_ps(pid: int) -> ProcessId | None:
    done = subprocess.run(["ps", "-o", "state=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, started = done.stdout.strip().partition(" ")
    return None if done.returncode or not started or state.startswith("Z") else ProcessId(pid, started.strip())
