"""An attempt's course in seconds from its first event: its phases and its calls of tools."""

from collections.abc import Iterable, Mapping
from typing import Any

from aideator_agent.values import frozen
from aideator_cli.domain.events import Event
from aideator_cli.system.clock import seconds_between
from aideator_cli.text.clean import one_line
from aideator_cli.views import wording
from aideator_cli.views.course.calls import Calls
from aideator_cli.views.course.entries import Entry

TYPES = ("start", "phase", "call", "done", "told", "patch", "check", "end")
SPANS = 2000  # that are kept of each kind
LONGEST = 10_000_000.0  # seconds
WORDS = 400  # characters of one


@frozen
class Span:
    """Seconds; `words` are cleaned."""

    start: float
    seconds: float
    words: str
    ended: str = ""  # how
    failed: bool = False

    @property
    def end(self) -> float:
        return self.start + self.seconds


@frozen
class Timeline:
    seconds: float
    phases: tuple[Span, ...]
    calls: tuple[Span, ...]
    messages: tuple[Span, ...]  # of the user


class _Fold:
    def __init__(self) -> None:
        self.phases: list[Span] = []
        self.calls: list[Span] = []
        self.messages: list[Span] = []
        self.last = 0.0
        self._first = ""
        self._open: dict[str, float] = {}  # phases, and when they began
        self._began: dict[int, float] = {}  # calls, by their entries' numbers
        self._calls = Calls()

    def add(self, event: Event) -> None:
        self._first = self._first or event.time
        self.last = max(self.last, self._at(event.time))
        if event.type == "phase":
            self._phase(self._at(event.time), event.data)
        elif event.type == "call":
            self._call(event)
        elif event.type == "done" and (entry := self._calls.finish(_sane(event.data))):
            start = self._began.get(entry.number, self.last)
            seconds = self._at(event.time) - start if entry.seconds is None else entry.seconds
            ended = entry.ended.partition(",")[0] or ("failed" if entry.failed else "done")
            self._keep(self.calls, Span(start, _length(seconds), entry.words[:WORDS], ended, entry.failed))
        elif event.type == "told" and event.data.get("part", 1) == 1:
            words = one_line(str(event.data.get("text", "")))[:WORDS]
            self._keep(self.messages, Span(self._at(event.time), 0.0, words))

    def close(self) -> None:
        """Extends whatever has not ended to the last event."""
        for name, start in self._open.items():
            self._keep(self.phases, Span(start, _length(self.last - start), name, "did not end", failed=True))
        for entry in self._calls.open:
            start = self._began[entry.number]
            self._keep(self.calls, Span(start, _length(self.last - start), entry.words, "did not end", failed=True))

    def _phase(self, at: float, data: Mapping[str, Any]) -> None:
        name = one_line(str(data.get("name", "")))[:40]
        if data.get("state") == "begin" and len(self._open) < SPANS:
            self._open[name] = at
        elif name in self._open:
            start = self._open.pop(name)
            self._keep(self.phases, Span(start, _length(at - start), name))

    def _call(self, event: Event) -> None:
        called = self._calls.called(event.data)
        if called is not None and called[0] != "submit":
            entry = Entry(len(self._began), "call", event.time, one_line(wording.call(*called))[:WORDS])
            self._began[entry.number] = self._at(event.time)
            self._calls.begin(entry, event.data.get("id"), *called)

    def _at(self, time: str) -> float:
        try:
            return _length(seconds_between(self._first, time))
        except ValueError:
            return self.last

    def _keep(self, spans: list[Span], span: Span) -> None:
        if len(spans) < SPANS:
            spans.append(span)


def timeline(events: Iterable[Event]) -> Timeline:
    """Of one attempt's events, of `TYPES` at least."""
    fold = _Fold()
    for event in events:
        fold.add(event)
    fold.close()
    ends = [span.end for span in (*fold.phases, *fold.calls)]
    calls = sorted(fold.calls, key=lambda call: call.start)
    return Timeline(max([fold.last, *ends]), tuple(fold.phases), tuple(calls), tuple(fold.messages))


def _sane(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Python's JSON parser accepts infinite numbers."""
    seconds = data.get("seconds")
    return {**data, "seconds": _length(seconds) if isinstance(seconds, int | float) else None}


def _length(seconds: float) -> float:
    return float(min(max(0.0, seconds), LONGEST))  # of no number, 0
