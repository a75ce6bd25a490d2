"""A small team whose roles are played by scripts, and a repository for it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from aideator_cli.store import Store
from tests.fixtures.repositories import LocalRepository

TEAM = """
checks: {unit: 'set -e; for each in ./test_*.sh; do . "$each"; done'}
stages:
  plan: {role: cto, produces: plan, model: scripted/plan.yaml}
  build: {each: plan.tasks, role: "{{ task.role }}", model: "scripted/build-{{ task.id }}.yaml"}
  test: {role: qa, from: build, keep: tests, rework: build, model: scripted/test.yaml}
  review: {role: cto, from: test, decides: [accept, rework], rework: build, model: scripted/review.yaml}
"""
STEPS = ["plan", "build/a", "build/b", "build+merge", "test", "test+base", "review"]
TESTS = "grep -qx 'A = 1' a.py\ngrep -qx 'B = 2' b.py\n"  # a fortieth of the time that a module for unittest takes
NOTHING = ":\n"


def write(path: str, content: str) -> dict[str, Any]:
    return {"calls": [{"tool": "write_file", "arguments": {"path": path, "content": content}}]}


def submit(**said: str) -> dict[str, Any]:
    return {"calls": [{"tool": "submit", "arguments": said}]}


def ask(role: str, question: str) -> dict[str, Any]:
    return {"calls": [{"tool": "ask", "arguments": {"role": role, "question": question}}]}


def block(**data: Any) -> str:
    return f"So:\n\n```json\n{json.dumps(data)}\n```"


TASKS = [
    {"id": "a", "title": "Write a.py.", "role": "backend", "files": ["a.py"]},
    {"id": "b", "title": "Write b.py.", "files": ["b.py"]},
]
SCRIPTS = {
    "plan": [submit(answer=block(tasks=TASKS))],
    "build-a": [write("a.py", "A = 1\n"), submit(summary="a")],
    "build-b": [write("b.py", "B = 2\n"), submit(summary="b")],
    "test": [write("test_both.sh", TESTS), submit(summary="Tested.")],
    "review": [submit(answer=block(decision="accept", why="Good."))],
}


@dataclass(frozen=True)
class World:
    repository: LocalRepository
    team: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "AIDEATOR_HOME": str(self.home), "KUBECONFIG": "/nonexistent", "COLUMNS": "150"}

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Starts `aideator` as a process of its own, which a test may kill."""
        return subprocess.Popen(
            [sys.executable, "-m", "aideator_cli", *words], env=self.environment, cwd=self.repository.path, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        done = self.start(*words)
        out, err = done.communicate(timeout=120)
        return subprocess.CompletedProcess(words, done.returncode, out, err)

    def script(self, name: str, *turns: dict[str, Any]) -> None:
        (self.team.parent / f"{name}.yaml").write_text(yaml.safe_dump(list(turns)))

    @property
    def store(self) -> Store:
        return Store.open(self.home)


@pytest.fixture
def world(tmp_path: Path) -> World:
    repository = LocalRepository(tmp_path / "todo")
    repository.commit({"test_nothing.sh": NOTHING})
    folder = tmp_path / "team"
    folder.mkdir()
    (folder / "two.yaml").write_text(TEAM)
    made = World(repository, folder / "two.yaml", tmp_path / "home")
    for name, turns in SCRIPTS.items():
        made.script(name, *turns)
    return made


Started = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def started(world: World) -> Iterator[Started]:
    """Starts processes, which are gone when the test is over."""
    processes: list[subprocess.Popen[str]] = []

    def start(*words: str) -> "subprocess.Popen[str]":
        processes.append(world.start(*words))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()
