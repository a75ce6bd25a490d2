"""A process with --json that a test reads along with, and stops when it likes."""

import json
import subprocess
import threading
import time
from collections.abc import Callable
from typing import IO, Any

from tests.end_to_end.user import LONGEST_SECONDS, User

Record = dict[str, Any]


class Watching:
    def __init__(self, user: User, *words: str) -> None:
        self.process = user.start(*words, "--json")
        self.records: list[Record] = []
        self.err = b""
        self._more = threading.Condition()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()

    def until(self, wanted: Callable[[Record], bool], seconds: float = 90, *, after: int = 0) -> Record:
        """The first record that is wanted, behind the first `after`."""
        deadline, looked = time.monotonic() + seconds, after
        while time.monotonic() < deadline:
            with self._more:
                if looked == len(self.records) and self._threads[0].is_alive():
                    self._more.wait(0.5)
                fresh, looked = self.records[looked:], len(self.records)
            for record in fresh:
                if wanted(record):
                    return record
            if not fresh and not self._threads[0].is_alive():
                break
        raise AssertionError(f"not seen: {self.records[-5:]} {self.err.decode()}")

    def end(self, seconds: float = LONGEST_SECONDS) -> int:
        """Its exit code, once it has ended by itself."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not end: {self.records[-5:]} {self.err.decode()}") from None
        self._join()
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._join()

    def observed(self, kind: str) -> list[Record]:
        return [record for record in self.records if is_observed(kind)(record)]

    @property
    def result(self) -> Record:
        (found,) = [record for record in self.records if record["kind"] == "result"]
        return found

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        for line in _stream(self.process.stdout):
            if line.endswith(b"\n"):
                with self._more:
                    self.records.append(json.loads(line))
                    self._more.notify_all()

    def _read_errors(self) -> None:
        self.err = _stream(self.process.stderr).read()


def is_event(*kinds: str) -> Callable[[Record], bool]:
    return lambda record: record["kind"] == "event" and record["event"]["type"] in kinds


def is_observed(*kinds: str) -> Callable[[Record], bool]:
    return lambda record: record["kind"] == "observation" and record["observed"] in kinds


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
