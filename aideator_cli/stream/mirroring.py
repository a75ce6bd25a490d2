"""A run on a server, as the store keeps it: the server's stream becomes the items that a run's own logs would give.

The server has ordered, judged and stored everything. Here the same items are stored again, so that all that reads the store works.
"""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from threading import Event as Flag
from typing import Any, Final

from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Backend, Line
from aideator_cli.backends.server.backend import ServerBackend, attempts_of
from aideator_cli.backends.server.sent import Sent, line_of, row_of
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import Closed, Ended, Item, Observation, Opened
from aideator_cli.errors import AideatorError, ExitCode, not_found, refused
from aideator_cli.store import Store
from aideator_cli.stream.mirrored_choice import settle
from aideator_cli.stream.sequence import Sequence
from aideator_cli.stream.served import Stream

AWAY_SECONDS: Final = (
    150.0  # how long a server that has answered is asked again: one that is begun anew is back by then
)
_PAUSE_SECONDS: Final = 2.0

Resume = Callable[[Attempt], Sequence | None]


def mirrored(spec: RunSpec, backend: Backend, store: Store, resume: Resume, stop: Flag) -> Iterator[list[Item]]:
    """Yields batches as `follow` does, until the variations of `spec` have ended or `stop` is set. Survives lost connections."""
    assert isinstance(backend, ServerBackend)
    mirror = _Mirror(spec, backend, store, resume, stop)
    yield mirror.begin()
    stream = Stream(backend, spec.id, mirror.position, stop)
    for batch in stream.batches():
        if isinstance(batch, Observation):
            yield [batch]
            continue
        yield from mirror.take(batch)
        if mirror.is_over:
            break
    mirror.settle()


def glanced(spec: RunSpec, backend: Backend, store: Store, resume: Resume) -> Iterator[list[Item]]:
    """Yields what the server has stored by now, without waiting for more. Raises `AideatorError` if it can't be asked."""
    assert isinstance(backend, ServerBackend)
    mirror = _Mirror(spec, backend, store, resume)
    yield mirror.begin()
    if mirror.position < mirror.last or not mirror.knows_all_seen:
        stop = Flag()
        stream = Stream(backend, spec.id, mirror.position, stop, patient=False)
        try:
            for batch in stream.batches():
                assert not isinstance(batch, Observation)
                yield from mirror.take(batch)
                if mirror.is_over or mirror.is_current:
                    break
        finally:
            stop.set()
    yield mirror.ends()
    mirror.settle()


class _Mirror:
    def __init__(
        self, spec: RunSpec, backend: ServerBackend, store: Store, resume: Resume, stop: Flag | None = None
    ) -> None:
        """`stop`: whoever sets it ends the waiting for a server that is away. None: it is not waited for."""
        self._spec = spec
        self._numbers = {v.number for v in spec.variations}
        self._backend = backend
        self._understanding = backend.client.understanding
        self._store = store
        self._resume = resume
        self._stop = stop
        self._record: dict[str, Any] = {}
        self._attempts: dict[str, Attempt] = {}
        self._sequences: dict[str, Sequence | None] = {}
        self._upto: dict[str, int] = {}  # attempts that the server has closed: no event of theirs is newer than this
        self._closed = {known.attempt.id for known in store.attempts(spec.id) if known.closed}
        self._seen = set(store.observations(spec.id))
        self._ended: set[int] = set()  # variations without an attempt that are told to have ended
        self._observed = 0  # observations of this stream
        self.position = max(
            (int(m) for each in store.attempts(spec.id) if (m := _mark(store, each.attempt))), default=0
        )
        self.is_over = False

    @property
    def last(self) -> int:
        """The server's newest event when it was asked."""
        with self._understanding():
            return int(self._record["last"])

    @property
    def knows_all_seen(self) -> bool:
        with self._understanding():
            return len(self._seen) >= int(self._record["observations"])

    @property
    def is_current(self) -> bool:
        return self.position >= self.last and self._observed >= int(self._record["observations"])

    def begin(self) -> list[Item]:
        """Asks the server how the run stands. Variations that it tries again are open again here."""
        with self._understanding():
            self._ask()
            results = {r["variation"]: r for r in self._record["results"]}
            again = [
                r.variation
                for r in self._store.results(self._spec.id)
                if r.ended and results[r.variation]["outcome"] == "running"
            ]
            if again:
                self._store.reopen(self._spec.id, {int(n): c for n, c in self._record["submissions"].items()}, again)
        return []

    def take(self, batch: list[Sent]) -> Iterator[list[Item]]:
        with self._understanding():
            items = self._items(batch)
            closed = all(told["closed"] for told in self._record["attempts"] if told["variation"] in self._numbers)
        yield items
        self.is_over |= closed and self._all_ended()

    def ends(self) -> list[Item]:
        """Returns the ends that are new."""
        with self._understanding():
            return self._ends()

    def settle(self) -> None:
        """Stores what only the server knows: results as it has them, the selection, and what a judge said."""
        with self._understanding():
            settle(self._store, self._spec, self._record)

    def _items(self, batch: list[Sent]) -> list[Item]:
        items: list[Item] = []
        for sent in batch:
            if sent.kind == "event":
                items += self._event(sent)
            elif sent.kind == "observation":
                items += self._observation(sent)
            elif sent.kind == "result":
                self._ask()
                items += self._ends()
            elif sent.kind == "problem":
                raise problem_of(sent)
            if sent.id is not None:
                self.position = max(self.position, row_of(sent.id))
                self.is_over |= sent.id.endswith("-end")
        if self.is_over:
            self._ask()
        return [*items, *self._ends()]

    def _ends(self) -> list[Item]:
        """Returns the ends that are new: of attempts whose events are all here, and of variations that never had one."""
        items: list[Item] = []
        ended = {r["variation"] for r in self._record["results"] if r["outcome"] != "running"} & self._numbers
        newest = {attempt.variation: attempt.id for attempt in self._attempts.values()}
        for told in self._record["attempts"]:
            attempt = self._attempts[told["id"]]
            if attempt.id in self._closed or not told["closed"] or attempt.variation not in self._numbers:
                continue
            if not self.is_over and self.position < self._upto[attempt.id]:
                continue
            items += self._opened(attempt)
            if self._sequences[attempt.id] is None:
                continue
            self._closed.add(attempt.id)
            last = newest[attempt.variation] == attempt.id and attempt.variation in ended
            items.append(Closed(attempt, told["verdict"], told["verdict_text"], last=last))
        for result in self._record["results"]:
            number = result["variation"]
            if number in ended and number not in newest and number not in self._ended:
                self._ended.add(number)
                if not self._is_known_to_end(number):
                    items.append(Ended(number, result["reason"] or result["outcome"], result["summary"] or ""))
        return items

    def _ask(self) -> None:
        self._record = self._asked()
        self._attempts = {attempt.id: attempt for attempt in attempts_of(self._record)}
        for told in self._record["attempts"]:
            if told["closed"]:
                self._upto.setdefault(told["id"], int(self._record["last"]))

    def _asked(self) -> dict[str, Any]:
        deadline = time.monotonic() + AWAY_SECONDS
        while True:
            try:
                return self._backend.record(self._spec.id)
            except AideatorError as error:
                passing = error.code == ExitCode.UNAVAILABLE and bool(self._record) and time.monotonic() < deadline
                if not passing or self._stop is None or self._stop.wait(_PAUSE_SECONDS):
                    raise

    def _event(self, sent: Sent) -> list[Item]:
        whose, raw = line_of(sent.data)
        id_ = whose["attempt"]
        if whose["variation"] not in self._numbers:
            return []
        items: list[Item] = []
        if id_ not in self._sequences:
            if id_ not in self._attempts:
                self._ask()
                items += self._ends()
            attempt = self._attempts.get(id_)
            items += [] if attempt is None else self._opened(attempt)
        sequence = self._sequences.get(id_)
        if sequence is None:
            return items
        event = sequence.take(Line(raw, f"{row_of(sent.id):019d}"))
        return items if event is None else [*items, event]

    def _opened(self, attempt: Attempt) -> list[Item]:
        if attempt.id in self._sequences:
            return []
        sequence = self._sequences[attempt.id] = self._resume(attempt)
        return [] if sequence is None else [Opened(attempt)]

    def _observation(self, sent: Sent) -> list[Item]:
        told = json.loads(sent.data)
        self._observed += 1
        seen = Observation(
            self._spec.id, told["time"], told["observed"], told["text"], told["variation"], told["attempt"]
        )
        if seen in self._seen:
            return []
        self._seen.add(seen)
        return [seen]

    def _is_known_to_end(self, number: int) -> bool:
        return any(r.variation == number and r.ended for r in self._store.results(self._spec.id))

    def _all_ended(self) -> bool:
        return all(r.ended for r in self._store.results(self._spec.id) if r.variation in self._numbers)


def _mark(store: Store, attempt: Attempt) -> str | None:
    mark = store.cursor(attempt.id).mark
    return mark if mark is not None and mark.isdecimal() else None


def problem_of(sent: Sent) -> AideatorError:
    """Returns what a stream's last event says went wrong."""
    told = json.loads(sent.data)
    if told["status"] == http.client.GONE:
        return not_found(str(told["detail"]))
    return refused(str(told["detail"]), hint=told.get("hint"))
