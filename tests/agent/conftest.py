from pathlib import Path

import pytest

from tests.agent.running import Agent
from tests.fixtures.loaded import Interpreters
from tests.fixtures.repositories import LocalRepository


@pytest.fixture
def agent(tmp_path: Path, interpreters: Interpreters) -> Agent:
    """Attempts without a provider."""
    return Agent(tmp_path, interpreters.of("tests.agent.begun"))


@pytest.fixture
def afresh(tmp_path: Path) -> Agent:
    """As users start it, from the interpreter on: for tests of its start, and of its process, whose environment a copy does not show."""
    return Agent(tmp_path)


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    """A repository with one commit."""
    repository = LocalRepository(tmp_path / "source")
    repository.commit({"a.py": "x = 1\n", "docs/read me.txt": "Hello\n"})
    return repository


@pytest.fixture
def asking(tmp_path: Path, interpreters: Interpreters) -> Agent:
    """Attempts with a real provider's library."""
    return Agent(tmp_path, interpreters.of("tests.agent.loaded"))
