"""Somebody who works with the forge from this machine."""

from pathlib import Path

import pytest

from tests.fixtures.forge import Forge
from tests.fixtures.repositories import git_environment


@pytest.fixture
def user(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody with a token, in a folder that is no clone."""
    for name, value in git_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(forge.certificate))
    monkeypatch.setenv("GIT_TOKEN", forge.token)
    monkeypatch.chdir(tmp_path)
