"""The model's commands as child processes on this machine, each in a session of its own.

What a command starts is found again by a mark in its environment, also after setsid or a double fork.
"""

import os
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from aideator_agent.running import Leftovers, Output, Supervision
from aideator_agent.shell import Finished

MARK: Final = "AIDEATOR_COMMAND"
TERM_SECONDS: Final = 2.0
KILL_SECONDS: Final = 2.0
QUIET: Final = {
    "TERM": "dumb",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class LocalShell:
    """`environment` is all that commands get; the caller has scrubbed it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._program = shutil.which("bash", path=environment.get("PATH")) or "/bin/sh"
        # A command may be an agent itself: what runs under an outer mark keeps it.
        self._mark = f"{environment.get(MARK, '')}:{secrets.token_hex(8)}"
        self._number = 0
        self._leftovers = Leftovers()

    def run(
        self, command: str, *, seconds: float, write: Callable[[bytes], None], stop: Callable[[], bool]
    ) -> Finished:
        """As `Shell.run` says."""
        began = time.monotonic()
        self._number += 1
        self._leftovers.empty(now=True)
        try:
            child = self._start(command)
        except OSError as error:
            write(f"{self._folder}: {error.strerror}\n".encode())
            return Finished(126, "exited", time.monotonic() - began)
        reason = Supervision(child, write, self._leftovers).follow(seconds, stop)
        child.close()
        self._leftovers.add(child.out)
        code = child.exit_code if reason == "exited" else None
        return Finished(code, reason, time.monotonic() - began)

    def end(self, seconds: float = 5.0) -> bool:
        """As `Shell.end` says. A process that shed the mark and still holds its command's output makes it False."""
        deadline = time.monotonic() + seconds
        while not (gone := not _signal(signal.SIGKILL, f"{self._mark}-") and self._leftovers.empty(now=True)):
            if time.monotonic() >= deadline:
                break
            time.sleep(0.02)
        self._leftovers.close()
        return gone

    def _start(self, command: str) -> "_Child":
        mark = f"{self._mark}-{self._number}:"
        reader, writer = os.pipe()
        try:
            with os.fdopen(writer, "wb") as pipe, tempfile.TemporaryFile() as script:
                script.write(command.encode("utf-8", "surrogateescape"))  # a file: an argument is 128 KiB at most
                script.seek(0)
                process = subprocess.Popen(
                    [self._program, f"/dev/fd/{script.fileno()}"],
                    cwd=self._folder,
                    env={**self._environment, MARK: mark},
                    stdin=subprocess.DEVNULL,
                    stdout=pipe,
                    stderr=subprocess.STDOUT,
                    pass_fds=[script.fileno()],
                    start_new_session=True,
                )
        except BaseException:
            os.close(reader)
            raise
        return _Child(process, Output(reader), mark)


class _Child:
    """A command that runs on this machine."""

    def __init__(self, process: subprocess.Popen[bytes], out: Output, mark: str) -> None:
        self.out = out
        self.steps: Sequence[tuple[str, float]] = (("TERM", TERM_SECONDS), ("KILL", KILL_SECONDS))
        self._process = process
        self._mark = mark
        self._handle = os.pidfd_open(process.pid) if sys.platform == "linux" else None

    @property
    def exit_code(self) -> int | None:
        """As a shell says it."""
        code = self._process.returncode
        return 128 - code if code is not None and code < 0 else code

    def watched(self) -> list[tuple[int, int]]:
        return [] if self._handle is None else [(self._handle, select.POLLIN)]

    def look(self, fd: int, events: int) -> bool:  # noqa: ARG002
        return False  # it has ended; `ended` sees it

    def ended(self) -> bool:
        return self._process.poll() is not None

    def kill(self, step: str) -> None:
        number = signal.SIGKILL if step == "KILL" else signal.SIGTERM
        if self._process.returncode is None:  # its id is nobody else's yet
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
        for _ in range(8):  # a tree that forks while it is walked needs more than one walk
            if not _signal(number, self._mark) or number != signal.SIGKILL:
                break

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)


def _signal(number: signal.Signals, mark: str) -> bool:
    """To every process that carries the mark; True when there was one."""
    found = False
    for pid in _marked(mark):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
            found = True
    return found


def _marked(mark: str) -> Iterator[int]:
    if sys.platform != "linux":
        yield from _marked_by_ps(mark)
        return
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdecimal():
            with suppress(OSError):  # it has ended, or is not ours
                if mark.encode() in Path("/proc", name, "environ").read_bytes():
                    yield int(name)


def _marked_by_ps(mark: str) -> Iterator[int]:
    """macOS shows the environment of one's own processes there, as far as it does."""
    listed = subprocess.run(["ps", "-axEww", "-o", "pid=,command="], capture_output=True, check=False)
    for line in listed.stdout.splitlines():
        if mark.encode() in line:
            yield int(line.split()[0])
