"""The stream of a run or a team on a server, whatever happens to the connection."""

import http.client
import queue
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Event as Flag
from typing import Final, Literal

from aideator_cli.backends.server.backend import ServerBackend
from aideator_cli.backends.server.client import API, Broken
from aideator_cli.backends.server.sent import Sent, read
from aideator_cli.domain.events import Observation
from aideator_cli.system.clock import now
from aideator_cli.system.queues import put

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # seconds between two attempts to connect again
TICK: Final = 0.5  # seconds between two looks at whether the caller has left
MOST_AT_ONCE: Final = 500
WAITING: Final = 2000  # server-sent events that wait for a slow caller

_Message = Sent | Observation | Exception


class Stream:
    """Reads the server's stream in a thread of its own, and goes on behind the last event after a lost connection."""

    def __init__(
        self,
        backend: ServerBackend,
        run: str,
        position: int,
        stop: Flag,
        *,
        patient: bool = True,
        of: Literal["runs", "teams"] = "runs",
    ) -> None:
        self._backend = backend
        self._run = run
        self._path = f"{API}/{of}/{run}/events"
        self._last = f"{run}-{position}-0" if position else None
        self._stop = stop
        self._patient = patient
        self._pause = FIRST_PAUSE
        self._lost = False
        self._queue: queue.Queue[_Message] = queue.Queue(WAITING)
        threading.Thread(target=self._work, name=f"stream {run}", daemon=True).start()

    def batches(self) -> Iterator[list[Sent] | Observation]:
        """Yields what arrives; a lost connection, and that it is back, as an observation."""
        while not self._stop.is_set():
            try:
                found = [self._queue.get(timeout=TICK)]
            except queue.Empty:
                continue
            with suppress(queue.Empty):
                while len(found) < MOST_AT_ONCE:
                    found.append(self._queue.get_nowait())
            batch: list[Sent] = []
            for each in found:
                if isinstance(each, Sent):
                    batch.append(each)
                    continue
                if batch:
                    yield batch
                    batch = []
                if isinstance(each, Exception):
                    raise each
                yield each
            if batch:
                yield batch

    def _work(self) -> None:
        try:
            self._read()
        except Exception as error:  # for the caller: a thread that dies silently would be waited for
            self._put(error)

    def _read(self) -> None:
        """Returns at the end of the run. Raises `AideatorError` for a refusal, and for a lost connection if it is not patient."""
        while not self._stop.is_set():
            try:
                if self._passed_on():
                    return
                why: Exception = ConnectionError("it ended the stream")
            except (OSError, http.client.HTTPException, Broken, ValueError) as error:
                why = error
            if not self._patient:
                raise self._backend.client.silent(why)
            if not self._lost and self._pause > FIRST_PAUSE:
                self._lost = True
                text = f"the connection to {self._backend.where} is lost: {why}; it is tried again"
                self._put(self._observe("connection_lost", text))
            self._stop.wait(self._pause)
            self._pause = min(LONGEST_PAUSE, self._pause * 2)

    def _passed_on(self) -> bool:
        """Passes on what one connection brings. Returns whether the run has ended."""
        for sent in self._connected():
            if self._lost:
                self._put(self._observe("connection_back", f"{self._backend.where} answers again"))
            self._pause, self._lost = FIRST_PAUSE, False
            self._put(sent)
            if sent.id is not None:
                self._last = sent.id
                if sent.id.endswith("-end"):
                    return True
        return False

    def _connected(self) -> Iterator[Sent]:
        """Yields what one connection brings. Raises `AideatorError` for a refusal, and others for one that broke."""
        headers = {} if self._last is None else {"Last-Event-ID": self._last}
        connection, answer = self._backend.client.send("GET", self._path, headers=headers)
        with closing(connection), answer:
            if answer.status == http.client.NO_CONTENT:
                yield Sent("moved", b"", f"{self._last}")
                return
            for sent in read(answer):
                if self._stop.is_set():
                    return
                yield sent

    def _observe(self, kind: str, text: str) -> Observation:
        return Observation(self._run, now(), kind, text)

    def _put(self, message: _Message) -> None:
        put(self._queue, message, self._stop)
