from tests.end_to_end.conftest import kubernetes_place, local_place, place
from tests.fixtures.tmux import terminal

__all__ = ["kubernetes_place", "local_place", "place", "terminal"]
