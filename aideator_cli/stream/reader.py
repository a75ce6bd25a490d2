"""Reads one attempt's log, whole, whatever happens on the way: joins again after every end of the stream, until `end` was read and
nothing is missing, or the container has ended and two whole reads agree. What is lost for good is shown as a gap."""

import random
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import takewhile
from threading import Event as Flag

from aideator_cli.backend import Attempt, Backend, Line, LogBroken, LogGone, LogNotReady, Remark
from aideator_cli.clock import now
from aideator_cli.events import Closed, Item, Observation
from aideator_cli.stream.sequence import Sequence

# Seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # between two attempts to join again
RECYCLE = 3.5 * 3600  # age of a stream that is left for a new one: kubelet ends it after 4 h
PATIENCE = 180.0  # of nothing but broken reads of a log that has ended: its node is lost

MOST_DOUBTS = 6  # reads in a row of a log that has ended, each refused or short of what is known
MOST_MENDS = 20  # holes for which the log is read again at once; later ones wait for its end
MEND_TRIES = 3
MOST_REMARKS = 20  # told until data comes
REMARK_LENGTH = 500  # characters

LOST = "lost"  # an attempt's reason, where nobody knows better

Wait = Callable[[Flag, float], object]  # until the flag is set, at most so many seconds
Batches = Iterator[list[Item]]


@dataclass(frozen=True)
class Timing:
    """How a reader waits, and by what it counts."""

    wait: Wait = Flag.wait
    clock: Callable[[], float] = time.monotonic  # seconds


REAL_TIME = Timing()


@dataclass
class _Extent:
    """How far one read of the whole log came."""

    remarks: bool = False
    known: bool = False  # the newest line that is known was in it
    new: int = 0

    def add(self, piece: list[Line | Remark], newest: str | None) -> None:
        self.remarks |= any(isinstance(line, Remark) for line in piece)
        self.known |= newest is None or any(isinstance(line, Line) and line.mark == newest for line in piece)

    @property
    def doubtful(self) -> bool:
        """It may have been cut: a clean end of the stream is no promise."""
        return self.remarks or not self.known


class Reader:
    """Set by the follower: `ended` as soon as the backend says that the attempt's container has ended, `changed` whenever it says
    something new of the attempt (try again at once), `cut_off` while the backend can't be reached at all."""

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
        self._told: set[str] = set()  # remarks, since data came last

    def items(self) -> Batches:
        """All that is new in the log, in its order as far as possible, and `Closed`; less as soon as `stop` is set.

        Why an `end` is missing only the follower knows.
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
                refused = 0
            except LogGone:
                refused += 1
                if refused == MOST_DOUBTS:
                    return
            except (LogNotReady, LogBroken):
                refused = 0
            if not self._over():
                self._wait()

    def _over(self) -> bool:
        return self._stop.is_set() or self._sequence.ended

    def _follow(self) -> Batches:
        """One stream, to its end or until it is old."""
        old = self._timing.clock() + RECYCLE * random.uniform(0.9, 1.0)
        for piece in self._backend.read_log(self.attempt, follow=True, since=self._sequence.mark):
            yield from self._new(piece, self._mend)
            if self._over() or self._timing.clock() >= old:
                return

    def _mend(self, seq: int) -> Batches:
        """What is missing before this seq, unless it is lost: a second reading, from the log's first line up to there."""
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
        """Whether this record or a later one was reached; what follows it is left to the stream that goes on."""
        for piece in self._backend.read_log(self.attempt, follow=False):
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

    # Once nothing more is written

    def _rest(self) -> Batches:
        """Whole reads until nothing is missing, or two agree."""
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
        """One read of all that the log still has."""
        extent, count = _Extent(known=self._sequence.mark is None), self._sequence.count
        for piece in self._backend.read_log(self.attempt, follow=False):
            yield from self._new(piece)
            extent.add(piece, self._sequence.mark)
            if self._stop.is_set() or self._sequence.complete:
                break
        extent.new = self._sequence.count - count
        return extent

    def _closing(self) -> list[Item]:
        items: list[Item] = []
        if missing := self._sequence.missing:
            text = f"1 event is lost: {_ranges(missing)}"
            if len(missing) > 1:
                text = f"{len(missing)} events are lost: {_ranges(missing)}"
            items.append(self._observe("gap", text))
        items.append(Closed(self.attempt, None if self._sequence.ended else LOST))
        return items

    # A piece of the log

    def _new(self, piece: list[Line | Remark], on_hole: Callable[[int], Batches] | None = None) -> Batches:
        """What is new in it. Before a record that leaves a hole comes what `on_hole` gives for its seq."""
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
        """Data has come."""
        self._pause = FIRST_PAUSE
        self._told.clear()

    def _remark(self, remark: Remark) -> list[Item]:
        """Once until data comes, however often it is repeated."""
        text = remark.text[:REMARK_LENGTH]
        if text in self._told or len(self._told) == MOST_REMARKS:
            return []
        self._told.add(text)
        return [self._observe("transport", text)]

    def _observe(self, kind: str, text: str) -> Observation:
        return Observation(self.attempt.run, now(), kind, text, self.attempt.variation, self.attempt.id)

    def _wait(self) -> None:
        self._timing.wait(self.changed, self._pause * random.uniform(0.5, 1.0))
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
