"""The shell container on this machine: the server as PID 1 under each /bin/sh; and what a test looks at."""

import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from aideator_agent.channel import Patience
from aideator_agent.shell import Finished, Shell
from aideator_agent.shell_server import server_command

T = TypeVar("T")
SERVERS = {"dash": ["dash"], "bash": ["bash"], "busybox": ["busybox", "ash"]}
ENTER = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
PATIENCE = Patience(server=10, start=2, term=0.5, kill=0.5)


@dataclass
class Commands:
    """A shell, and what its commands said."""

    shell: Shell
    folder: Path
    said: bytearray = field(default_factory=bytearray)

    def run(
        self,
        command: str,
        seconds: float = 20,
        stop: Callable[[], bool] = lambda: False,
        write: Callable[[bytes], object] | None = None,
        idle: float | None = None,
    ) -> Finished:
        self.said.clear()
        return self.shell.run(command, seconds=seconds, write=write or self.said.extend, stop=stop, idle=idle)


class Container:
    """The shell container: PID 1, processes and mounts of its own, the channel read-only; started again as kubelet does."""

    def __init__(self, channel: Path, program: list[str]) -> None:
        self.channel = channel
        self.program = program
        self.environment = {**os.environ, "AIDEATOR_CHANNEL": str(channel), "PYTHONDONTWRITEBYTECODE": "1"}
        self.starts = 0
        self._up = threading.Event()
        self._down = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._kubelet = threading.Thread(target=self._restart)

    def start(self) -> None:
        self._kubelet.start()
        assert self._up.wait(10)

    def close(self) -> None:
        self._down.set()
        while self._kubelet.is_alive():  # it may just start another one
            if self._process:
                self._process.kill()
            self._kubelet.join(0.1)

    @property
    def first(self) -> int:
        """The PID, in this machine's count, of the container's PID 1."""
        assert self._process
        pid = self._process.pid
        return int(until(lambda: Path(f"/proc/{pid}/task/{pid}/children").read_text().split())[0])

    def _restart(self) -> None:
        _, _, script = server_command()
        command = [*ENTER, "sh", "-c", READ_ONLY, str(self.channel), *self.program, "-c", script]
        while not self._down.is_set():
            self._process = subprocess.Popen(command, env=self.environment, start_new_session=True)
            self.starts += 1
            self._up.set()
            self._process.wait()
            self._down.wait(0.2)


def until(look: Callable[[], T], seconds: float = 30) -> T:
    """The first true answer; fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)
    return found


def running(word: str) -> list[int]:
    """The processes on this machine whose command line has the word as an argument."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if word.encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def word() -> str:
    """An argument for `sleep` that nobody else uses."""
    return f"1000.{time.monotonic_ns()}"


def can_isolate() -> bool:
    try:
        return (
            subprocess.run([*ENTER, "mount", "--bind", "/proc", "/proc"], capture_output=True, check=False).returncode
            == 0
        )
    except FileNotFoundError:
        return False
