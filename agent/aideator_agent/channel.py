"""The agent's connection to the shell container: FIFOs in a folder that the shell container mounts read-only.

Nothing from there can be trusted: any process in the container may write or read any of these FIFOs. The agent only ensures that it never
hangs, crashes or leaks. shell_server.sh, the other end, documents the protocol.
"""

import os
import re
import select
import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from aideator_agent.conversation import Conversation
from aideator_agent.idleness import Work
from aideator_agent.running import Entry, Leftovers, Output, Supervision
from aideator_agent.shell import Finished, NotStarted
from aideator_agent.values import frozen

READ_NOW: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
WRITE_NOW: Final = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC
HOLD_NOW: Final = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO that nobody reads yet
RETRY: Final = 0.01  # seconds between two tries to reach a server that is not there yet
DYING: Final = 0.05  # seconds that the kernel may take to end a container's processes after its first one
GOING: Final = 1.0  # seconds that a server may take to notice that its requests have ended
LINE: Final = 64  # bytes; the server writes no longer line
ASK_AGAIN: Final = 5  # looks at a command's work without an answer, after which the server is asked again
# Prints the processes of the container besides its first, the one that waits for this command, and what is dead already
OTHERS: Final = r"""read -r line <"/proc/$$/stat" || exit 1
set -- ${line##*") "}
parent=$2
for folder in /proc/[0-9]*; do
  case ${folder#/proc/} in 1 | $$ | "$parent") continue ;; esac
  read -r line 2>/dev/null <"$folder/stat" || continue
  case ${line##*") "} in [ZX]*) ;; *) echo "$line" ;; esac
done
exit 0
"""


@frozen
class Patience:
    """Time limits in seconds."""

    server: float = 60.0  # for the shell container to be there, or back: kubelet waits longer after each of its deaths
    start: float = 10.0  # for the answer to a request
    term: float = 2.0  # after TERM
    kill: float = 2.0  # after KILL


class ChannelShell:
    """Runs commands in the shell container. `channel` is the shared folder; `folder` is where commands run, as the container sees it.

    `prelude`: lines of sh before each command.
    """

    def __init__(
        self,
        channel: Path,
        folder: Path,
        patience: Patience = Patience(),  # noqa: B008 -- frozen
        prelude: str = "",
    ) -> None:
        self._prelude = prelude
        self._channel = channel
        self._folder = folder
        self._patience = patience
        self._requests = _Requests(channel / "req")
        self._leftovers = Leftovers()
        self._number = 0
        self._programs: list[_Talking] = []  # that run beside the commands

    def run(
        self, command: str, *, seconds: float, write: Callable[[bytes], None], stop: Callable[[], bool],
        idle: float | None = None,
    ) -> Finished:  # fmt: skip
        """See `Shell.run`. A request without an answer is sent once more, to a new server."""
        began = time.monotonic()
        for _ in range(2):
            self._leftovers.empty(now=True)
            if not self._requests.reach(began + min(seconds, self._patience.server), stop):
                break
            tried = self._try(command, began + seconds, write, stop, idle)
            if tried is not None:
                return Finished(tried.exit_code, tried.reason, time.monotonic() - began)
        return Finished(None, "stopped" if stop() else "lost", time.monotonic() - began)

    def start(self, command: str, stop: Callable[[], bool]) -> Conversation:
        """See `Shell.start`. A shell container that dies while the program runs ends it without an exit code."""
        if not self._requests.reach(time.monotonic() + self._patience.server, stop):
            raise NotStarted("the shell container does not answer")
        self._number += 1
        place = self._channel / str(self._number)
        self._write_request(place, command, " <$here/in 2>$here/err".replace("$here", _seen(place)))
        os.mkfifo(place / "in")
        os.mkfifo(place / "err")
        talking = _Talking(place, self._requests, self._number, self._patience)
        self._programs.append(talking)
        return Conversation(talking, self._leftovers)

    def sweep(self, seconds: float = 5.0) -> bool:
        """Ends what commands left behind. More commands may follow if it returns True: nothing is left, as far as the container says."""
        self._requests.say("kill all KILL")
        said = bytearray()
        done = self.run(OTHERS, seconds=seconds, write=said.extend, stop=lambda: False)
        return done.exit_code == 0 and not said

    def end(self, seconds: float = 5.0) -> bool:
        """See `Shell.end`. A restarted shell container finds no `req` and waits."""
        sure = self._requests.finish(time.monotonic() + seconds)
        self._leftovers.close()
        return sure

    def _try(
        self,
        command: str,
        deadline: float,
        write: Callable[[bytes], None],
        stop: Callable[[], bool],
        idle: float | None,
    ) -> Finished | None:
        """Returns None if the command never started."""
        self._number += 1
        place = self._channel / str(self._number)
        self._write_request(place, command)
        asked = _Asked(place, self._requests, self._number, self._patience)
        if beside := self._beside_programs():
            asked.steps = asked.steps[:-1]  # the last one would end the programs too
        try:
            reason = Supervision(asked, write, self._leftovers).follow(deadline - time.monotonic(), stop, idle)
        finally:
            asked.close()
            _remove(place)
        self._leftovers.add(asked.out)
        if not beside and (not asked.started or not asked.ended()):
            self._requests.reset()
        if reason != "exited":
            return Finished(None, reason, 0)
        if asked.exit_code is not None:
            return Finished(asked.exit_code, "exited", 0)
        return Finished(None, "lost", 0) if asked.started else None

    def _beside_programs(self) -> bool:
        self._programs = [program for program in self._programs if not program.ended()]
        return bool(self._programs)

    def _write_request(self, place: Path, command: str, redirected: str = "") -> None:
        place.mkdir()
        (place / "cmd").write_bytes(command.encode("utf-8", "surrogateescape"))
        cmd = f"{_seen(place)}/cmd{redirected}"
        (place / "run").write_text(
            f"cd {shlex.quote(str(self._folder))} || exit 126\n{self._prelude}"
            f"command -v bash >/dev/null && exec $p bash {cmd}\n"
            f"exec $p /bin/sh {cmd}\n"
        )
        os.mkfifo(place / "out")
        os.mkfifo(place / "ctl")


class _Requests:
    """The writing end of `req`. The server lives while it is open. It reports an error when the server dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None
        path.unlink(missing_ok=True)
        os.mkfifo(path)

    @property
    def fd(self) -> int:
        return -1 if self._fd is None else self._fd

    def reach(self, deadline: float, stop: Callable[[], bool] = lambda: False) -> bool:
        """Opens it to the running server. Returns False if none came before the deadline, or `stop` returned true."""
        if self._fd is not None and not self.broken():
            return True
        self.close()
        while not self._open():
            if stop() or time.monotonic() >= deadline or not self._path.exists():
                return False
            time.sleep(RETRY)
        return True

    def broken(self) -> bool:
        """Whether the server is gone, and with its container everything that it ran."""
        if self._fd is None:
            return True
        poll = select.poll()
        poll.register(self._fd, 0)
        return bool(poll.poll(0))

    def say(self, request: str) -> None:
        """Sends a request. It is lost if the server is gone or so stuck that the pipe is full; the time limits detect that."""
        if self._fd is not None:
            with suppress(BrokenPipeError, BlockingIOError):
                os.write(self._fd, f"{request}\n".encode())

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def reset(self) -> None:
        """Ends the server by ending its requests. kubelet starts it again, with an empty container."""
        self.close()
        deadline = time.monotonic() + GOING
        time.sleep(DYING)
        while time.monotonic() < deadline and self._open():  # opened too early: the server sees no end
            self.close()
            time.sleep(DYING)

    def finish(self, deadline: float) -> bool:
        """Ends everything in the container, then its server. Returns True if they are certainly gone."""
        if self._fd is None:
            self._open()
        self._path.unlink(missing_ok=True)
        while not self.broken() and time.monotonic() < deadline:
            # Repeated, because a hostile process may have read the words in the server's place.
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
        self._work: Work | None = None  # by the server's last whole answer, until it is taken
        self._unanswered = 0  # looks since the server was asked
        self._ticks = 0  # and what it has told of the next one
        self._busy = False
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

    def work(self) -> Work | None:
        """Returns the server's answer once, and asks again. A busy machine answers late, and an old answer would say that nothing moves.
        An answer may also never come: the command may have ended what was to give it."""
        answer, self._work = self._work, None
        if answer is not None or self._unanswered % ASK_AGAIN == 0:
            self._requests.say(f"look {self._number}")
            self._unanswered = 0
        self._unanswered += 1
        return answer

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
            self._hear_work(line)

    def _hear_work(self, line: bytes) -> None:
        """Takes a line of the answer to `look`."""
        if used := re.fullmatch(rb"cpu (\d{1,12}) (\d{1,12}) (\d{1,12}) (\d{1,12})", line):
            self._ticks += sum(map(int, used.groups()))
        elif line == b"busy":
            self._busy = True
        elif line == b"looked":
            self._work = Work(self._ticks, self._busy)
            self._ticks, self._busy = 0, False


class _Talking(_Asked):
    """A program in the shell container, beside the commands."""

    def __init__(self, place: Path, requests: _Requests, number: int, patience: Patience) -> None:
        self.entry = Entry(os.open(place / "in", HOLD_NOW))
        self.errors = Output(os.open(place / "err", READ_NOW))
        self._place = place
        super().__init__(place, requests, number, patience)
        self.steps = self.steps[:-1]

    def close(self) -> None:
        super().close()
        _remove(self._place)


def _seen(place: Path) -> str:
    """Returns the folder of a request as the container sees it, as a word for the shell."""
    return f'"${{AIDEATOR_CHANNEL:-/aideator}}"/{place.name}'


def _remove(place: Path) -> None:
    for name in ("cmd", "run", "out", "ctl", "in", "err"):
        (place / name).unlink(missing_ok=True)
    place.rmdir()
