"""A model of a pod, its kubelet and the API server before it, as far as a reader of logs can tell them; time is counted, not waited for."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from threading import Event as Flag
from threading import RLock
from typing import Literal

from aideator_cli.backends.base import Line, LogBroken, LogNotReady, Remark
from aideator_cli.domain.attempts import Attempt
from aideator_cli.stream.reader import Reader

EPOCH = datetime(2026, 11, 21, 12, tzinfo=UTC)
SILENCE = 45_000  # ms after which the Kubernetes backend breaks a stream off
OVERLAP = timedelta(seconds=2)
MOST_READS = 3_000  # a reader that asks more often will never end
DOUBTS = 5  # faults in a row, once the container has ended, that a reader has to bear


@dataclass(frozen=True)
class Write:
    """A line, `pause` ms after the one before. Its mark is set back by `back` ms; the clock is set by `step` ms and stays so."""

    raw: bytes | None  # None: the agent's next record
    pause: int = 10
    back: int = 0
    step: int = 0
    rotates: bool = False  # it is the first of a new file


@dataclass(frozen=True)
class Fault:
    """What happens to one reading, after so many lines of it."""

    kind: Literal["broken", "clean", "refused", "not_ready"]
    after: int = 0
    remark: str | None = None


@dataclass(frozen=True)
class Life:
    """What a container does from its start to its end."""

    writes: tuple[Write, ...]
    end: bool = True  # its last record is `end`
    torn: bool = False  # it was killed in the middle of a line
    lag: int = 100  # ms from its end until the backend says so


@dataclass
class Pod:
    life: Life
    attempt: Attempt
    faults: Iterable[Fault | None] = ()  # of one reading after the other
    sizes: tuple[int, ...] = (3,)  # lines of a piece
    follows: Literal["stale", "jumps"] = "stale"  # what a follow does when its file is rotated
    kept: int = 1  # files that a read without follow gives
    now: int = 0  # ms
    refusal: Exception | None = None  # what whoever asks for the log gets from now on
    asked: list[tuple[bool, str | None, float]] = field(default_factory=list)  # follow, since, seconds
    files: list[list[Line]] = field(default_factory=lambda: [[]])
    readers: list[Reader] = field(default_factory=list)  # yet to be told of the container's end
    lines: list[Line] = field(default_factory=list)  # all that was ever written

    def __post_init__(self) -> None:
        self._lock = RLock()
        self._faults = iter(self.faults)
        self._left = list(reversed(list(self._schedule())))
        self._offset = 0
        self._doubts = DOUBTS
        self._cut_at: set[int] = set()

    def _schedule(self) -> Iterator[tuple[int, Write, bytes]]:
        at = seq = 0
        for number, write in enumerate(self.life.writes, 1):
            at += write.pause
            raw = write.raw
            if raw is None:
                last = self.life.end and number == len(self.life.writes)
                raw = record(seq, "end" if last else "say")
                seq += 1
            yield at, write, raw
        self._ends = at

    # Time

    @property
    def ended(self) -> bool:
        return not self._left

    @property
    def told(self) -> bool:
        """The backend knows that it has ended."""
        return self.ended and self.now >= self._ends + self.life.lag

    def wait(self, flag: Flag, seconds: float) -> None:
        """In place of `Event.wait`."""
        if not flag.is_set():
            self.pass_time(int(seconds * 1000))

    def clock(self) -> float:
        return self.now / 1000

    def pass_time(self, milliseconds: int) -> None:
        with self._lock:
            self.now += milliseconds
            while self._left and self._left[-1][0] <= self.now:
                self._write(*self._left.pop())
        while self.told and self.readers:
            reader = self.readers.pop()
            reader.ended.set()
            reader.changed.set()

    def _write(self, at: int, write: Write, raw: bytes) -> None:
        self._offset += write.step
        stamp = EPOCH + timedelta(milliseconds=at + self._offset - write.back)
        if write.rotates:
            self.files.append([])
        line = Line(raw, f"{stamp:%Y-%m-%dT%H:%M:%S.%f}000Z")
        self.files[-1].append(line)
        self.lines.append(line)

    # Reading

    def read_log(self, attempt: Attempt, *, follow: bool, since: str | None = None) -> Iterator[list[Line | Remark]]:
        assert attempt == self.attempt
        self.asked.append((follow, since, self.now / 1000))
        assert len(self.asked) < MOST_READS, "this reader will never end"
        self.pass_time(5)
        if self.refusal:
            raise self.refusal
        fault = self._fault()
        if fault and fault.kind == "refused":
            raise LogBroken("502")
        if fault and fault.kind == "not_ready":
            raise LogNotReady("400: the container is waiting to start")
        served = self._followed(since) if follow else self._current()
        yield from self._pieces(served, fault)

    def _fault(self) -> Fault | None:
        fault = next(self._faults, None)
        if fault is None or not self.ended or fault.kind in ("broken", "refused"):
            return fault
        bearable = self._doubts > 0 and (fault.remark is not None or fault.after not in self._cut_at)
        self._doubts -= 1
        self._cut_at.add(fault.after)
        return fault if bearable else None

    def _current(self) -> Iterator[Line | None]:
        for file in list(self.files[-self.kept :]):
            yield from list(file)

    def _followed(self, since: str | None) -> Iterator[Line | None]:
        """Lines, and None wherever the reader has to wait."""
        file, place, heard = self.files[-1], 0, self.now
        while True:
            while place < len(file):
                heard, place = self.now, place + 1
                if since is None or str(file[place - 1].mark) >= _asked(since):
                    yield file[place - 1]
            yield None
            if file is not self.files[-1] and self.follows == "jumps":
                file, place = self.files[-1], 0
            elif self.ended and file is self.files[-1]:
                return
            elif not self._sleep(heard + SILENCE):
                raise LogBroken("nothing for 45 s")

    def _sleep(self, until: int) -> bool:
        """Until the agent writes again; false: it did not in time."""
        with self._lock:
            if self._left and self._left[-1][0] <= until:
                self.pass_time(self._left[-1][0] - self.now)
                return True
            self.pass_time(max(0, until - self.now))
            return False

    def _pieces(self, served: Iterator[Line | None], fault: Fault | None) -> Iterator[list[Line | Remark]]:
        piece: list[Line | Remark] = []
        sizes = cycle(self.sizes)
        size, count = next(sizes), 0
        for line in served:
            if fault and count >= fault.after:
                yield from _broken_off(piece, fault)
                return
            if line is not None:
                count += 1
                piece.append(line)
            if piece and (line is None or len(piece) >= size):
                yield piece
                piece, size = [], next(sizes)
        if piece:
            yield piece
        if self.life.torn and self.ended:
            yield [Remark("the log ends in the middle of a line: {")]


def record(seq: int, type: str = "say") -> bytes:  # noqa: A002
    return json.dumps({"v": 1, "seq": seq, "time": "2026-11-21T12:00:00.000000Z", "type": type}).encode()


def _broken_off(piece: list[Line | Remark], fault: Fault) -> Iterator[list[Line | Remark]]:
    if fault.remark is not None:
        piece.append(Remark(fault.remark))
    if piece:
        yield piece
    if fault.kind == "broken":
        raise LogBroken("connection reset by peer")


def _asked(since: str) -> str:
    """The API server cuts to whole seconds; the backend asks for a little more than it needs."""
    stamp = datetime.fromisoformat(since[:19]) - OVERLAP
    return f"{stamp:%Y-%m-%dT%H:%M:%S.}"
