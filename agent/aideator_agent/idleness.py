"""Notices that a command waits for what nobody will give it: it writes nothing and uses no CPU."""

import time
from collections.abc import Callable
from typing import Final

from aideator_agent.values import frozen

LOOKS: Final = 12  # at the CPU time, within the time after which a command is idle
LITTLE: Final = 10  # ticks of the CPU, of 10 ms each, that a waiting program may use in that time
SLEEP: Final = "sleep"  # the program that waits on purpose
WORKING: Final = frozenset("RD")  # runnable, or in a call to the disk: states of proc_pid_stat(5)


@frozen
class Work:
    """What a command's processes have used so far."""

    ticks: int
    busy: bool  # whether one of them works right now, if only a CPU were free, or waits on purpose for time to pass


class Idleness:
    def __init__(self, seconds: float, work: Callable[[], Work | None]) -> None:
        """`work` returns None where that is not known, or not yet."""
        self._seconds = seconds
        self._work = work
        self._since = 0.0  # time.monotonic() of the last output
        self._next = 0.0
        self._first: tuple[float, int] | None = None  # when idleness began, with the ticks at that time

    def lasts(self, written: float) -> bool:
        """Whether the command has been idle for the whole time. `written`: time.monotonic() of its last output."""
        now = time.monotonic()
        if written > self._since:
            self._since, self._first = written, None
            self._next = now + self._seconds / LOOKS
        if now < self._next:
            return False
        self._next = now + self._seconds / LOOKS
        work = self._work()
        if work is None:
            return False
        if work.busy or self._first is None or abs(work.ticks - self._first[1]) > LITTLE:
            self._first = (now, work.ticks)
        return now - self._first[0] >= self._seconds
