"""What an attempt takes besides the model's work."""

import shutil
import stat
from pathlib import Path

import pytest

from aideator_agent.signals.base import GitBase
from tests.agent.running import Agent, bash, spec_of, submit
from tests.fixtures.repositories import LocalRepository


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with the arguments of each git that is started."""
    git, log = shutil.which("git"), tmp_path / "asked"
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$*" >>"{log}"\nexec {git} "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    return log


def test_an_attempt_with_a_small_patch_asks_git_nothing_twice(
    agent: Agent, repository: LocalRepository, asked: Path
) -> None:
    base = repository.git("rev-parse", "HEAD")
    asked.unlink()

    record = agent.run(spec_of(str(repository.path), [bash("echo 2 >b.py"), submit()], base=base))

    assert record.outcome[0] == "succeeded"
    questions = asked.read_text().splitlines()
    assert len(set(questions)) == len(questions)
    assert len(questions) <= 16


def test_git_is_not_started_for_the_texts_of_no_file() -> None:
    assert GitBase(None, "HEAD").texts([]) == {}  # type: ignore[arg-type]
