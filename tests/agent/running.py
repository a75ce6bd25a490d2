"""The agent's program as a process, and what it wrote, checked against the protocol each time."""

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from aideator_agent.checkpoint import Standing, read
from aideator_agent.protocol import LINE_BYTES, OUTPUT_BYTES
from aideator_agent.spec import Repository, RunSpec, VariationSpec
from tests.fixtures.loaded import Begun, Loaded

Event = dict[str, Any]
Turns = Sequence[Mapping[str, Any]]
PATIENCE = 300.0  # seconds after which an agent that does not end is killed: on a busy machine LiteLLM alone takes one


def stood(events: Sequence[Event], began: Standing, patch: bytes | None) -> Standing:
    """Where an attempt with this patch stood at its last checkpoint. `began`: where it went on from."""
    standing = began
    for step, checkpoint in read(event for event in events if event["type"] == "checkpoint"):
        standing = standing.then(checkpoint, step, patch)
    return standing


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    return {"tool": tool, "arguments": arguments}


def bash(command: str) -> dict[str, Any]:
    """A turn that runs a command."""
    return {"calls": [call("bash", command=command)]}


def submit(summary: str = "Done.") -> dict[str, Any]:
    return {"calls": [call("submit", summary=summary)]}


def spec_of(url: str, turns: Turns = (), *, ref: str | None = None, base: str | None = None, **more: Any) -> RunSpec:
    """One variation with the scripted model; `more` are the spec's other fields."""
    given = {
        "id": "k3v9x2q",
        "submission_id": str(uuid.uuid4()),
        "created": "2026-01-01T00:00:00Z",
        "repository": Repository(url, ref, base),
        "prompt": "Make it right.",
        "variations": (VariationSpec(1, "scripted/turns.yaml"),),
        "scripts": {"scripted/turns.yaml": [dict(turn) for turn in turns]},
    }
    return RunSpec(**{**given, **more})


@dataclass
class Record:
    """All that an agent wrote, and how it exited."""

    lines: list[bytes]
    code: int
    events: list[Event] = field(init=False)

    def __post_init__(self) -> None:
        self.events = [json.loads(line) for line in self.lines]
        self._expect_protocol()

    def of(self, type_: str) -> list[Event]:
        return [event for event in self.events if event["type"] == type_]

    def text(self, type_: str) -> str:
        return "".join(event["text"] for event in self.of(type_))

    def notices(self, level: str | None = None) -> str:
        return "\n".join(e["text"] for e in self.of("notice") if level in (None, e["level"]))

    @property
    def end(self) -> Event:
        return self.events[-1]

    @property
    def outcome(self) -> tuple[str, str | None, str]:
        return self.end["outcome"], self.end["fault"], self.end["reason"]

    @property
    def patch(self) -> bytes:
        """The raw bytes, after a check of their hash."""
        parts = self.of("patch")
        assert [p["part"] for p in parts] == list(range(1, len(parts) + 1))
        assert {p["parts"] for p in parts} == {len(parts)}
        text = "".join(p["text"] for p in parts)
        data = base64.b64decode(text) if parts[0]["encoding"] == "base64" else text.encode()
        assert hashlib.sha256(data).hexdigest() == parts[-1]["sha256"]
        return data

    def _expect_protocol(self) -> None:
        assert [event["seq"] for event in self.events] == list(range(len(self.events)))
        assert {event["v"] for event in self.events} == {1}
        assert self.events[0]["type"] == "start"
        assert [i for i, event in enumerate(self.events) if event["type"] == "end"] == [len(self.events) - 1]
        assert self.end["last"] == self.end["seq"]
        assert all(len(line) <= LINE_BYTES and line.endswith(b"\n") and line.isascii() for line in self.lines)
        assert sum(map(len, self.lines)) <= OUTPUT_BYTES
        times = [event["time"] for event in self.events]
        assert times == sorted(times)


class Running:
    """An agent at work."""

    def __init__(self, process: subprocess.Popen[bytes] | Begun) -> None:
        self.process = process
        self.lines: list[bytes] = []

    def until(self, wanted: Callable[[Event], bool]) -> Event:
        """The first event that is wanted; reads on from where the last `until` stopped."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            event: Event = json.loads(line)
            if wanted(event):
                return event
        raise AssertionError(f"it ended before that: {self.lines[-1]!r}")

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def finish(self) -> Record:
        assert self.process.stdout is not None
        self.lines += self.process.stdout.readlines()
        return Record(self.lines, self.process.wait())


class Agent:
    """Starts attempts in folders of their own below `folder`."""

    def __init__(self, folder: Path, loaded: Loaded | None = None) -> None:
        """`loaded`: where LiteLLM is loaded already."""
        self.folder = folder
        self._loaded = loaded
        self.workspace = folder / "room" / "workspace"
        self.private = folder / "room" / "private"

    def run(self, spec: RunSpec, *, program: tuple[str, ...] = (), **environment: str) -> Record:
        with self.start(spec, program=program, **environment) as running:
            return running.finish()

    @contextmanager
    def start(self, spec: RunSpec, *, program: tuple[str, ...] = (), **environment: str) -> Iterator[Running]:
        file = self.folder / "spec.json"
        file.write_text(spec.to_json())
        errors: IO[bytes]
        with (self.folder / "stderr").open("wb") as errors:
            process = self._process(program, {**self._environment(file), **environment}, errors)
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            yield Running(process)
        finally:
            process.kill()
            process.wait()
            watchdog.cancel()
            assert process.stdout is not None
            process.stdout.close()

    def _process(
        self, program: tuple[str, ...], environment: dict[str, str], errors: IO[bytes]
    ) -> subprocess.Popen[bytes] | Begun:
        if self._loaded is not None and not program:
            return self._loaded.start(["aideator_agent"], environment, self.folder, stderr=errors)
        return subprocess.Popen(
            [*program, sys.executable, "-m", "aideator_agent"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd=self.folder,
        )

    def _environment(self, spec: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "AIDEATOR_"))}
        return {
            **kept,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "AIDEATOR_SPEC": str(spec),
            "AIDEATOR_VARIATION": "1",
            "AIDEATOR_ATTEMPT": "11111111-1111-4111-8111-111111111111",
            "AIDEATOR_WORKSPACE": str(self.workspace),
            "AIDEATOR_PRIVATE": str(self.private),
        }
