"""One command from its start to its end, wherever it runs: its output passed on, its limit held, its tree ended."""

import fcntl
import os
import select
import struct
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Literal, Protocol

CHUNK: Final = 65536  # bytes; what a pipe holds
LOOK: Final = 0.05  # seconds between two looks at the clock and at `stop`
HELD: Final = 0.5  # seconds that the output may be held after the command was killed
MANY: Final = 200  # pipes that are kept for background processes

Reason = Literal["exited", "timeout", "stopped"]


class Running(Protocol):
    """A command that has been started."""

    out: "Output"
    steps: Sequence[tuple[str, float]]  # what `kill` is told, one after the other, and the seconds that each may take

    def watched(self) -> list[tuple[int, int]]:
        """Descriptors that tell of its end, with the events to poll for."""

    def look(self, fd: int, events: int) -> bool:
        """Takes in what a watched descriptor tells; False: it is to be watched no more."""

    def ended(self) -> bool: ...

    def kill(self, step: str) -> None: ...


class Output:
    """The read end of a command's output."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self.open = True

    def take(self, write: Callable[[bytes], None]) -> None:
        """Passes on what is there, a pipe's fill at most. Only for a pipe that has or had a writer."""
        if not self.open:
            return
        with suppress(BlockingIOError):
            data = os.read(self.fd, CHUNK)
            if data:
                write(data)
            else:
                self.close()

    def drain(self, write: Callable[[bytes], None]) -> None:
        """Passes on what was written until now, and nothing that comes later: a background process may write for ever."""
        if not self.open:
            return
        waiting = struct.unpack("i", fcntl.ioctl(self.fd, termios.FIONREAD, bytes(4)))[0]
        with suppress(BlockingIOError):
            while waiting > 0 and (data := os.read(self.fd, waiting)):
                waiting -= len(data)
                write(data)

    def close(self) -> None:
        if self.open:
            self.open = False
            os.close(self.fd)


class Leftovers:
    """Output that background processes still hold: read and thrown away now and then, so that they neither wait nor die."""

    def __init__(self) -> None:
        self._held: list[Output] = []
        self._next = 0.0

    def add(self, out: Output) -> None:
        """Keeps it if somebody still holds it."""
        self._held.append(out)
        self.empty(now=True)
        while len(self._held) > MANY:
            self._held.pop(0).close()

    def empty(self, *, now: bool = False) -> bool:
        """Reads each, not more often than every `LOOK` seconds unless `now`. True: none is held any more."""
        if now or time.monotonic() >= self._next:
            for out in self._held:
                out.take(lambda _: None)
            self._held = [out for out in self._held if out.open]
            self._next = time.monotonic() + LOOK
        return not self._held

    def close(self) -> None:
        for out in self._held:
            out.close()
        self._held.clear()


class Supervision:
    """Follows a running command; its clocks."""

    def __init__(self, running: Running, write: Callable[[bytes], None], leftovers: Leftovers) -> None:
        self._running = running
        self._write = write
        self._leftovers = leftovers
        self._poll = select.poll()
        self._poll.register(running.out.fd, select.POLLIN)
        for fd, events in running.watched():
            self._poll.register(fd, events)

    def follow(self, seconds: float, stop: Callable[[], bool]) -> Reason:
        """Until the command has ended; what runs too long or is stopped is ended."""
        deadline = time.monotonic() + seconds
        while not self._running.ended():
            if stop():
                self._end()
                return "stopped"
            if time.monotonic() >= deadline:
                self._end()
                return "timeout"
            self._wait(deadline)
        self._running.out.drain(self._write)
        return "exited"

    def _end(self) -> None:
        for step, seconds in self._running.steps:
            self._running.kill(step)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and not self._gone():
                if self._running.ended():
                    deadline = min(deadline, time.monotonic() + HELD)
                self._wait(deadline)
            # A child may be deaf to TERM and silent: KILL is never left out.
            if self._gone() and step != "TERM":
                return

    def _gone(self) -> bool:
        return self._running.ended() and not self._running.out.open

    def _wait(self, deadline: float) -> None:
        left = min(LOOK, deadline - time.monotonic())
        for fd, events in self._poll.poll(max(0.0, left) * 1000):
            self._see(fd, events)
        self._leftovers.empty()

    def _see(self, fd: int, events: int) -> None:
        out = self._running.out
        if fd == out.fd:
            out.take(self._write)
            watched = out.open
        else:
            watched = self._running.look(fd, events)
        if not watched:
            self._poll.unregister(fd)
