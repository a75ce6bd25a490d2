"""Reads one attempt's whole log, whatever happens on the way.

It reconnects each time the stream ends, until it has read `end` and nothing is missing, or the container has ended and two complete reads
agree. It reports what is lost for good as a gap.
"""

import random
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import takewhile
from threading import Event as Flag

from aideator_agent.values import frozen
from aideator_cli.backends.base import Backend, Line, LogBroken, LogGone, LogNotReady, Remark
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Closed, Item, Observation
from aideator_cli.errors import AideatorError
from aideator_cli.stream.sequence import Sequence
from aideator_cli.system.clock import now

# Seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # between two attempts to reconnect
RECYCLE = 3.5 * 3600  # age at which a stream is replaced: kubelet ends it after 4 h
PATIENCE = 180.0  # of failed reads only, once the log has ended: its node is lost
UNREAD = 30.0  # of failed reads only, while the agent works, until that is told

MOST_DOUBTS = 6  # consecutive reads of an ended log that were refused or shorter than what is known
MOST_MENDS = 20  # holes that are reread at once; later ones wait for the end of the log
MEND_TRIES = 3
MOST_REMARKS = 20  # reported until data comes
REMARK_LENGTH = 500  # characters

LOST = "lost"  # an attempt's reason when nothing better is known
_UNREAD = "the log can't be read, and is asked for again"

Wait = Callable[[Flag, float], object]  # waits until the flag is set, at most this many seconds
Batches = Iterator[list[Item]]


@frozen
class Timing:
    """How a reader waits, and its clock."""

    wait: Wait = Flag.wait
    clock: Callable[[], float] = time.monotonic  # seconds


REAL_TIME = Timing()


@dataclass
class _Extent:
    """How far one read of the whole log got."""

    remarks: bool = False
    known: bool = False  # it included the newest known line
    new: int = 0

    def add(self, piece: list[Line | Remark], newest: str | None) -> None:
        self.remarks |= any(isinstance(line, Remark) for line in piece)
        self.known |= newest is None or any(isinstance(line, Line) and line.mark == newest for line in piece)

    @property
    def doubtful(self) -> bool:
        """Whether the read may be incomplete: a stream that ends cleanly proves nothing."""
        return self.remarks or not self.known


class Reader:
    """Reads the log of one attempt. The follower sets its flags.

    `ended`: the backend reports that the attempt's container has ended. `changed`: the backend reports something new about the attempt, so
    try again at once. `cut_off`: the backend can't be reached at all.
    """

    def __init__(
        self,
        backend: Backend,
        attempt: Attempt,
        sequence: Sequence,
        stop: Flag,
        timing: Timing = REAL_TIME,
    ) -> None:
        self.attempt = attempt
        self.ended = Flag()
        self.changed = Flag()
        self.cut_off = Flag()
        self._backend = backend
        self._sequence = sequence
        self._stop = stop
        self._timing = timing
        self._pause = FIRST_PAUSE
        self._mends_left = MOST_MENDS
        self._told: set[str] = set()  # remarks since the last data
        self._could_read = False
        self._failing: float | None = None  # when the first of the reads was that have failed in a row

    def items(self) -> Batches:
        """Yields everything new in the log, in order as far as possible, and then `Closed`. Stops early if `stop` is set.

        Only the follower knows why an `end` is missing.
        """
        if self._sequence.missing:
            yield from self._mend(self._sequence.next_seq - 1)
        yield from self._live()
        yield from self._rest()
        if not self._stop.is_set():
            yield self._closing()

    # While the container may still write

    def _live(self) -> Batches:
        refused = 0
        while not self._over() and not self.ended.is_set():
            try:
                yield from self._follow()
                refused, self._failing = 0, None
            except LogGone:
                refused, self._failing = refused + 1, None
                if refused == MOST_DOUBTS:
                    return
            except LogNotReady:
                refused, self._failing = 0, None
            except LogBroken as error:
                refused = 0
                yield from self._unread(error)
            if not self._over():
                self._wait()

    def _unread(self, error: LogBroken) -> Batches:
        """Tells once that reads have failed for a while, unless nothing can be reached: that is told of all agents."""
        if self.cut_off.is_set() or self._failing is None:
            self._failing = self._timing.clock()
        elif self._timing.clock() - self._failing >= UNREAD and self._is_news(_UNREAD):
            yield [self._observe("transport", f"{_UNREAD}: {str(error)[:REMARK_LENGTH]}")]

    def _over(self) -> bool:
        return self._stop.is_set() or self._sequence.ended

    def _follow(self) -> Batches:
        """Reads one stream until it ends or is too old."""
        old = self._timing.clock() + RECYCLE * random.uniform(0.9, 1.0)
        for piece in self._read(follow=True, since=self._sequence.mark):
            yield from self._new(piece, self._mend)
            if self._over() or self._timing.clock() >= old:
                return

    def _mend(self, seq: int) -> Batches:
        """Rereads the log from its first line up to this seq, to find the missing records before it."""
        if not self._mends_left:
            return
        self._mends_left -= 1
        for _ in range(MEND_TRIES):
            try:
                reached = yield from self._read_up_to(seq)
            except LogGone:
                return
            except (LogNotReady, LogBroken):
                reached = False
            if reached or self._stop.is_set():
                return
            self._wait()

    def _read_up_to(self, seq: int) -> Generator[list[Item], None, bool]:
        """Returns whether it reached this record or a later one. The open stream reads what follows."""
        for piece in self._read(follow=False):
            before = list(takewhile(lambda line: not self._is_at(seq, line), piece))
            yield from self._new(before)
            if len(before) < len(piece) or self._stop.is_set():
                return True
        return False

    def _is_at(self, seq: int, line: Line | Remark) -> bool:
        if isinstance(line, Remark):
            return False
        found = self._sequence.read(line).seq
        return found is not None and found >= seq

    # After the container has ended

    def _rest(self) -> Batches:
        """Reads the whole log until nothing is missing or two reads agree."""
        agreeing, doubts, heard = False, 0, self._timing.clock()
        while not self._stop.is_set() and not self._sequence.complete:
            try:
                extent = yield from self._whole()
            except LogGone:
                return
            except LogNotReady:
                doubts += 1
            except LogBroken:
                heard = self._timing.clock() if self.cut_off.is_set() else heard
            else:
                if agreeing and not extent.doubtful and not extent.new:
                    return
                agreeing, heard = not extent.doubtful, self._timing.clock()
                doubts = doubts + 1 if extent.doubtful else 0
            if doubts == MOST_DOUBTS or self._timing.clock() - heard > PATIENCE:
                return
            if not self._sequence.complete:
                self._wait()

    def _whole(self) -> Generator[list[Item], None, _Extent]:
        """Reads everything that the log still has, once."""
        extent, count = _Extent(known=self._sequence.mark is None), self._sequence.count
        for piece in self._read(follow=False):
            yield from self._new(piece)
            extent.add(piece, self._sequence.mark)
            if self._stop.is_set() or self._sequence.complete:
                break
        extent.new = self._sequence.count - count
        return extent

    def _closing(self) -> list[Item]:
        items: list[Item] = []
        if missing := self._sequence.missing:
            text = f"1 event was lost: {_ranges(missing)}"
            if len(missing) > 1:
                text = f"{len(missing)} events were lost: {_ranges(missing)}"
            items.append(self._observe("gap", text))
        items.append(Closed(self.attempt, None if self._sequence.ended else LOST))
        return items

    def _read(self, *, follow: bool, since: str | None = None) -> Iterator[list[Line | Remark]]:
        """As the backend's. What could be read before is asked for again: an API server that begins anew knows its rules late."""
        try:
            for piece in self._backend.read_log(self.attempt, follow=follow, since=since):
                self._could_read, self._failing = True, None
                yield piece
        except AideatorError as error:
            if not self._could_read:
                raise
            raise LogBroken(str(error)) from error

    # A piece of the log

    def _new(self, piece: list[Line | Remark], on_hole: Callable[[int], Batches] | None = None) -> Batches:
        """Yields what is new in the piece. Before a record that leaves a hole, yields what `on_hole` returns for its seq."""
        items: list[Item] = []
        at = 0
        while at < len(piece):
            if events := self._sequence.plain(piece, at):
                items += events
                at += len(events)
                self._heard()
                continue
            line = piece[at]
            at += 1
            if isinstance(line, Remark):
                items += self._remark(line)
                continue
            event = self._sequence.read(line)
            if on_hole and self._sequence.skips(event):
                if items:
                    yield items
                    items = []
                yield from on_hole(event.seq or 0)
            if self._sequence.admit(event):
                items.append(event)
                self._heard()
        if items:
            yield items

    def _heard(self) -> None:
        """Notes that data has come."""
        self._pause = FIRST_PAUSE
        self._told.clear()

    def _remark(self, remark: Remark) -> list[Item]:
        """Reports a remark once until data comes, however often it repeats."""
        text = remark.text[:REMARK_LENGTH]
        return [self._observe("transport", text)] if self._is_news(text) else []

    def _is_news(self, text: str) -> bool:
        if text in self._told or len(self._told) == MOST_REMARKS:
            return False
        self._told.add(text)
        return True

    def _observe(self, kind: str, text: str) -> Observation:
        return Observation(self.attempt.run, now(), kind, text, self.attempt.variation, self.attempt.id)

    def _wait(self) -> None:
        self._timing.wait(self.changed, self._pause * random.uniform(0.5, 1.0))
        self.changed.clear()
        self._pause = min(self._pause * 2, LONGEST_PAUSE)


def _ranges(numbers: set[int]) -> str:
    """Returns `3-5, 9` for {3, 4, 5, 9}. Lists only the first few ranges."""
    ordered = sorted(numbers)
    spans: list[list[int]] = []
    for number in ordered:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    words = [str(a) if a == b else f"{a}-{b}" for a, b in spans]
    return ", ".join(words[:6]) + (f", … {len(words) - 6} more" if len(words) > 6 else "")
