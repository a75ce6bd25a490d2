"""SIGTERM and the attempt's time limit: everything that waits checks both here."""

import signal
import time
from types import FrameType
from typing import Final

from aideator_agent.verdict import Ended, Verdict, limit

LOOK: Final = 0.05  # seconds between two checks
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def hold() -> None:
    """Blocks SIGTERM and SIGINT until `Interrupts.install`, even across an exec."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


class Interrupts:
    def __init__(self, seconds: float) -> None:
        self.terminated_at: float | None = None  # time.monotonic() of the first signal
        self._deadline = time.monotonic() + seconds

    def install(self) -> None:
        """Installs the handlers; main thread only. A handler only records the time."""
        for number in SIGNALS:
            signal.signal(number, self._note)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    @property
    def terminated(self) -> bool:
        return self.terminated_at is not None

    def stop(self) -> bool:
        return self.terminated or time.monotonic() >= self._deadline

    def check(self) -> None:
        """Raises `Ended` (cancelled, or limit "time") when it is time to stop."""
        if self.terminated:
            raise Ended(Verdict("cancelled", "the agent was told to stop"))
        if self.stop():
            raise limit("time")

    def wait(self, seconds: float) -> None:
        """Sleeps. Raises `Ended` like `check` without finishing the sleep."""
        until = time.monotonic() + seconds
        self.check()
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(LOOK, left))
            self.check()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if self.terminated_at is None:
            self.terminated_at = time.monotonic()
