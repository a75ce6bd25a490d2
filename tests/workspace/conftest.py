from pathlib import Path

import pytest

from tests.fixtures.repositories import LocalRepository, git_environment
from tests.workspace.scenes import Scene


@pytest.fixture(autouse=True)
def _own_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's git configuration, and an identity; each test may add to it."""
    for name, value in git_environment().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    repository = LocalRepository(tmp_path / "todo")
    files: dict[str, bytes | str | None] = {
        "a.py": "x = 1\n", "src/tokens.py": "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n", "docs/read me.txt": "Hello\n",
        "tool.sh": "#!/bin/sh\n", "old.bin": bytes(range(256)), "crlf.txt": b"one\r\ntwo\r\n", ".gitignore": "*.o\n",
    }  # fmt: skip
    (tmp_path / "todo" / "link").symlink_to("a.py")
    repository.commit(files, executable=("tool.sh",))
    return Scene(tmp_path, repository)
