"""The model's commands as child processes on this machine, each in a session of its own.

A mark in the environment finds what a command started, also after setsid or a double fork.
"""

import os
import resource
import secrets
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from aideator_agent.conversation import Conversation
from aideator_agent.idleness import SLEEP, WORKING, Work
from aideator_agent.running import Entry, Leftovers, Output, Supervision
from aideator_agent.shell import Finished, NotStarted

MARK: Final = "AIDEATOR_COMMAND"
TERM_SECONDS: Final = 2.0
KILL_SECONDS: Final = 2.0
EXECUTING: Final = 200  # looks, a millisecond apart, at a process without an environment
PROCESSES: Final = 4096  # and threads, that one user's commands may add to those of the machine
MANY_TASKS: Final = 16_384
LIMITS: Final = resource.getrlimit(resource.RLIMIT_NPROC)  # this process's own
OOM: Final = Path("/proc/self/oom_score_adj")
FIRST_TO_GO: Final = "1000"
KERNEL_THREAD: Final = 0x00200000  # PF_KTHREAD in the kernel's sched.h


class LocalShell:
    """Commands get `environment` and nothing else; the caller has scrubbed it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._program = shutil.which("bash", path=environment.get("PATH")) or "/bin/sh"
        # A command may be an agent itself: what runs under an outer mark keeps it.
        self._mark = f"{environment.get(MARK, '')}:{secrets.token_hex(8)}"
        self._number = 0
        self._leftovers = Leftovers()

    def run(
        self, command: str, *, seconds: float, write: Callable[[bytes], None], stop: Callable[[], bool],
        idle: float | None = None,
    ) -> Finished:  # fmt: skip
        """See `Shell.run`."""
        began = time.monotonic()
        self._number += 1
        self._leftovers.empty(now=True)
        try:
            child = self._child(command)
        except OSError as error:
            write(f"{self._folder}: {error.strerror}\n".encode())
            return Finished(126, "exited", time.monotonic() - began)
        reason = Supervision(child, write, self._leftovers).follow(seconds, stop, idle)
        child.close()
        self._leftovers.add(child.out)
        code = child.exit_code if reason == "exited" else None
        return Finished(code, reason, time.monotonic() - began)

    def start(self, command: str, stop: Callable[[], bool]) -> Conversation:  # noqa: ARG002
        """See `Shell.start`."""
        self._number += 1
        try:
            return Conversation(self._talking(command), self._leftovers)
        except OSError as error:
            raise NotStarted(f"{self._folder}: {error.strerror}") from error

    def end(self, seconds: float = 5.0) -> bool:
        """See `Shell.end`. Returns False if a process has shed the mark but still holds its command's output."""
        deadline = time.monotonic() + seconds
        while not (gone := not _signal(signal.SIGKILL, f"{self._mark}-") and self._leftovers.empty(now=True)):
            if time.monotonic() >= deadline:
                break
            time.sleep(0.02)
        self._leftovers.close()
        return gone

    def _child(self, command: str) -> "_Child":
        with _Pipes() as pipes:
            reader, writer = pipes.pair()
            process = self._process(command, subprocess.DEVNULL, writer, subprocess.STDOUT)
            return _Child(process, Output(pipes.keep(reader)), self._own_mark())

    def _talking(self, command: str) -> "_Talking":
        with _Pipes() as pipes:
            (entry_reader, entry), (out, out_writer), (errors, errors_writer) = pipes.pair(), pipes.pair(), pipes.pair()
            process = self._process(command, entry_reader, out_writer, errors_writer)
            ends = Output(pipes.keep(out)), Output(pipes.keep(errors)), Entry(pipes.keep(entry))
            return _Talking(process, *ends, self._own_mark())

    def _process(self, command: str, stdin: int, stdout: int, stderr: int) -> subprocess.Popen[bytes]:
        with tempfile.TemporaryFile() as script:
            script.write(command.encode("utf-8", "surrogateescape"))  # a file: an argument is 128 KiB at most
            script.seek(0)
            with _fewer_processes(), _first_to_go():
                return subprocess.Popen(
                    [self._program, f"/dev/fd/{script.fileno()}"],
                    cwd=self._folder,
                    env={**self._environment, MARK: self._own_mark()},
                    stdin=stdin,
                    stdout=stdout,
                    stderr=stderr,
                    pass_fds=[script.fileno()],
                    start_new_session=True,
                )

    def _own_mark(self) -> str:
        return f"{self._mark}-{self._number}:"


@contextmanager
def _fewer_processes() -> Iterator[None]:
    """What is started inside may have so many processes and threads, with all others of this user, that a bomb leaves the machine some.

    The limit is this process's own in the meantime, and children keep it. The kernel does not hold it for root.
    """
    soft, hard = LIMITS
    wanted = min(each for each in (*LIMITS, _tasks() + PROCESSES) if each != resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_NPROC, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NPROC, (soft, hard))


@contextmanager
def _first_to_go() -> Iterator[None]:
    """What is started inside is what Linux ends first when memory runs out, and not this process or another program of the user's.

    The number is this process's own in the meantime, and children keep it.
    """
    if not OWN_OOM:
        yield
        return
    with suppress(OSError):  # of a process that has become another user's
        OOM.write_text(FIRST_TO_GO)
    try:
        yield
    finally:
        with suppress(OSError):
            OOM.write_text(OWN_OOM)


def _own_oom() -> str:
    """Returns nothing where there is no such number, or it can't be set back."""
    try:
        own = OOM.read_text().strip()
        OOM.write_text(own)
    except OSError:
        return ""
    return own


OWN_OOM: Final = _own_oom()


def _tasks() -> int:
    """Returns how many processes and threads the machine has now. More than any, where that is not told."""
    try:
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    except (OSError, ValueError, IndexError):
        return MANY_TASKS


class _Pipes:
    """Pipes for a child. Leaving it closes every end that was not kept."""

    def __init__(self) -> None:
        self._ends: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for end in self._ends:
            os.close(end)

    def pair(self) -> tuple[int, int]:
        reader, writer = os.pipe()
        self._ends |= {reader, writer}
        return reader, writer

    def keep(self, end: int) -> int:
        self._ends.remove(end)
        return end


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
        """Returns the exit code as a shell reports it."""
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

    def work(self) -> Work | None:
        if sys.platform != "linux":
            return None
        ours = {*_marked(self._mark), *_in_session(self._process.pid)}  # one that is being loaded carries no mark yet
        used = [found for pid in ours if (found := _used(pid))]
        return Work(sum(each.ticks for each in used), any(each.busy for each in used))

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)


class _Talking(_Child):
    """A program that runs on this machine beside the commands."""

    def __init__(self, process: subprocess.Popen[bytes], out: Output, errors: Output, entry: Entry, mark: str) -> None:
        super().__init__(process, out, mark)
        self.errors = errors
        self.entry = entry


def _signal(number: signal.Signals, mark: str) -> bool:
    """Signals every process that carries the mark. Returns True if there was one."""
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
                if mark.encode() in _environment(Path("/proc", name)):
                    yield int(name)


def _in_session(leader: int) -> Iterator[int]:
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdecimal():
            with suppress(OSError):  # it has ended
                if os.getsid(int(name)) == leader:
                    yield int(name)


def _used(pid: int) -> Work | None:
    """Reads what a process and its ended children have used: proc_pid_stat(5)."""
    try:
        name, _, rest = Path(f"/proc/{pid}/stat").read_text(errors="replace").partition("(")[2].rpartition(")")
    except OSError:
        return None
    state, *numbers = rest.split()
    return Work(sum(map(int, numbers[10:14])), name == SLEEP or state in WORKING)


def _environment(process: Path) -> bytes:
    """Reads a process's environment. It is empty for a moment while the process executes another program, so that is waited for."""
    place = process / "environ"
    for _ in range(EXECUTING):
        if environment := place.read_bytes():
            return environment
        if _has_none(process):
            break
        time.sleep(0.001)
    return b""


def _has_none(process: Path) -> bool:
    """Whether the process is a program without an environment: `env_start` and `env_end` in proc_pid_stat(5) are one place.

    While it executes another program both are 0. Kernel threads and zombies never have any.
    """
    fields = (process / "stat").read_bytes().rpartition(b")")[2].split()
    state, flags, start, end = fields[0], int(fields[6]), int(fields[47]), int(fields[48])
    return state in b"ZX" or bool(flags & KERNEL_THREAD) or (start == end and end != 0)


def _marked_by_ps(mark: str) -> Iterator[int]:
    """Finds marked processes on macOS, where ps shows the environment of most of the user's processes."""
    listed = subprocess.run(["ps", "-axEww", "-o", "pid=,command="], capture_output=True, check=False)
    for line in listed.stdout.splitlines():
        if mark.encode() in line:
            yield int(line.split()[0])
