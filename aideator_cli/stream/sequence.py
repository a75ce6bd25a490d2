"""Decides which lines of an attempt's log are new: records by seq, other lines by mark and bytes."""

from collections import OrderedDict
from collections.abc import Iterable
from collections.abc import Sequence as Series
from hashlib import blake2b

from aideator_cli.backends.base import Line, Remark
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Event, parse, stray, strict

STRAYS_KEPT = 10_000  # how many lines that are not records are remembered, to recognise repeats
MOST_MISSING = 200_000  # a larger jump in seq is not a gap but false: an agent writes at most 130,000 records

_new = tuple.__new__  # a named tuple's own constructor takes twice as long


class Sequence:
    """Takes lines in any order and any number of times, and returns each event once.

    `strays` are those already stored. `mark` belongs to the newest line, in the log's order.
    """

    def __init__(
        self,
        attempt: Attempt,
        next_seq: int = 0,
        missing: frozenset[int] = frozenset(),
        mark: str | None = None,
        end: int | None = None,
        strays: Iterable[Event] = (),
    ) -> None:
        self._attempt = attempt
        self._strays: OrderedDict[tuple[str | None, bytes], None] = OrderedDict()
        self._end = end  # seq of `end`
        self._before = next_seq - 1  # seq of the last record read
        self.next_seq = next_seq
        self.missing = set(missing)
        self.mark = mark
        self.count = 0  # events returned
        for event in strays:
            self._is_new_stray(event)

    @property
    def complete(self) -> bool:
        """Whether `end` was read and nothing before it is missing."""
        return self.ended and not self.missing

    @property
    def ended(self) -> bool:
        """`end` was read, and nothing after it."""
        return self._end is not None and self.next_seq == self._end + 1

    def plain(self, lines: Series[Line | Remark], at: int = 0) -> list[Event]:
        """Returns the events of the lines from `at` on that are simply the next records.

        Nearly all lines are; this takes a third of the time of `take`.
        """
        run, variation, attempt = self._attempt.run, self._attempt.variation, self._attempt.id
        events: list[Event] = []
        after, seq = self._before, self.next_seq
        for index in range(at, len(lines)):
            line = lines[index]
            if isinstance(line, Remark):
                break
            data = strict(line.raw)
            if type(data) is not dict or data.get("seq") != seq or type(data["seq"]) is not int:
                break
            kind, time = data.get("type"), data.get("time")
            if type(kind) is not str or type(time) is not str:
                break
            events.append(_new(Event, (run, variation, attempt, seq, time, kind, data, line.raw, line.mark, after)))
            if kind == "end":
                self._end = seq
            after, seq = seq, seq + 1
        if events:
            self._before, self.next_seq, self.mark = after, seq, events[-1].mark
            self.count += len(events)
        return events

    def take(self, line: Line) -> Event | None:
        """Returns the line's event. None means that it was returned before."""
        event = self.read(line)
        return event if self.admit(event) else None

    def read(self, line: Line) -> Event:
        """Returns the line as an event, new or not. Admit it before reading the next line."""
        event = parse(self._attempt, line.raw, line.mark, self._before)
        if event.seq is not None and event.seq != self.next_seq and self._is_lie(event.seq):
            return stray(self._attempt, line.raw, line.mark, self._before)
        return event

    def skips(self, event: Event) -> bool:
        """Whether records before this one have not been read."""
        return event.seq is not None and event.seq > self.next_seq

    def admit(self, event: Event) -> bool:
        """Returns whether the event is new, and marks it as known."""
        if event.seq is not None:
            self._before = event.seq
        if not (self._is_new_stray(event) if event.seq is None else self._is_new_record(event.seq)):
            return False
        self.count += 1
        if event.type == "end" and event.seq is not None:
            self._end = event.seq
        if self._before == self.next_seq - 1:
            self.mark = event.mark
        return True

    def _is_lie(self, seq: int) -> bool:
        return seq < 0 or seq - self.next_seq + len(self.missing) > MOST_MISSING

    def _is_new_record(self, seq: int) -> bool:
        if seq >= self.next_seq:
            if seq > self.next_seq:
                self.missing.update(range(self.next_seq, seq))
            self.next_seq = seq + 1
            return True
        if seq in self.missing:
            self.missing.remove(seq)
            return True
        return False

    def _is_new_stray(self, event: Event) -> bool:
        if event.mark is None:
            return True
        key = (event.mark, blake2b(event.raw, digest_size=16).digest())
        if key in self._strays:
            return False
        self._strays[key] = None
        if len(self._strays) > STRAYS_KEPT:
            self._strays.popitem(last=False)
        return True
