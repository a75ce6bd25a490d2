"""A run whose agent works while the database can't be used, and what a client of a real server gets of it."""

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.server.conftest import API, told

SECONDS = 120.0


def asked(address: str, path: str, body: Any = None, method: str | None = None) -> tuple[int, dict[str, str], Any]:
    """Returns status, headers and JSON of an answer, whatever it is."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{address}{path}", data, {"Content-Type": "application/json"} if data else {}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            status, headers, text = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        status, headers, text = error.code, error.headers, error.read()
    is_json = "json" in headers.get("Content-Type", "")
    return status, {name.lower(): value for name, value in headers.items()}, json.loads(text) if is_json else text


class Work:
    """A run of one agent, which writes until it is released, and its stream, read over one connection that is never made anew."""

    def __init__(self, address: str, repository: Path, folder: Path) -> None:
        self.address = address
        self._release = folder / "release"
        script, loop = folder / "outage.yaml", f"until [ -e {self._release} ]; do echo at work; sleep 0.1; done"
        commands = ["echo begun", loop, "echo made > made"]
        script.write_text(
            yaml.safe_dump(
                [{"say": "Next.", "calls": [{"tool": "bash", "arguments": {"command": each}}]} for each in commands]
            )
        )
        body = {
            "repository": str(repository), "prompt": "Do it.", "models": [f"scripted/{script}"], "backend": "local",
            "n": 1,
        }  # fmt: skip
        status, _, started = asked(address, f"{API}/runs", body)
        assert status == 202, started
        self.run: str = started["run"]
        self._text = ""
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self.until("begun")

    def until(self, word: str) -> None:
        deadline = time.monotonic() + SECONDS
        while word not in self._text:
            assert time.monotonic() < deadline, self._text
            time.sleep(0.05)

    def release(self, log: Path) -> None:
        """Lets the agent end, and waits until its log says so."""
        self._release.touch()
        deadline = time.monotonic() + SECONDS
        while b'"type":"end"' not in b"".join(each.read_bytes() for each in log.glob("*.log")):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def assert_whole(self, log: Path) -> None:
        """The stream has ended by itself, and has each line of the agent's log once."""
        self._reading.join(SECONDS)
        assert not self._reading.is_alive(), self._text[-2000:]
        (file,) = log.glob("*.log")
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        got = [each.data["event"] for each in told(self._text) if each.kind == "event"]
        assert [each["seq"] for each in got] == [each["seq"] for each in lines]
        assert asked(self.address, f"{API}/runs/{self.run}")[2]["state"] == "ended"

    def _read(self) -> None:
        host = self.address.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=SECONDS)
        connection.request("GET", f"{API}/runs/{self.run}/events")
        with connection.getresponse() as answer:
            while piece := answer.read1():
                self._text += piece.decode()


@contextmanager
def lasting(seconds: float) -> Iterator[None]:
    """Takes at least so long."""
    end = time.monotonic() + seconds
    yield
    time.sleep(max(0.0, end - time.monotonic()))
