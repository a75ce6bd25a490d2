"""Which lines of an attempt's log are new: by seq, and for lines that are no records by mark and bytes."""

from collections import OrderedDict
from dataclasses import replace

from aideator_cli.backend import Attempt, Line
from aideator_cli.events import Event, parse

STRAYS_KEPT = 10_000  # lines that are no records, remembered to tell a repeated one: a log's overlap is two seconds
FURTHEST_AHEAD = 1_000_000  # a seq beyond that is no gap but a lie


class Sequence:
    """Takes lines in any order and any number of times; gives each event once."""

    def __init__(
        self,
        attempt: Attempt,
        next_seq: int = 0,
        missing: frozenset[int] = frozenset(),
        mark: str | None = None,
        end: int | None = None,
    ) -> None:
        self._attempt = attempt
        self._strays: OrderedDict[tuple[str | None, bytes], None] = OrderedDict()
        self._end = end  # seq of `end`
        self.next_seq = next_seq
        self.missing = set(missing)
        self.mark = mark
        self.count = 0  # events given

    @property
    def complete(self) -> bool:
        """`end` was read, and nothing before it is missing."""
        return self._end is not None and not self.missing and self.next_seq == self._end + 1

    @property
    def ended(self) -> bool:
        return self._end is not None

    def take(self, line: Line) -> Event | None:
        """The event in the line; None: it was given before."""
        event = parse(self._attempt, line.raw, line.mark, self.next_seq - 1)
        if event.seq is not None and not 0 <= event.seq <= self.next_seq + FURTHEST_AHEAD:
            event = replace(event, seq=None, type="stray", data={"text": line.raw.decode(errors="replace")})
        if not self._is_new(event):
            return None
        self.mark = max(self.mark or "", line.mark or "") or None
        self.count += 1
        if event.type == "end":
            self._end = event.seq
        return event

    def _is_new(self, event: Event) -> bool:
        if event.seq is None:
            return self._is_new_stray(event)
        if event.seq >= self.next_seq:
            self.missing.update(range(self.next_seq, event.seq))
            self.next_seq = event.seq + 1
            return True
        if event.seq in self.missing:
            self.missing.remove(event.seq)
            return True
        return False

    def _is_new_stray(self, event: Event) -> bool:
        key = (event.mark, event.raw)
        if event.mark is not None and key in self._strays:
            return False
        self._strays[key] = None
        if len(self._strays) > STRAYS_KEPT:
            self._strays.popitem(last=False)
        return True
