import os
from pathlib import Path

import pytest

from tests.fixtures.repositories import LocalRepository, git_environment


@pytest.fixture(autouse=True)
def _nobodys_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in git_environment().items():
        if os.environ.get(name) != value:
            monkeypatch.setenv(name, value)


@pytest.fixture
def todo(tmp_path: Path) -> LocalRepository:
    repository = LocalRepository(tmp_path / "todo")
    repository.commit({"a.py": "x = 1\n", ".gitignore": ".env\ncache/\n*.local\n"})
    return repository
