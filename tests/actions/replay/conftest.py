from pathlib import Path

import pytest

from tests.actions.replay.screens import Screen, shown_by
from tests.cli.conftest import aideator, home
from tests.fixtures.tmux import Panes, terminal

__all__ = ["aideator", "home", "terminal"]


@pytest.fixture
def screen(terminal: Panes, tmp_path: Path) -> Screen:
    folder = tmp_path.parent / f"{tmp_path.name}-screen"
    folder.mkdir()
    return shown_by(terminal, folder)
