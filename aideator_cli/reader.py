"""Reads one attempt's log, whole, whatever happens on the way: joins again after every end of the stream, until `end` was read and
nothing is missing, or the container has ended and two whole reads agree. What is lost for good is shown as a gap."""

import random
from collections.abc import Callable
from threading import Event as Flag

from aideator_cli.backend import Attempt, Backend, Line, LogBroken, LogGone, LogNotReady, Remark
from aideator_cli.clock import now
from aideator_cli.events import Closed, Item, Observation
from aideator_cli.sequence import Sequence

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # seconds between two attempts to join again

LOST = "lost"  # an attempt's reason, where nobody knows better

Emit = Callable[[list[Item]], None]


class Reader:
    """`ended` is set by the follower as soon as the backend says that the attempt's container has ended."""

    def __init__(self, backend: Backend, attempt: Attempt, sequence: Sequence, emit: Emit, stop: Flag) -> None:
        self.attempt = attempt
        self.ended = Flag()
        self.changed = Flag()  # the backend said something new of the attempt: try again at once
        self._backend = backend
        self._sequence = sequence
        self._emit = emit
        self._stop = stop
        self._pause = FIRST_PAUSE
        self._repaired: frozenset[int] = frozenset()

    def run(self) -> None:
        """Returns when nothing more is to be read, having emitted `Closed`; why an `end` is missing only the follower knows."""
        agreed = -1
        while not self._stop.is_set():
            whole = self.ended.is_set()
            try:
                self._read(follow=not whole)
            except LogGone:
                break
            except (LogNotReady, LogBroken) as error:
                if whole and isinstance(error, LogNotReady):
                    break
                self._wait()
                continue
            if self._sequence.complete or (whole and agreed == self._sequence.count):
                break
            if whole:
                agreed = self._sequence.count
            else:
                self._wait()
        if not self._stop.is_set():
            self._close()

    def _read(self, *, follow: bool) -> None:
        since = self._sequence.mark if follow else None
        for piece in self._backend.read_log(self.attempt, follow=follow, since=since):
            self._pass_on(piece)
            if self._sequence.missing and self._sequence.missing != self._repaired:
                self._repair()
            if self._sequence.complete or self._stop.is_set():
                return

    def _repair(self) -> None:
        """A hole: one whole read, once for each hole."""
        try:
            for piece in self._backend.read_log(self.attempt, follow=False):
                self._pass_on(piece)
        except (LogNotReady, LogGone, LogBroken):
            pass
        self._repaired = frozenset(self._sequence.missing)

    def _pass_on(self, piece: list[Line | Remark]) -> None:
        items: list[Item] = []
        for line in piece:
            if isinstance(line, Remark):
                items.append(self._observe("transport", line.text))
            elif (event := self._sequence.take(line)) is not None:
                items.append(event)
        if items:
            self._pause = FIRST_PAUSE
            self._emit(items)

    def _close(self) -> None:
        items: list[Item] = []
        if missing := self._sequence.missing:
            text = f"{len(missing)} events are lost: {_ranges(missing)}"
            items.append(self._observe("gap", text))
        items.append(Closed(self.attempt, None if self._sequence.ended else LOST))
        self._emit(items)

    def _observe(self, kind: str, text: str) -> Observation:
        return Observation(self.attempt.run, now(), kind, text, self.attempt.variation, self.attempt.id)

    def _wait(self) -> None:
        self.changed.wait(self._pause * random.uniform(0.5, 1.0))
        self.changed.clear()
        self._pause = min(self._pause * 2, LONGEST_PAUSE)


def _ranges(numbers: set[int]) -> str:
    """`3-5, 9` of {3, 4, 5, 9}; the first few only."""
    ordered = sorted(numbers)
    spans: list[list[int]] = []
    for number in ordered:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    words = [str(a) if a == b else f"{a}-{b}" for a, b in spans]
    return ", ".join(words[:6]) + (f", … {len(words) - 6} more" if len(words) > 6 else "")
