from tests.cli.conftest import aideator, home
from tests.fixtures.tmux import terminal

__all__ = ["aideator", "home", "terminal"]
