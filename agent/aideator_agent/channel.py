"""The shell container, as the agent reaches it: FIFOs in a folder that the shell container mounts read-only.

Nothing that comes from there can be trusted: any process in it may write or read any of these FIFOs. So the agent
only never hangs, crashes or leaks. shell_server.sh, the other end, has the protocol.
"""

import os
import re
import select
import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aideator_agent.running import Leftovers, Output, Supervision
from aideator_agent.shell import Finished

READ_NOW: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
WRITE_NOW: Final = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC
RETRY: Final = 0.01  # seconds between two tries to reach a server that is not there yet
DYING: Final = 0.05  # seconds that the kernel may take to end a container's processes after its first one
GOING: Final = 1.0  # seconds that a server may take to see that its requests have ended
LINE: Final = 64  # bytes; no line of the server's is longer


@dataclass(frozen=True)
class Patience:
    """Seconds."""

    server: float = 60.0  # for the shell container to be there, or back: kubelet waits longer after each of its deaths
    start: float = 10.0  # for the answer to a request
    term: float = 2.0  # after TERM
    kill: float = 2.0  # after KILL


def server_command() -> list[str]:
    """The shell container's `command` in the Job's manifest. The folder comes from AIDEATOR_CHANNEL (/aideator)."""
    script = Path(__file__).with_name("shell_server.sh").read_text("utf-8")
    lines = (line for line in script.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    return ["/bin/sh", "-c", "\n".join(lines) + "\n"]


class ChannelShell:
    """`channel`: the folder shared with the shell container; `folder`: where commands run, as the container sees it."""

    def __init__(self, channel: Path, folder: Path, patience: Patience = Patience()) -> None:
        self._channel = channel
        self._folder = folder
        self._patience = patience
        self._requests = _Requests(channel / "req")
        self._leftovers = Leftovers()
        self._number = 0

    def run(
        self, command: str, *, seconds: float, write: Callable[[bytes], None], stop: Callable[[], bool]
    ) -> Finished:
        """As `Shell.run` says. A request that nobody answers is made once more, to a new server."""
        began = time.monotonic()
        for _ in range(2):
            self._leftovers.empty(now=True)
            if not self._requests.reach(began + min(seconds, self._patience.server), stop):
                break
            tried = self._try(command, began + seconds, write, stop)
            if tried is not None:
                return Finished(tried.exit_code, tried.reason, time.monotonic() - began)
        return Finished(None, "stopped" if stop() else "lost", time.monotonic() - began)

    def sweep(self, seconds: float = 5.0) -> None:
        """Ends what commands have left behind, as far as the server gets to hear of it; commands may follow."""
        self._requests.say("kill all KILL")
        self.run(":", seconds=seconds, write=lambda _: None, stop=lambda: False)

    def end(self, seconds: float = 5.0) -> bool:
        """As `Shell.end` says. A shell container that is started again finds no `req` and waits."""
        sure = self._requests.finish(time.monotonic() + seconds)
        self._leftovers.close()
        return sure

    def _try(
        self, command: str, deadline: float, write: Callable[[bytes], None], stop: Callable[[], bool]
    ) -> Finished | None:
        """None: the command was never started."""
        self._number += 1
        place = self._channel / str(self._number)
        self._write_request(place, command)
        asked = _Asked(place, self._requests, self._number, self._patience)
        try:
            reason = Supervision(asked, write, self._leftovers).follow(deadline - time.monotonic(), stop)
        finally:
            asked.close()
            _remove(place)
        self._leftovers.add(asked.out)
        if not asked.started or not asked.ended():
            self._requests.reset()
        if reason != "exited":
            return Finished(None, reason, 0)
        if asked.exit_code is not None:
            return Finished(asked.exit_code, "exited", 0)
        return Finished(None, "lost", 0) if asked.started else None

    def _write_request(self, place: Path, command: str) -> None:
        place.mkdir()
        (place / "cmd").write_bytes(command.encode("utf-8", "surrogateescape"))
        cmd = f'"${{AIDEATOR_CHANNEL:-/aideator}}/{place.name}/cmd"'  # the folder as the container sees it
        (place / "run").write_text(
            f"cd {shlex.quote(str(self._folder))} || exit 126\n"
            f"command -v bash >/dev/null && exec bash {cmd}\n"
            f"exec /bin/sh {cmd}\n"
        )
        os.mkfifo(place / "out")
        os.mkfifo(place / "ctl")


class _Requests:
    """The writing end of `req`. While it is open the server lives; when the server dies, it shows an error."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None
        path.unlink(missing_ok=True)
        os.mkfifo(path)

    @property
    def fd(self) -> int:
        return -1 if self._fd is None else self._fd

    def reach(self, deadline: float, stop: Callable[[], bool] = lambda: False) -> bool:
        """Opens it to the server that is there; False: none came before the deadline, or `stop`."""
        if self._fd is not None and not self.broken():
            return True
        self.close()
        while not self._open():
            if stop() or time.monotonic() >= deadline or not self._path.exists():
                return False
            time.sleep(RETRY)
        return True

    def broken(self) -> bool:
        """The server is gone, and with its container all that it ran."""
        if self._fd is None:
            return True
        poll = select.poll()
        poll.register(self._fd, 0)
        return bool(poll.poll(0))

    def say(self, request: str) -> None:
        """Lost where the server is gone, or so stuck that the pipe is full: the clocks find out."""
        if self._fd is not None:
            with suppress(BrokenPipeError, BlockingIOError):
                os.write(self._fd, f"{request}\n".encode())

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def reset(self) -> None:
        """The server sees the end of its requests, and ends; kubelet starts it again, with an empty container."""
        self.close()
        deadline = time.monotonic() + GOING
        time.sleep(DYING)
        while time.monotonic() < deadline and self._open():  # opened too early: the server sees no end
            self.close()
            time.sleep(DYING)

    def finish(self, deadline: float) -> bool:
        """Ends all that runs in the container, then its server. True when they are surely gone."""
        if self._fd is None:
            self._open()
        self._path.unlink(missing_ok=True)
        while not self.broken() and time.monotonic() < deadline:
            # More than once: a hostile process may have read the words in the server's place.
            self.say("kill all KILL")
            self.say("bye")
            self._until_broken(0.1)
        gone = self.broken()
        time.sleep(DYING)
        self.close()
        return gone

    def _until_broken(self, seconds: float) -> None:
        poll = select.poll()
        poll.register(self.fd, 0)
        poll.poll(seconds * 1000)

    def _open(self) -> bool:
        try:
            self._fd = os.open(self._path, WRITE_NOW)
        except OSError:  # ENXIO: nobody reads; ENOENT after `finish`
            return False
        return True


class _Asked:
    """A command in the shell container."""

    def __init__(self, place: Path, requests: _Requests, number: int, patience: Patience) -> None:
        self.out = Output(os.open(place / "out", READ_NOW))
        self.steps: Sequence[tuple[str, float]] = (
            ("TERM", patience.term),
            ("KILL", patience.kill),
            ("all", patience.kill),
        )
        self.started = False
        self.exit_code: int | None = None
        self._ctl = os.open(place / "ctl", READ_NOW)
        self._requests = requests
        self._number = number
        self._partial = b""
        self._lost = False
        self._answer_by = time.monotonic() + patience.start
        requests.say(f"run {number}")

    def watched(self) -> list[tuple[int, int]]:
        return [(self._ctl, select.POLLIN), (self._requests.fd, 0)]

    def look(self, fd: int, events: int) -> bool:
        if fd == self._ctl and events & select.POLLIN:
            with suppress(BlockingIOError):  # another reader was quicker
                self._heard(os.read(fd, 4096))
            return True
        self._lost = True  # all that could have written here is gone
        return False

    def ended(self) -> bool:
        unheard = not self.started and time.monotonic() >= self._answer_by
        return self.exit_code is not None or self._lost or unheard

    def kill(self, step: str) -> None:
        self._requests.say("kill all KILL" if step == "all" else f"kill {self._number} {step}")

    def close(self) -> None:
        os.close(self._ctl)

    def _heard(self, data: bytes) -> None:
        *lines, rest = (self._partial + data).split(b"\n")
        self._partial = rest[-LINE:]
        for line in lines:
            self.started = self.started or line == b"start"
            code = re.fullmatch(rb"exit (\d{1,3})", line)
            if code and int(code[1]) <= 255 and self.exit_code is None:
                self.started = True
                self.exit_code = int(code[1])


def _remove(place: Path) -> None:
    for name in ("cmd", "run", "out", "ctl"):
        (place / name).unlink(missing_ok=True)
    place.rmdir()
