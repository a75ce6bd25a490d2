import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.loaded import Loaded
from tests.agent.running import Agent
from tests.fixtures.repositories import LocalRepository


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return Agent(tmp_path)


@pytest.fixture
def repository(tmp_path: Path) -> LocalRepository:
    """A repository with one commit."""
    repository = LocalRepository(tmp_path / "source")
    repository.commit({"a.py": "x = 1\n", "docs/read me.txt": "Hello\n"})
    return repository


@pytest.fixture(scope="session")
def loaded() -> Iterator[Loaded | None]:
    """None where coverage is measured, which begins with an interpreter."""
    if "COVERAGE_PROCESS_CONFIG" in os.environ:
        yield None
        return
    loaded = Loaded()
    yield loaded
    loaded.close()


@pytest.fixture
def asking(tmp_path: Path, loaded: Loaded | None) -> Agent:
    """Attempts with a real provider's library."""
    return Agent(tmp_path, loaded)
