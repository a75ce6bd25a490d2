"""Runs put into a store as if they had been followed, and a user who asks about them."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aideator_agent.spec import RunSpec
from aideator_cli.domain.attempts import Attempt
from aideator_cli.domain.events import parse
from aideator_cli.domain.result import Result
from aideator_cli.domain.runs import Place
from aideator_cli.store import Store


def change(path: str, *added: str, removed: str = "old") -> bytes:
    """A patch that puts lines in the place of one."""
    lines = "".join(f"+{line}\n" for line in added)
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1,{len(added)} @@\n-{removed}\n{lines}".encode()


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class User:
    home: Path

    @property
    def store(self) -> Store:
        return Store.open(self.home)

    def has_run(self, spec: RunSpec, results: Sequence[Result]) -> None:
        """Results with their patches. The run has ended when all of them have."""
        state = "ended" if all(result.ended for result in results) else "running"
        self.store.add_run(spec, Place("local", "this machine"), state=state)
        for result in results:
            attempt = Attempt(f"uid-{result.variation}", spec.id, result.variation, "2026-11-21T12:00:01Z", "log")
            self.store.open_attempt(attempt)
            self.store.record([parse(attempt, _record(result), None)], [])
            sha256 = hashlib.sha256(result.patch).hexdigest() if result.patch else None
            self.store.save_result(spec.id, replace(result, attempt=attempt.id, patch_sha256=sha256))

    def call(self, *words: str, columns: int = 120) -> Done:
        environment = os.environ | {"AIDEATOR_HOME": str(self.home), "NO_COLOR": "1", "COLUMNS": str(columns)}
        done = subprocess.run(
            [sys.executable, "-m", "aideator_cli", *words],
            env=environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)


def _record(result: Result) -> bytes:
    patch = result.patch or b""
    fields = {
        "type": "patch", "part": 1, "parts": 1, "encoding": "utf-8", "text": patch.decode(), "sha256": hashlib.sha256(patch).hexdigest(),
        "files": result.files, "additions": result.additions, "deletions": result.deletions,
    }  # fmt: skip
    return json.dumps({"v": 1, "seq": 0, "time": "2026-11-21T12:00:02Z", **fields}).encode()
