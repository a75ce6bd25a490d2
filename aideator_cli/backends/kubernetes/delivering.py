"""Delivers a run's commits to the standard input of its pods, where they are more than the cluster's objects should hold.

A thread for each pod sends, and asks the agent's log how much has arrived. After a break it goes on from there.
"""

import fcntl
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event as Flag
from threading import Lock, Thread
from typing import IO, Any, Final

from aideator_agent import arriving
from aideator_agent.spec import RunSpec
from aideator_cli.backends.base import Delivered
from aideator_cli.backends.kubernetes.attaching import CONTAINER, StandardInput
from aideator_cli.backends.kubernetes.client import ApiError, ConnectionFailed
from aideator_cli.backends.kubernetes.objects import Objects, submission_of, variation_of
from aideator_cli.errors import AideatorError

LOCK: Final = "delivering"  # a file beside the commits, locked by the process that sends them
LOOK: Final = 1.0  # seconds between two looks at the pods, and between two at a log
LINES: Final = 16  # pieces that are sent at once
UNHEARD: Final = 20.0  # seconds after which what was sent and not acknowledged is sent again
HEAD: Final = 256 * 1024  # bytes at a log's beginning, which hold all acknowledgements


class Delivery:
    def __init__(self, objects: Objects, spec: RunSpec, file: Path) -> None:
        self._objects = objects
        self._spec = spec
        self._file = file
        assert spec.sent is not None
        assert spec.sent.commits is not None
        self.total = spec.sent.commits.bytes
        self._stop = Flag()
        self._lock = Lock()
        self._pods: dict[int, str] = {}  # the newest one of each variation
        self._arrived: dict[int, int] = dict.fromkeys((variation.number for variation in spec.variations), 0)
        self._trouble: str | None = None
        self._senders: dict[str, Thread] = {}  # by the pod's name
        self._thread = Thread(target=self._run, name="delivery", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def stop(self) -> None:
        self._stop.set()

    def progress(self) -> Iterator[Delivered]:
        """Yields about every second, and once more when it has ended."""
        while True:
            over = self.ended
            with self._lock:
                yield Delivered(sum(self._arrived.values()), self.total * len(self._arrived), self._trouble)
            if over:
                return
            self._thread.join(LOOK)

    def _run(self) -> None:
        """Ends when every variation's newest pod has everything, or its Job has ended."""
        with self._file.with_name(LOCK).open("w") as lock:
            while not self._stop.is_set():
                try:
                    if _locked(lock) and not self._look():
                        return
                except (ApiError, ConnectionFailed, AideatorError) as error:
                    self._tell(str(error))
                self._stop.wait(LOOK)

    def _look(self) -> bool:
        """Starts a sender for each pod that has begun. Returns False if nothing is left to be sent."""
        jobs = _newest(self._objects.jobs(self._spec.id))
        for pod in _newest(self._objects.pods(self._spec.id)).values():
            self._see(pod)
        with self._lock:
            waiting = [
                number
                for number, job in jobs.items()
                if number in self._arrived and not _has_ended(job) and self._arrived[number] < self.total
            ]
            if any(number not in self._pods for number in waiting):
                self._trouble = f"{sum(number not in self._pods for number in waiting)} of the pods have not started"
        return bool(waiting)

    def _see(self, pod: Mapping[str, Any]) -> None:
        name, number = pod["metadata"]["name"], variation_of(pod)
        if name not in self._senders and _runs(pod) and number in self._arrived:
            with self._lock:
                self._arrived[number], self._pods[number] = 0, name
            self._senders[name] = Thread(target=self._send_all, args=(name, number), name="sender", daemon=True)
            self._senders[name].start()

    def _send_all(self, pod: str, number: int) -> None:
        while not self._stop.is_set():
            with suppress(ApiError, ConnectionFailed):
                if self._acknowledged(pod, number) >= self.total:
                    return
            try:
                self._send(pod, number)
            except ConnectionFailed as error:
                self._tell(str(error))
            except ApiError as error:
                if error.status == 404:  # the pod is gone
                    return
                self._tell(error.message)
            except (OSError, AideatorError) as error:
                self._tell(str(error))
                return
            self._stop.wait(LOOK)

    def _send(self, pod: str, number: int) -> None:
        """Sends from where the agent is, until it has everything or does not get on."""
        client = self._objects.client
        path = f"{self._objects.pods_path}/{pod}"
        offset = self._acknowledged(pod, number)
        with self._file.open("rb") as file, StandardInput(client.address, client.identity(), path) as stdin:
            stdin.write(b"\n")  # ends what an earlier connection left
            file.seek(offset)
            heard, looked = (offset, time.monotonic()), time.monotonic()
            while not self._stop.is_set() and heard[0] < self.total:
                if lines := _lines(file, offset):
                    stdin.write(b"".join(lines[0]))
                    offset = lines[1]
                else:
                    self._stop.wait(LOOK / 4)
                if time.monotonic() - looked < LOOK:
                    continue
                stdin.expect_open()
                looked = time.monotonic()
                arrived = self._acknowledged(pod, number)
                heard = (arrived, looked) if arrived > heard[0] else heard
                if looked - heard[1] > UNHEARD:
                    raise ConnectionFailed("what was sent did not arrive", established=True)
                self._tell(None)

    def _acknowledged(self, pod: str, number: int) -> int:
        """Returns how much of the file the agent has, by its log."""
        query = {"container": CONTAINER, "limitBytes": str(HEAD)}
        stream = self._objects.client.stream(f"{self._objects.pods_path}/{pod}/log", query=query, silence=30.0)
        try:
            text = b"".join(stream.chunks())
        finally:
            stream.close()
        found = 0
        for line in text.splitlines():
            with suppress(ValueError, AttributeError, TypeError):
                found = max(found, int(json.loads(line).get(arriving.FIELD, 0)))
        found = min(found, self.total)
        with self._lock:
            if self._pods.get(number) == pod:
                self._arrived[number] = max(self._arrived[number], found)
        return found

    def _tell(self, trouble: str | None) -> None:
        with self._lock:
            self._trouble = trouble


def _lines(file: Any, offset: int) -> tuple[list[bytes], int] | None:
    lines = []
    for _ in range(LINES):
        data = file.read(arriving.PIECE)
        if not data:
            break
        lines.append(arriving.line(offset, data))
        offset += len(data)
    return (lines, offset) if lines else None


def _locked(file: IO[str]) -> bool:
    """Returns whether this is the only delivery of the run on this machine: lines of two would mix."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _newest(items: Sequence[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """Returns the newest Job, or pod, of each variation."""
    ordered = sorted(items, key=lambda item: (submission_of(item), str(item["metadata"].get("creationTimestamp"))))
    return {variation_of(item): item for item in ordered}


def _has_ended(job: Mapping[str, Any]) -> bool:
    conditions = job["status"].get("conditions") or ()
    return any(c.get("type") in ("Complete", "Failed") and c.get("status") == "True" for c in conditions)


def _runs(pod: Mapping[str, Any]) -> bool:
    statuses = pod["status"].get("containerStatuses") or ()
    return any(status.get("name") == CONTAINER and "running" in (status.get("state") or {}) for status in statuses)
