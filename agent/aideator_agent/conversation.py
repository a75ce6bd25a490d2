"""A program that runs beside the commands, while its standard input and output are in the caller's hands."""

import time
from typing import Final, Protocol

from aideator_agent.running import Entry, Leftovers, Output, Running, Supervision

COMPLAINTS: Final = 4096  # bytes of the end of its standard error that are kept


class Talking(Running, Protocol):
    """A program that has been started with pipes of its own for input and errors."""

    entry: Entry
    errors: Output

    @property
    def exit_code(self) -> int | None: ...

    def close(self) -> None:
        """Closes what belongs neither to its input nor to its output."""


class Conversation:
    """Single-threaded: nothing is read or written but inside of `hear` and `end`. Commands may run between two calls.

    Standard error is read and dropped but for its end, so a program can write as much as it likes there.
    """

    def __init__(self, talking: Talking, leftovers: Leftovers) -> None:
        self._talking = talking
        self._leftovers = leftovers
        self._heard = bytearray()
        self._complaints = b""
        self._closed = False
        self._supervision = Supervision(talking, self._heard.extend, leftovers)
        self._supervision.take_from(talking.errors, self._complain)
        self._supervision.give_to(talking.entry)

    @property
    def waiting(self) -> int:
        """Returns the bytes that the program has not read yet."""
        return len(self._talking.entry.waiting)

    @property
    def ended(self) -> bool:
        return self._closed or self._talking.ended()

    @property
    def exit_code(self) -> int | None:
        """Returns the exit code as a shell reports it. None: it runs, or nobody knows how it ended."""
        return self._talking.exit_code

    @property
    def complaints(self) -> str:
        """Returns the end of what it wrote to standard error."""
        return self._complaints.decode(errors="replace")

    def send(self, data: bytes) -> None:
        """Hands over data, which goes to the program while `hear` waits. A program that reads no more gets none of it."""
        if self._talking.entry.open:
            self._talking.entry.waiting += data

    def hear(self, seconds: float) -> bytes:
        """Returns what the program has written, as soon as there is anything. Waits at most so long, and only while the program runs."""
        deadline = time.monotonic() + seconds
        while not self._heard and time.monotonic() < deadline and not self.ended:
            self._supervision.wait(deadline)
        if self.ended and not self._closed:
            self._supervision.drain()
        heard = bytes(self._heard)
        self._heard.clear()
        return heard

    def end(self, patience: float = 0.0) -> None:
        """Closes the program's input, and ends the program with all that it started if it still runs `patience` seconds later."""
        if self._closed:
            return
        self._talking.entry.close()
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and not self._talking.ended():
            self._supervision.wait(deadline)
            self._heard.clear()
        if not self._talking.ended():
            self._supervision.end()
        self._closed = True
        self._talking.close()
        for out in (self._talking.out, self._talking.errors):
            self._leftovers.add(out)

    def _complain(self, data: bytes) -> None:
        self._complaints = (self._complaints + data)[-COMPLAINTS:]
