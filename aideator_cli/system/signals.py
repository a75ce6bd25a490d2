"""Signals that ask this process to end, as an exception: whatever is open is closed on the way out."""

import signal
from contextlib import suppress
from types import FrameType
from typing import Final, NoReturn

ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """A signal has asked this process to end. It is a class of its own for SIGINT, too: Python may end itself by that signal again if code
    that it has compiled from a text was interrupted by a plain `KeyboardInterrupt`, although somebody has handled it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def listen() -> None:
    """From here on these signals raise `Stopped` in the main thread, unless who started the process ignores them, as nohup does."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            with suppress(ValueError):  # in another thread nobody can
                signal.signal(number, _stop)


def number_of(interrupt: KeyboardInterrupt) -> int:
    """Returns the signal that it stands for."""
    return interrupt.number if isinstance(interrupt, Stopped) else int(signal.SIGINT)


def behind(error: BaseException) -> KeyboardInterrupt | None:
    """Returns the interrupt that this error has followed: what is put in order after a signal may fail, as the terminal may be gone."""
    cause = error.__context__
    while cause is not None and not isinstance(cause, KeyboardInterrupt):
        cause = cause.__context__
    return cause


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    raise Stopped(number)
