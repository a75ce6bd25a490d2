"""Runs one command or program to its end, wherever it runs: passes its output on, enforces its limit and ends its process tree."""

import fcntl
import os
import select
import struct
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Literal, Protocol

from aideator_agent.idleness import Idleness, Work

CHUNK: Final = 65536  # bytes; what a pipe holds
LOOK: Final = 0.05  # seconds between two looks at the clock and at `stop`
HELD: Final = 0.5  # seconds that the output may be held after the command was killed
MANY: Final = 200  # pipes that are kept for background processes

Reason = Literal["exited", "timeout", "waiting", "stopped"]


class Running(Protocol):
    """A command that has been started."""

    out: "Output"
    steps: Sequence[tuple[str, float]]  # what `kill` is told, one after the other, and the seconds that each may take

    def watched(self) -> list[tuple[int, int]]:
        """Returns the descriptors that signal its end, with the events to poll for."""

    def look(self, fd: int, events: int) -> bool:
        """Handles an event of a watched descriptor. Returns False if it no longer needs watching."""

    def ended(self) -> bool: ...

    def kill(self, step: str) -> None: ...

    def work(self) -> Work | None:
        """Returns what it has used of the CPU. None where that is not known, or not yet: then asking later helps."""


class Output:
    """The read end of a command's output."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self.open = True
        self.written = time.monotonic()  # when something came last

    def take(self, write: Callable[[bytes], None]) -> None:
        """Passes on what is there, at most one pipe's capacity. Only for a pipe that has or had a writer."""
        if not self.open:
            return
        with suppress(BlockingIOError):
            data = os.read(self.fd, CHUNK)
            if data:
                self.written = time.monotonic()
                write(data)
            else:
                self.close()

    def drain(self, write: Callable[[bytes], None]) -> None:
        """Passes on what was written so far and nothing later: a background process may write for ever."""
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


class Entry:
    """The write end of a program's standard input. What the program does not read yet waits here."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self.fd = fd
        self.open = True
        self.waiting = bytearray()

    def pass_on(self) -> None:
        """Writes what the program takes now. Closes if the program takes no more."""
        try:
            del self.waiting[: os.write(self.fd, self.waiting[:CHUNK])]
        except BlockingIOError:
            return
        except OSError:  # its reader is gone
            self.close()

    def close(self) -> None:
        self.waiting.clear()
        if self.open:
            self.open = False
            os.close(self.fd)


class Leftovers:
    """Output pipes that background processes still hold. They are drained from time to time, so that the processes neither block nor
    die."""

    def __init__(self) -> None:
        self._held: list[Output] = []
        self._next = 0.0

    def add(self, out: Output) -> None:
        """Keeps the pipe if a process still holds it."""
        self._held.append(out)
        self.empty(now=True)
        while len(self._held) > MANY:
            self._held.pop(0).close()

    def empty(self, *, now: bool = False) -> bool:
        """Drains each pipe, at most once per `LOOK` seconds unless `now`. Returns True if none is held any more."""
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
    """Follows a running command and enforces its time limits."""

    def __init__(self, running: Running, write: Callable[[bytes], None], leftovers: Leftovers) -> None:
        self._running = running
        self._leftovers = leftovers
        self._poll = select.poll()
        self._outputs: dict[int, tuple[Output, Callable[[bytes], None]]] = {}
        self._entry: Entry | None = None
        self.take_from(running.out, write)
        for fd, events in running.watched():
            self._poll.register(fd, events)

    def take_from(self, out: Output, write: Callable[[bytes], None]) -> None:
        self._outputs[out.fd] = (out, write)
        self._poll.register(out.fd, select.POLLIN)

    def give_to(self, entry: Entry) -> None:
        self._entry = entry

    def follow(self, seconds: float, stop: Callable[[], bool], idle: float | None = None) -> Reason:
        """Waits until the command has ended. Ends it if it runs too long, is idle for `idle` seconds, or `stop` returns true."""
        deadline = time.monotonic() + seconds
        idleness = None if idle is None else Idleness(idle, self._running.work)
        while not self._running.ended():
            if stop():
                self.end()
                return "stopped"
            if time.monotonic() >= deadline:
                self.end()
                return "timeout"
            if idleness is not None and idleness.lasts(self._running.out.written):
                self.end()
                return "waiting"
            self.wait(deadline)
        self.drain()
        return "exited"

    def wait(self, deadline: float) -> None:
        """Handles what happens next. Returns at the deadline, which is on `time.monotonic`, or after `LOOK` seconds."""
        entry = self._entry
        if entry is not None and entry.waiting:
            self._poll.register(entry.fd, select.POLLOUT)
        left = min(LOOK, deadline - time.monotonic())
        for fd, events in self._poll.poll(max(0.0, left) * 1000):
            self._see(fd, events)
        self._leftovers.empty()

    def drain(self) -> None:
        for out, write in self._outputs.values():
            out.drain(write)

    def end(self) -> None:
        for step, seconds in self._running.steps:
            self._running.kill(step)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline and not self._gone():
                if self._running.ended():
                    deadline = min(deadline, time.monotonic() + HELD)
                self.wait(deadline)
            # A child may be deaf to TERM and silent: KILL is never left out.
            if self._gone() and step != "TERM":
                return

    def _gone(self) -> bool:
        return self._running.ended() and not any(out.open for out, _ in self._outputs.values())

    def _see(self, fd: int, events: int) -> None:
        if fd in self._outputs:
            out, write = self._outputs[fd]
            out.take(write)
            watched = out.open
        elif self._entry is not None and fd == self._entry.fd:
            self._entry.pass_on()
            watched = bool(self._entry.waiting)
        else:
            watched = self._running.look(fd, events)
        if not watched:
            self._poll.unregister(fd)
