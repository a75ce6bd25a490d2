"""A user at the command line: real processes, with a data folder of their own."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fixtures.loaded import Begun, program
from tests.fixtures.schemas import parsed

LONGEST_SECONDS = 240


@dataclass(frozen=True)
class Done:
    code: int
    out: bytes
    err: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """The lines of --json, each as its schema says."""
        return parsed(self.out)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [record for record in self.records if record["kind"] == kind]


@dataclass(frozen=True)
class User:
    """`options` stand behind `run`, `repo` is where the agents find the repository."""

    environment: Mapping[str, str]
    options: Sequence[str]
    folder: Path

    def start(self, *words: str) -> "subprocess.Popen[bytes] | Begun":
        return program(words, self.environment, self.folder)

    def call(self, *words: str) -> Done:
        return finish(self.start(*words))

    def run(self, repo: str, prompt: str, *words: str) -> Done:
        return self.call("run", repo, prompt, *self.options, *words)


def finish(process: "subprocess.Popen[bytes] | Begun", longest: float = LONGEST_SECONDS) -> Done:
    try:
        out, err = process.communicate(timeout=longest)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        raise AssertionError(f"did not end: {out[-2000:]!r} {err[-2000:]!r}") from None
    return Done(process.returncode, out, err.decode())
