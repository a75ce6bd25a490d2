from tests.fixtures.tmux import terminal

__all__ = ["terminal"]
